//! Webhooks: which are genuine, and what they mean.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use serde_json::{Value, json};
use shared::adapters::livekit::{ApiKeys, ApiSecrets, Webhooks, event};
use shared::domain::{Timestamp, VideoEvent};
use shared::secrets::Reloading;
use testing::installation;

use super::{KEY, ROOM, SECRET, connection, session};

const NOW: u64 = 1_795_650_235;

/// SHA-256 of [`BODY`], from elsewhere than the code under test.
const BODY: &[u8] = b"{\"event\":\"room_started\"}";
const SHA256: &str = "w9NV0uLHjSON8P7eonnkKXDHY4ICORefbHDCviKIgX8=";

fn proof(secret: &str, change: impl FnOnce(&mut Value)) -> String {
    let mut claims = json!({ "iss": KEY, "nbf": NOW, "exp": NOW + 300, "sha256": SHA256 });
    change(&mut claims);
    let key = EncodingKey::from_secret(secret.as_bytes());
    encode(&Header::new(Algorithm::HS256), &claims, &key).unwrap()
}

fn webhooks(names: &str, secrets: &str) -> Webhooks {
    let secrets = Reloading::fixed(ApiSecrets::parse(secrets).unwrap());
    Webhooks::new(ApiKeys::parse(names, secrets).unwrap())
}

fn at(seconds: u64) -> Timestamp {
    Timestamp::from_unix_seconds(seconds)
}

#[test]
fn an_event_is_proved_by_a_key_of_ours_and_the_bodys_hash() {
    let webhooks = webhooks(KEY, SECRET);
    let good = proof(SECRET, |_| ());
    assert!(webhooks.is_genuine(&good, BODY, at(NOW)));
    let unsigned = {
        let payload = good.split('.').nth(1).unwrap();
        let header = base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(r#"{"alg":"none"}"#);
        format!("{header}.{payload}.")
    };
    let other_alphabet = STANDARD.encode([0xff; 32]);
    for wrong in [
        String::new(),
        "eyJ".to_owned(),
        format!("Bearer {good}"),
        unsigned,
        proof("another-secret", |_| ()),
        proof(SECRET, |claims| claims["iss"] = "other".into()),
        proof(SECRET, |claims| claims["sha256"] = "".into()),
        proof(SECRET, |claims| claims["sha256"] = other_alphabet.into()),
        proof(SECRET, |claims| claims["sha256"] = 5.into()),
        proof(SECRET, |claims| {
            claims.as_object_mut().unwrap().remove("sha256");
        }),
        proof(SECRET, |claims| {
            claims.as_object_mut().unwrap().remove("exp");
        }),
        proof(SECRET, |claims| claims["x"] = "x".repeat(4096).into()),
    ] {
        assert!(!webhooks.is_genuine(&wrong, BODY, at(NOW)), "{wrong:.200}");
    }
    assert!(!webhooks.is_genuine(&good, b"{\"event\":\"room_finished\"}", at(NOW)));
    assert!(!webhooks.is_genuine(&good, b"", at(NOW)));
}

/// What a livekit-server 1.11.0 sent, byte for byte.
#[test]
fn a_real_servers_event_is_genuine() {
    let body = include_bytes!("room-finished.json");
    let proof = [
        "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9",
        "eyJleHAiOjE3OTU4MTEyNTgsImlzcyI6ImRldmtleSIsIm5iZiI6MTc5NTgxMDk1OCwic2hhMjU2IjoiK2pESS9reWI5djBVUFFabmZ5ZzFCSzRNZ2JBQUllQkZ0OFcxaWpEb043WT0ifQ",
        "CiI_HE3jcr3mfIeR88KAiC7S5F8UMOv_vsF4YGDhRKI",
    ]
    .join(".");
    let webhooks = webhooks(KEY, SECRET);
    assert!(webhooks.is_genuine(&proof, body, at(1_795_810_958)));
    assert!(!webhooks.is_genuine(&proof, &body[1..], at(1_795_810_958)));
    let ended = event(body, &installation()).unwrap();
    assert!(
        matches!(&ended, Some(VideoEvent::Ended(id)) if id.session_name().as_str() == "Sitzung ä/3 会"),
        "{ended:?}"
    );
}

/// Another way to sign is another claim of who signs.
#[test]
fn a_proof_is_signed_by_hs256_alone() {
    let webhooks = webhooks(KEY, SECRET);
    let claims = json!({ "iss": KEY, "nbf": NOW, "exp": NOW + 300, "sha256": SHA256 });
    let key = EncodingKey::from_secret(SECRET.as_bytes());
    for algorithm in [Algorithm::HS384, Algorithm::HS512] {
        let signed = encode(&Header::new(algorithm), &claims, &key).unwrap();
        assert!(
            !webhooks.is_genuine(&signed, BODY, at(NOW)),
            "{algorithm:?}"
        );
    }
}

#[test]
fn a_proof_is_good_for_five_minutes_and_what_clocks_differ_by() {
    let webhooks = webhooks(KEY, SECRET);
    let good = proof(SECRET, |_| ());
    for (time, genuine) in [
        (NOW - 61, false),
        (NOW - 60, true),
        (NOW + 360, true),
        (NOW + 361, false),
    ] {
        assert_eq!(
            webhooks.is_genuine(&good, BODY, at(time)),
            genuine,
            "{time}"
        );
    }
}

#[test]
fn a_key_is_changed_without_losing_an_event() {
    let webhooks = webhooks("new,devkey", &format!("new-secret,{SECRET}"));
    let old = proof(SECRET, |_| ());
    let new = proof("new-secret", |claims| claims["iss"] = "new".into());
    assert!(webhooks.is_genuine(&old, BODY, at(NOW)) && webhooks.is_genuine(&new, BODY, at(NOW)));
    let other = proof(SECRET, |claims| claims["iss"] = "other".into());
    assert!(!webhooks.is_genuine(&other, BODY, at(NOW)));
    assert!(!format!("{webhooks:?}").contains(SECRET));
}

/// An event as the server sends it: names in camel case, and what has its default left out.
fn sent(name: &str, reason: Option<&str>) -> Value {
    let mut event = json!({
        "event": name, "id": "EV_6R6fNBZffSyJ", "createdAt": "1795650235",
        "room": {
            "sid": "RM_PFmEXAMPLE", "name": ROOM, "emptyTimeout": 86400, "departureTimeout": 30,
            "creationTime": "1795650231", "creationTimeMs": "1795650231123",
            "turnPassword": "TURN_PASSWORD", "enabledCodecs": [{ "mime": "video/VP8" }],
        },
    });
    if name.starts_with("participant") {
        event["participant"] = json!({
            "sid": "PA_jwKEXAMPLE", "identity": connection().as_str(), "state": "DISCONNECTED",
            "metadata": "{\"role\":\"PUBLISHER\",\"user\":\"ann\"}", "joinedAt": "1795650232",
            "joinedAtMs": "1795650232456", "name": "ann", "isPublisher": true,
            "permission": { "canSubscribe": true, "canPublish": true, "canPublishData": true },
        });
    }
    if let Some(reason) = reason {
        event["participant"]["disconnectReason"] = reason.into();
    }
    event
}

fn meaning(sent: &Value) -> Option<VideoEvent> {
    event(sent.to_string().as_bytes(), &installation()).unwrap()
}

#[test]
fn of_all_events_those_matter_that_somebody_comes_or_goes_for_good_by() {
    let left = Some(VideoEvent::Left(session(), connection()));
    for name in ["participant_left", "participant_connection_aborted"] {
        for reason in ["CLIENT_INITIATED", "PARTICIPANT_REMOVED", "ROOM_DELETED"] {
            assert_eq!(meaning(&sent(name, Some(reason))), left, "{name}, {reason}");
        }
        // They may be back already, by the same connection.
        for reason in [
            None,
            Some("DUPLICATE_IDENTITY"),
            Some("CONNECTION_TIMEOUT"),
            Some("SERVER_SHUTDOWN"),
            Some("STATE_MISMATCH"),
            Some("JOIN_FAILURE"),
            Some("MIGRATION"),
            Some("SIGNAL_CLOSE"),
            Some("SOMETHING_NEW"),
        ] {
            assert_eq!(meaning(&sent(name, reason)), None, "{name}, {reason:?}");
        }
    }
    let joined = Some(VideoEvent::Joined(session(), connection()));
    assert_eq!(meaning(&sent("participant_joined", None)), joined);
    let ended = Some(VideoEvent::Ended(session()));
    assert_eq!(meaning(&sent("room_finished", None)), ended);
    for name in [
        "room_started",
        "track_published",
        "egress_started",
        "something_new",
    ] {
        assert_eq!(meaning(&sent(name, None)), None, "{name}");
    }
}

#[test]
fn what_is_not_ours_means_nothing() {
    for (place, other) in [
        ("room", "my-room"),
        ("room", "call-aaaaaaaaaaaa-0000000000000001"),
        ("room", "call-0000000000000001"),
        ("participant", "ann"),
        ("participant", "EG_recorder"),
    ] {
        let mut event = sent("participant_joined", None);
        let what = if place == "room" { "name" } else { "identity" };
        event[place][what] = other.into();
        assert_eq!(meaning(&event), None, "{other}");
    }
    for body in [
        "{\"event\":\"room_finished\"}",
        "{\"event\":\"participant_joined\"}",
    ] {
        assert_eq!(event(body.as_bytes(), &installation()).unwrap(), None);
    }
    for body in ["", "[]", "not json", "{\"event\":5}"] {
        assert!(event(body.as_bytes(), &installation()).is_err(), "{body}");
    }
}
