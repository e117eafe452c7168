//! The REST API: its paths, and what all answers have in common. Each resource has its own file.

mod auth;
mod body;
mod config;
mod connection_properties;
mod connections;
mod headers;
mod session_properties;
mod sessions;
mod signals;

use std::sync::Arc;

use axum::Router;
use axum::extract::{DefaultBodyLimit, FromRequestParts, Query};
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::middleware;
use axum::response::{IntoResponse, Response};
use axum::routing::{any, delete, get, post};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::json;

use crate::hub::Hub;

/// A real server accepts strings of 20 million characters, so bodies may be longer than that.
const BODY_LIMIT: usize = 64 * 1024 * 1024;

/// All paths except that of `rpc`. The old ones without `/openvidu` work as well: a real server
/// accepts them unless `SUPPORT_DEPRECATED_API` says otherwise.
pub(crate) fn router(hub: &Arc<Hub>) -> Router {
    let api = Router::new()
        .route("/sessions", post(sessions::create).get(sessions::list))
        .route(
            "/sessions/{session}",
            get(sessions::read).delete(sessions::close),
        )
        .route(
            "/sessions/{session}/connection",
            post(connections::create).get(connections::list),
        )
        .route(
            "/sessions/{session}/connection/{connection}",
            get(connections::read).delete(connections::remove),
        )
        .route(
            "/sessions/{session}/stream/{stream}",
            delete(connections::remove_stream),
        )
        .route("/signal", post(signals::send))
        .route("/tokens", post(connections::create_token))
        .route("/config", get(config::all))
        .route("/config/openvidu-version", get(config::version))
        .route("/config/openvidu-publicurl", get(config::public_url))
        .route("/config/openvidu-recording", get(config::switched_off))
        .route(
            "/config/openvidu-recording-path",
            get(config::recording_path),
        )
        .route("/config/openvidu-cdr", get(config::switched_off))
        .route("/recordings", get(not_enabled))
        .route("/recordings/start", post(not_enabled))
        .route("/recordings/stop/{recording}", post(not_enabled))
        .route(
            "/recordings/{recording}",
            get(not_enabled).delete(not_enabled),
        );
    Router::new()
        .nest("/openvidu/api", api.clone())
        .nest("/api", api)
        .route("/config", get(config::all))
        .fallback(any(unmapped))
        .layer(DefaultBodyLimit::max(BODY_LIMIT))
        .layer(middleware::from_fn_with_state(
            Arc::clone(hub),
            auth::require_secret,
        ))
        .layer(middleware::from_fn(headers::add))
        .with_state(Arc::clone(hub))
}

/// Nothing is mapped to this path. With the right secret that is a 403, not a 404.
async fn unmapped() -> StatusCode {
    StatusCode::FORBIDDEN
}

/// Recording is switched off.
async fn not_enabled() -> StatusCode {
    StatusCode::NOT_IMPLEMENTED
}

/// A JSON answer with status 200, which is also the answer to a creation.
fn ok(body: &impl Serialize) -> Response {
    axum::Json(body).into_response()
}

/// An error with an explanation.
fn error(status: StatusCode, message: &str, path: &str, now: u64) -> Response {
    let body = json!({
        "timestamp": now,
        "status": status.as_u16(),
        "error": status.canonical_reason(),
        "message": message,
        "path": path,
    });
    (status, axum::Json(body)).into_response()
}

/// The query of a request for sessions and connections. A flag that is neither true nor false is a
/// 403.
struct Wanted {
    /// Should unused tokens be listed too? The default depends on the path.
    pending: Option<bool>,
}

impl<S: Sync> FromRequestParts<S> for Wanted {
    type Rejection = StatusCode;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, StatusCode> {
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Flags {
            #[serde(default, deserialize_with = "flag")]
            pending_connections: Option<bool>,
            /// Media statistics, which do not exist here: checked and ignored.
            #[serde(default, deserialize_with = "flag", rename = "webRtcStats")]
            _stats: Option<bool>,
        }
        let Query(flags) =
            Query::<Flags>::try_from_uri(&parts.uri).map_err(|_| StatusCode::FORBIDDEN)?;
        Ok(Self {
            pending: flags.pending_connections,
        })
    }
}

/// A boolean in any spelling that Spring accepts.
fn flag<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<bool>, D::Error> {
    let text = String::deserialize(deserializer)?.to_ascii_lowercase();
    match text.as_str() {
        "" => Ok(None),
        "true" | "on" | "yes" | "1" => Ok(Some(true)),
        "false" | "off" | "no" | "0" => Ok(Some(false)),
        _ => Err(serde::de::Error::custom("neither true nor false")),
    }
}
