//! Servers that are not there, that are slow, that refuse us, or that say too much.

use std::time::Duration;

use serde_json::json;
use shared::adapters::livekit::{ApiKeys, ApiSecrets, LiveKit};
use shared::deadline::Deadline;
use shared::ports::{VideoError, VideoServer};
use shared::secrets::Reloading;
use testing::changing_secret;
use wiremock::{MockServer, ResponseTemplate};

use super::tokens::{claims, is_signed_by};
use super::{
    KEY, REQUESTS, ROOM, SECRET, always, answer, answering, ask, livekit, room, session, within,
};

const NEW: &str = "another-secret-another-secret-another1";

#[tokio::test]
async fn a_server_that_is_not_there_or_is_slow_is_told_apart() {
    let nowhere = {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        format!("http://{}", listener.local_addr().unwrap())
    };
    // It accepts connections and never answers.
    let silent = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let silent_url = format!("http://{}", silent.local_addr().unwrap());
    for request in REQUESTS {
        let error = ask(&livekit(&nowhere), request).await.unwrap_err();
        assert!(matches!(error, VideoError::Unreachable(_)), "{error:?}");
        let brief = within(Duration::from_millis(50), &silent_url);
        let error = ask(&brief, request).await.unwrap_err();
        assert!(matches!(error, VideoError::TimedOut), "{error:?}");
    }
}

#[tokio::test]
async fn an_answer_that_makes_no_sense_or_is_too_long_is_unreadable() {
    let long = format!(r#"{{"rooms":[{}]}}"#, " ".repeat(65 << 20));
    for body in [r#""ok""#, "{}", r#"{"rooms":5}"#, &long] {
        let server = always(ResponseTemplate::new(200).set_body_string(body)).await;
        for request in ["seats", "all_seats"] {
            let error = ask(&livekit(&server.uri()), request).await.unwrap_err();
            assert!(matches!(error, VideoError::Unreadable(_)), "{error:?}");
        }
    }
}

/// A 401 quotes the whole token. (It is plain text for a bad signature, and JSON for a missing grant.)
#[tokio::test]
async fn whoever_is_refused_is_told_nothing_of_the_token() {
    for request in REQUESTS {
        let quoting =
            r#"{"code":"unauthenticated","msg":"invalid token: eyJhbGciOiJIUzI1NiJ9.CANARY.x"}"#;
        let server = always(ResponseTemplate::new(401).set_body_string(quoting)).await;
        let error = ask(&livekit(&server.uri()), request).await.unwrap_err();
        assert!(matches!(error, VideoError::WrongSecret), "{error:?}");
        assert!(!format!("{error:?} {error}").contains("CANARY"));
    }
}

#[tokio::test]
async fn an_error_has_the_servers_own_words_and_no_secret() {
    for (said, words) in [
        ("no\r\n\u{1b}[31mroom\u{0}", "no [31mroom"),
        (SECRET, "(secret)"),
        (
            "token eyJhbGciOiJIUzI1NiJ9.eyJpc3MiOiJkIn0.a-_B, too",
            "token (token)(token), too",
        ),
    ] {
        let server = answering(412, json!({ "code": "failed_precondition", "msg": said })).await;
        let error = livekit(&server.uri()).open(&session()).await.unwrap_err();
        assert_eq!(
            error.to_string(),
            format!("the video server answered 412 to making a room: {words}")
        );
    }
}

#[tokio::test]
async fn debug_output_shows_neither_secret_nor_token() {
    let server = answering(200, room(ROOM, 1_795_650_231)).await;
    let livekit = livekit(&server.uri());
    let made = livekit
        .connect(
            &session(),
            &super::user(),
            shared::domain::Role::Publisher,
            None,
        )
        .await;
    let shown = format!("{livekit:?} {made:?}");
    assert!(!shown.contains(SECRET) && !shown.contains("eyJ"), "{shown}");
}

async fn rotating(server: &MockServer, then: &'static str) -> LiveKit {
    let secrets = changing_secret("LIVEKIT_API_SECRET", SECRET, then).await;
    let secrets = secrets.reloading("LIVEKIT_API_SECRET", ApiSecrets::parse);
    let keys = ApiKeys::parse(KEY, secrets.unwrap().unwrap()).unwrap();
    LiveKit::new(server.uri().parse().unwrap(), keys, None).unwrap()
}

#[tokio::test]
async fn a_request_with_the_old_secret_is_repeated_with_the_new_one() {
    let server = MockServer::start().await;
    super::answer_once(&server, "CreateRoom", 401, json!("invalid token")).await;
    answer(&server, "CreateRoom", 200, room(ROOM, 1_795_650_231)).await;
    let livekit = rotating(&server, NEW).await;
    let livekit = livekit.until(Deadline::after(Duration::from_secs(20)));
    for _twice in 0..2 {
        livekit.open(&session()).await.unwrap();
    }
    let received = server.received_requests().await.unwrap();
    let signers = received.iter().map(|request| {
        let header = request.headers["authorization"].to_str().unwrap();
        let token = header.strip_prefix("Bearer ").unwrap();
        (is_signed_by(token, SECRET), is_signed_by(token, NEW))
    });
    let (old, new) = ((true, false), (false, true));
    assert_eq!(signers.collect::<Vec<_>>(), [old, new, new]);
}

/// Names and secrets of keys come from two places, and the server has its own.
#[tokio::test]
async fn while_the_key_is_changed_requests_and_tokens_are_signed_with_what_the_server_accepts() {
    let server = MockServer::start().await;
    answer(&server, "CreateRoom", 200, room(ROOM, 1_795_650_231)).await;
    super::answer_once(&server, "CreateRoom", 401, json!("invalid token")).await;
    let secrets = ApiSecrets::parse(&format!("{NEW},{SECRET}")).unwrap();
    let keys = ApiKeys::parse(KEY, Reloading::fixed(secrets)).unwrap();
    let livekit = LiveKit::new(server.uri().parse().unwrap(), keys, None).unwrap();
    let livekit = livekit.until(Deadline::after(Duration::from_secs(20)));
    let role = shared::domain::Role::Publisher;
    let made = livekit
        .connect(&session(), &super::user(), role, None)
        .await;
    let made = made.unwrap().unwrap();
    assert!(is_signed_by(made.token.expose(), SECRET));
    assert_eq!(server.received_requests().await.unwrap().len(), 2);
}

#[tokio::test]
async fn a_secret_that_has_not_changed_is_not_tried_again() {
    let server = answering(401, json!("invalid token")).await;
    let livekit = rotating(&server, SECRET).await;
    let livekit = livekit.until(Deadline::after(Duration::from_secs(20)));
    let error = livekit.open(&session()).await.unwrap_err();
    assert!(matches!(error, VideoError::WrongSecret), "{error}");
    assert_eq!(server.received_requests().await.unwrap().len(), 1);
}

/// A request says which key signs it, may administer the one room that it is about, and no other.
#[tokio::test]
async fn a_request_may_do_what_it_is_for() {
    for (request, of_room) in [("open", None), ("evict", Some(ROOM)), ("close", Some(ROOM))] {
        let server = answering(200, json!({})).await;
        ask(&livekit(&server.uri()), request).await.unwrap();
        let received = server.received_requests().await.unwrap();
        let header = received[0].headers["authorization"].to_str().unwrap();
        let claims = claims(header.strip_prefix("Bearer ").unwrap());
        assert_eq!(claims["iss"], KEY, "{request}");
        let lifetime = claims["exp"].as_u64().unwrap() - claims["nbf"].as_u64().unwrap();
        assert_eq!(lifetime, 60, "{request}");
        let mut grants =
            json!({ "roomCreate": true, "roomList": true, "roomAdmin": of_room.is_some() });
        if let Some(room) = of_room {
            grants["room"] = room.into();
        }
        assert_eq!(claims["video"], grants, "{request}");
    }
}
