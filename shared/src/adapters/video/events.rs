//! The events of the video server: who may send them, and what they mean.

use http::HeaderMap;
use http::header::AUTHORIZATION;

use crate::adapters::{livekit, openvidu};
use crate::domain::{Installation, Timestamp, VideoEvent};
use crate::secrets::Reloading;

/// How the events of the video server are authenticated and read.
#[derive(Clone, Debug)]
pub enum Events {
    /// `OpenVidu` sends a secret with each.
    OpenVidu(Reloading<openvidu::WebhookSecrets>),
    /// LiveKit signs each.
    LiveKit(livekit::Webhooks),
}

impl Events {
    /// Does the request with these headers and this body come from our server?
    pub fn is_genuine(&self, headers: &HeaderMap, body: &[u8], now: Timestamp) -> bool {
        match self {
            Self::OpenVidu(secrets) => secrets.get().is_genuine(headers),
            Self::LiveKit(webhooks) => {
                let proof = headers.get(AUTHORIZATION);
                let proof = proof.and_then(|proof| proof.to_str().ok());
                proof.is_some_and(|proof| webhooks.is_genuine(proof, body, now))
            }
        }
    }

    /// What a genuine request has, as a sentence.
    pub const fn requirement(&self) -> &'static str {
        match self {
            Self::OpenVidu(_) => {
                "The header X-Webhook-Secret must be sent once, with the secret that is configured here."
            }
            Self::LiveKit(_) => {
                "The header Authorization must be a JWT with the hash of this body, signed with the API key that is configured here."
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
