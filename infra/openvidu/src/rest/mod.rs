//! The REST API: paths, and what every answer has in common. Each resource has its own file.

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

/// The server takes strings of 20 million characters, so bodies may be longer than that.
const BODY_LIMIT: usize = 64 * 1024 * 1024;

/// Every path but that of `rpc`. The old ones, without `/openvidu`, work as well: a real server
/// takes them unless `SUPPORT_DEPRECATED_API` says otherwise.
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

/// Nothing is mapped here. With the right secret that is 403, not 404.
async fn unmapped() -> StatusCode {
    StatusCode::FORBIDDEN
}

/// The recording module is off.
async fn not_enabled() -> StatusCode {
    StatusCode::NOT_IMPLEMENTED
}

/// A JSON answer with status 200, as even creating something is answered.
fn ok(body: &impl Serialize) -> Response {
    axum::Json(body).into_response()
}

/// An error that says what was wrong.
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

/// What a reader of sessions and connections may ask for. A flag that is neither yes nor no is 403.
struct Wanted {
    /// Whether unused tokens are listed too. What is meant by nothing depends on the path.
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
            /// Media statistics, of which there are none here: checked and ignored.
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

/// A truth value in the spellings Spring takes.
fn flag<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<bool>, D::Error> {
    let text = String::deserialize(deserializer)?.to_ascii_lowercase();
    match text.as_str() {
        "" => Ok(None),
        "true" | "on" | "yes" | "1" => Ok(Some(true)),
        "false" | "off" | "no" | "0" => Ok(Some(false)),
        _ => Err(serde::de::Error::custom("neither true nor false")),
    }
}
