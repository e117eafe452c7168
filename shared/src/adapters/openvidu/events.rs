//! The events that `OpenVidu` sends to the webhook.

use serde::Deserialize;

use crate::domain::{ConnectionId, Installation, SessionId, VideoEvent};

/// The part of an event that matters to us.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Event {
    event: String,
    session_id: Option<String>,
    connection_id: Option<String>,
}

/// Reads an event. `None`: it does not report an end, or is not about a session of this
/// installation. Others may share the server.
///
/// # Errors
/// The body is not an event.
pub fn event(
    body: &[u8],
    installation: &Installation,
) -> Result<Option<VideoEvent>, serde_json::Error> {
    let event: Event = serde_json::from_slice(body)?;
    let session = event.session_id.as_deref().and_then(SessionId::parse);
    let Some(session) = session.filter(|session| session.is_of(installation)) else {
        return Ok(None);
    };
    Ok(match event.event.as_str() {
        "participantLeft" => event
            .connection_id
            .and_then(|id| ConnectionId::parse(&id).ok())
            .map(|connection| VideoEvent::Left(session, connection)),
        "sessionDestroyed" => Some(VideoEvent::Ended(session)),
        _ => None,
    })
}
