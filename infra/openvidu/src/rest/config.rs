//! `/openvidu/api/config`: the server's settings, as CE 2.32.2 reports them.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde_json::{Map, Value, json};

use crate::VERSION;
use crate::hub::Hub;

pub(super) async fn all(State(hub): State<Arc<Hub>>) -> Json<Value> {
    let settings = &hub.settings;
    let mut config = json!({
        "VERSION": VERSION,
        "DOMAIN_OR_PUBLIC_IP": hub.address.host,
        "HTTPS_PORT": hub.address.port,
        "OPENVIDU_PUBLICURL": hub.address.http,
        "OPENVIDU_CDR": false,
        "OPENVIDU_STREAMS_VIDEO_MAX_RECV_BANDWIDTH": 1000,
        "OPENVIDU_STREAMS_VIDEO_MIN_RECV_BANDWIDTH": 300,
        "OPENVIDU_STREAMS_VIDEO_MAX_SEND_BANDWIDTH": 1000,
        "OPENVIDU_STREAMS_VIDEO_MIN_SEND_BANDWIDTH": 300,
        "OPENVIDU_STREAMS_FORCED_VIDEO_CODEC": "MEDIA_SERVER_PREFERRED",
        "OPENVIDU_STREAMS_ALLOW_TRANSCODING": false,
        "OPENVIDU_WEBRTC_SIMULCAST": false,
        "OPENVIDU_SESSIONS_GARBAGE_INTERVAL": settings.garbage_interval.as_secs(),
        "OPENVIDU_SESSIONS_GARBAGE_THRESHOLD": settings.garbage_threshold.as_secs(),
        "OPENVIDU_RECORDING": false,
        "OPENVIDU_WEBHOOK": settings.webhook.is_some(),
    });
    if let (Some(webhook), Some(config)) = (&settings.webhook, config.as_object_mut()) {
        let headers: Vec<String> = webhook
            .headers
            .iter()
            .map(|(name, value)| format!("{name}: {value}"))
            .collect();
        config.extend(Map::from_iter([
            (
                "OPENVIDU_WEBHOOK_ENDPOINT".to_owned(),
                json!(webhook.endpoint),
            ),
            ("OPENVIDU_WEBHOOK_HEADERS".to_owned(), json!(headers)),
            ("OPENVIDU_WEBHOOK_EVENTS".to_owned(), json!(webhook.events)),
        ]));
    }
    Json(config)
}

pub(super) async fn version() -> &'static str {
    VERSION
}

/// Needs no secret. The URL has a trailing slash.
pub(super) async fn public_url(State(hub): State<Arc<Hub>>) -> String {
    format!("{}/", hub.address.http)
}

pub(super) async fn recording_path() -> &'static str {
    "/opt/openvidu/recordings"
}

/// Recording and call detail records are switched off.
pub(super) async fn switched_off() -> Json<bool> {
    Json(false)
}
