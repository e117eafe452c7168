//! The WebSocket side: the JSON-RPC protocol of openvidu-browser 2.32.2.
//!
//! `socket` is one WebSocket and how it ends. `caller` is the JSON-RPC session on it and dispatches
//! the methods. The other files carry out the methods, one subject each.

mod caller;
mod envelope;
mod join;
mod moderate;
mod params;
mod publish;
mod socket;
mod subscribe;
mod talk;

use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use axum::extract::ws::WebSocketUpgrade;
use axum::extract::{ConnectInfo, State};
use axum::http::header::{COOKIE, SET_COOKIE};
use axum::http::{HeaderMap, HeaderValue};
use axum::response::Response;
use axum::routing::any;

use crate::hub::Hub;
use crate::ids;
use socket::Visitor;

const COOKIE_NAME: &str = "OVJSESSIONID";

/// The only path of the WebSocket. It needs no secret, because the token comes later.
pub(crate) fn router(hub: &Arc<Hub>) -> Router {
    Router::new()
        .route("/openvidu", any(upgrade))
        .with_state(Arc::clone(hub))
}

async fn upgrade(
    State(hub): State<Arc<Hub>>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    headers: HeaderMap,
    upgrade: WebSocketUpgrade,
) -> Response {
    let known = known_session(&headers);
    let http_session = known.clone().unwrap_or_else(ids::http_session);
    let visitor = Visitor {
        ip: address(&headers, peer),
        http_session: http_session.clone(),
    };
    let tasks = hub.tasks.clone();
    // Our own limit on messages closes with 1009. This one only bounds the memory.
    let mut response = upgrade
        .max_message_size(socket::MESSAGE_LIMIT * 20)
        .on_upgrade(move |socket| tasks.track_future(socket::serve(socket, hub, visitor)));
    if known.is_none()
        && let Ok(cookie) =
            HeaderValue::try_from(format!("{COOKIE_NAME}={http_session}; Path=/; HttpOnly"))
    {
        response.headers_mut().insert(SET_COOKIE, cookie);
    }
    response
}

/// The client's address, as a proxy in front of the server reports it, or else the socket's.
fn address(headers: &HeaderMap, peer: SocketAddr) -> String {
    headers
        .get("x-real-ip")
        .and_then(|value| value.to_str().ok())
        .map_or_else(|| peer.ip().to_string(), str::to_owned)
}

fn known_session(headers: &HeaderMap) -> Option<String> {
    headers
        .get(COOKIE)?
        .to_str()
        .ok()?
        .split(';')
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(name, value)| *name == COOKIE_NAME && !value.is_empty())
        .map(|(_, value)| value.to_owned())
}
