//! The tokens that participants connect with.

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode};
use serde_json::{Value, json};
use shared::domain::{Nickname, Role, SessionName};
use shared::ports::VideoServer;
use shared::system;

use super::{KEY, ROOM, SECRET, answering, asked, livekit, room, session, user};

/// What a token says.
pub(crate) fn claims(token: &str) -> Value {
    let payload = token.split('.').nth(1).unwrap();
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload).unwrap()).unwrap()
}

pub(crate) fn is_signed_by(token: &str, secret: &str) -> bool {
    let mut validation = Validation::new(Algorithm::HS256);
    validation.validate_exp = false;
    validation.required_spec_claims.clear();
    let key = DecodingKey::from_secret(secret.as_bytes());
    decode::<Value>(token, &key, &validation).is_ok()
}

#[tokio::test]
async fn a_token_opens_one_room_for_one_person_and_gives_no_power_over_others() {
    for (role, may_publish) in [
        (Role::Subscriber, false),
        (Role::Publisher, true),
        (Role::Moderator, true),
    ] {
        let server = answering(200, room(ROOM, 1_795_650_231)).await;
        let before = system::now().unix_seconds();
        let made = livekit(&server.uri())
            .connect(&session(), &user(), role, None)
            .await;
        let made = made.unwrap().unwrap();
        // The room is made in any case: it may have run out.
        assert_eq!(asked(&server).await, ["CreateRoom"]);
        let token = made.token.expose();
        assert!(is_signed_by(token, SECRET));
        let mut claims = claims(token);
        let nbf = claims["nbf"].as_u64().unwrap();
        assert!((before..before + 60).contains(&nbf));
        assert_eq!(claims["exp"].as_u64(), Some(nbf + 120));
        claims
            .as_object_mut()
            .unwrap()
            .retain(|name, _| name != "nbf" && name != "exp");
        let metadata = json!({ "role": role.as_str(), "user": "ann" }).to_string();
        assert_eq!(
            claims,
            json!({
                "iss": KEY, "sub": made.id.as_str(), "name": "ann", "metadata": metadata,
                "roomConfig": { "emptyTimeout": 86400, "departureTimeout": 30 },
                "video": {
                    "room": ROOM, "roomJoin": true, "canPublish": may_publish,
                    "canSubscribe": true, "canPublishData": true,
                },
            })
        );
    }
}

/// Two minutes, one by which the server's clock may be behind, and one to spare.
#[tokio::test]
async fn a_connection_may_be_missing_for_longer_than_its_token_is_good() {
    let livekit = livekit("http://127.0.0.1:9");
    assert_eq!(livekit.unlisted_for(), Duration::from_secs(240));
}

/// The server shows it to everybody, and nobody can change it afterwards.
#[tokio::test]
async fn a_token_has_the_nickname_and_still_says_whose_it_is() {
    let server = answering(200, room(ROOM, 1_795_650_231)).await;
    let nickname = Nickname::parse(&"🎉".repeat(64)).unwrap();
    let made = livekit(&server.uri())
        .connect(&session(), &user(), Role::Publisher, Some(&nickname))
        .await;
    let claims = claims(made.unwrap().unwrap().token.expose());
    assert_eq!(claims["name"], nickname.as_str());
    // The server takes a name of 256 bytes.
    assert_eq!(nickname.as_str().len(), 256);
    let metadata: Value = serde_json::from_str(claims["metadata"].as_str().unwrap()).unwrap();
    assert_eq!(metadata["user"], "ann");
}

#[tokio::test]
async fn every_token_is_of_another_connection() {
    let server = answering(200, room(ROOM, 1_795_650_231)).await;
    let livekit = livekit(&server.uri());
    let mut ids = std::collections::BTreeSet::new();
    for _ in 0..10 {
        let made = livekit
            .connect(&session(), &user(), Role::Publisher, None)
            .await;
        assert!(ids.insert(made.unwrap().unwrap().id));
    }
}

#[tokio::test]
async fn a_token_that_a_client_gives_back_is_known_by_its_connection() {
    let server = answering(200, room(ROOM, 1_795_650_231)).await;
    let livekit = livekit(&server.uri());
    let made = livekit
        .connect(&session(), &user(), Role::Publisher, None)
        .await;
    let made = made.unwrap().unwrap();
    assert_eq!(made.token.key(), made.id.as_str());
    let read = livekit.token(made.token.expose()).unwrap();
    assert_eq!(read, made.token);
    let call = |name| SessionName::parse(name).unwrap();
    assert!(read.is_for(&call("Sitzung ä")) && !read.is_for(&call("Sitzung")));
}

#[tokio::test]
async fn no_other_text_is_a_token() {
    let livekit = livekit("http://127.0.0.1:9");
    let signed = |claims: Value| {
        let payload = URL_SAFE_NO_PAD.encode(claims.to_string());
        format!("eyJhbGciOiJIUzI1NiJ9.{payload}.AAAA")
    };
    let connection = super::connection();
    let good = json!({ "sub": connection.as_str(), "video": { "room": ROOM } });
    assert!(livekit.token(&signed(good)).is_ok());
    for other in [
        String::new(),
        "tok_A1".to_owned(),
        connection.to_string(),
        signed(json!({})),
        signed(json!({ "sub": "ann", "video": { "room": ROOM } })),
        signed(json!({ "sub": connection.as_str(), "video": { "room": "my-room" } })),
        signed(json!({ "sub": connection.as_str(), "video": {} })),
        signed(
            json!({ "sub": connection.as_str(), "video": { "room": ROOM }, "x": "x".repeat(4096) }),
        ),
    ] {
        assert!(livekit.token(&other).is_err(), "{other:.80}");
    }
}
