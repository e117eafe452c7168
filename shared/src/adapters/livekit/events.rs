//! The events that LiveKit sends to the webhook, and who may send them.

use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jsonwebtoken::{Algorithm, DecodingKey, Validation, dangerous::insecure_decode_claims, decode};
use secrecy::ExposeSecret;
use serde::Deserialize;
use subtle::ConstantTimeEq;

use super::credentials::ApiKeys;
use super::{LEEWAY, names};
use crate::domain::{Installation, Timestamp, VideoEvent};

/// The longest proof, in bytes. Those that the server sends are much shorter.
const LONGEST: usize = 4096;

/// The reasons for leaving after which a client does not reconnect by itself. With any other reason, the same
/// client may already be making its next connection.
const FOR_GOOD: [&str; 3] = ["CLIENT_INITIATED", "PARTICIPANT_REMOVED", "ROOM_DELETED"];

/// Who may send events: whoever has one of our API keys.
#[derive(Clone, Debug)]
pub struct Webhooks {
    keys: ApiKeys,
}

/// The claims with which the server proves an event.
#[derive(Deserialize)]
struct Proof {
    iss: String,
    #[serde(default)]
    nbf: u64,
    exp: u64,
    sha256: String,
}

/// The part of an event that matters to us.
#[derive(Deserialize)]
struct Event {
    event: String,
    room: Option<Room>,
    participant: Option<Participant>,
}

#[derive(Deserialize)]
struct Room {
    name: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Participant {
    identity: String,
    disconnect_reason: Option<String>,
}

impl Webhooks {
    /// Events that are proved by one of these keys.
    pub const fn new(keys: ApiKeys) -> Self {
        Self { keys }
    }

    /// Does the header `Authorization` prove that this body is an event of our server's?
    ///
    /// It is a JWT, without the word "Bearer", which has the body's SHA-256.
    pub fn is_genuine(&self, authorization: &str, body: &[u8], now: Timestamp) -> bool {
        self.proof(authorization, now).is_some_and(|proof| {
            let digest = digest(&SHA256, body);
            let claimed = STANDARD.decode(&proof.sha256).unwrap_or_default();
            digest.as_ref().ct_eq(&claimed).into()
        })
    }

    fn proof(&self, text: &str, now: Timestamp) -> Option<Proof> {
        if text.len() > LONGEST {
            return None;
        }
        // Nothing is verified yet. So only the key's name is read.
        let claimed: Proof = insecure_decode_claims(text).ok()?;
        if !self.keys.has(&claimed.iss) {
            return None;
        }
        let mut validation = Validation::new(Algorithm::HS256);
        validation.set_issuer(&[claimed.iss]);
        validation.set_required_spec_claims(&["iss", "exp"]);
        // The times are compared below, with `now`.
        validation.validate_exp = false;
        validation.validate_nbf = false;
        let secrets = self.keys.secrets.get();
        let proof = secrets.all().find_map(|secret| {
            let key = DecodingKey::from_secret(secret.expose_secret().as_bytes());
            decode::<Proof>(text, &key, &validation).ok()
        });
        let proof = proof?.claims;
        let (now, leeway) = (now.unix_seconds(), LEEWAY.as_secs());
        (proof.nbf <= now + leeway && now <= proof.exp.saturating_add(leeway)).then_some(proof)
    }
}

/// Reads an event. `None`: it changes nothing, or is about somebody else's room, because others may share
/// the server.
///
/// # Errors
/// The body is not an event.
pub fn event(
    body: &[u8],
    installation: &Installation,
) -> Result<Option<VideoEvent>, serde_json::Error> {
    let event: Event = serde_json::from_slice(body)?;
    let session = event.room.and_then(|room| names::session(&room.name));
    let Some(session) = session.filter(|session| session.is_of(installation)) else {
        return Ok(None);
    };
    if event.event == "room_finished" {
        return Ok(Some(VideoEvent::Ended(session)));
    }
    let Some(participant) = event.participant else {
        return Ok(None);
    };
    // Somebody else has added this participant, for example a recorder.
    let Some(connection) = names::connection(&participant.identity) else {
        return Ok(None);
    };
    let reason = participant.disconnect_reason.unwrap_or_default();
    Ok(match event.event.as_str() {
        "participant_joined" => Some(VideoEvent::Joined(session, connection)),
        "participant_left" | "participant_connection_aborted"
            if FOR_GOOD.contains(&reason.as_str()) =>
        {
            Some(VideoEvent::Left(session, connection))
        }
        _ => None,
    })
}
