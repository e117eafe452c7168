//! The events of the video server: who may send them, and what they mean.

use http::HeaderMap;
use http::header::AUTHORIZATION;

use crate::adapters::{livekit, openvidu};
use crate::domain::{Installation, Timestamp, VideoEvent};
use crate::http::{ApiError, ErrorCode, WebhookSecrets};
use crate::secrets::Reloading;

/// How the events of the video server are authenticated and read.
#[derive(Clone, Debug)]
pub enum Events {
    /// `OpenVidu` sends a secret with each.
    OpenVidu(Reloading<WebhookSecrets>),
    /// LiveKit signs each.
    LiveKit(livekit::Webhooks),
}

impl Events {
    /// Does the request with these headers and this body come from our server?
    ///
    /// # Errors
    /// `webhook_refused`
    pub fn check(&self, headers: &HeaderMap, body: &[u8], now: Timestamp) -> Result<(), ApiError> {
        match self {
            Self::OpenVidu(secrets) => secrets.get().check(headers),
            Self::LiveKit(webhooks) => {
                let proof = headers.get(AUTHORIZATION);
                let proof = proof.and_then(|proof| proof.to_str().ok());
                if proof.is_some_and(|proof| webhooks.is_genuine(proof, body, now)) {
                    Ok(())
                } else {
                    Err(ApiError::new(
                        ErrorCode::WebhookRefused,
                        "The header Authorization must be a JWT with the hash of this body, signed with the API key that is configured here.",
                    ))
                }
            }
        }
    }

    /// Reads an event. `None`: it changes nothing, or is not about a session of this installation.
    ///
    /// # Errors
    /// The body is not an event.
    pub fn read(
        &self,
        body: &[u8],
        installation: &Installation,
    ) -> Result<Option<VideoEvent>, serde_json::Error> {
        match self {
            Self::OpenVidu(_) => openvidu::event(body, installation),
            Self::LiveKit(_) => livekit::event(body, installation),
        }
    }
}
