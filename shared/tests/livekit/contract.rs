//! What is asked of a server, and what each status of its answers means.

use serde_json::{Value, json};
use shared::ports::{VideoError, VideoServer};
use wiremock::matchers::{body_json, header, method, path};
use wiremock::{Mock, MockServer, ResponseTemplate};

use super::{
    REQUESTS, ROOM, answer, answer_once, answering, ask, asked, connection, livekit, not_found,
    room, session, unavailable,
};

/// A server that answers this one request.
async fn expecting(verb: &str, body: Value, answer: Value) -> MockServer {
    let server = MockServer::start().await;
    Mock::given(method("POST"))
        .and(path(format!("/twirp/livekit.RoomService/{verb}")))
        .and(header("content-type", "application/json"))
        .and(body_json(body))
        .respond_with(ResponseTemplate::new(200).set_body_json(answer))
        .expect(1)
        .mount(&server)
        .await;
    server
}

#[tokio::test]
async fn it_makes_a_room_that_outlasts_the_call() {
    let body = json!({ "name": ROOM, "empty_timeout": 86400, "departure_timeout": 30 });
    let server = expecting("CreateRoom", body, room(ROOM, 1_795_650_231)).await;
    livekit(&server.uri()).open(&session()).await.unwrap();
}

#[tokio::test]
async fn it_removes_one_participant() {
    let body = json!({ "room": ROOM, "identity": connection().as_str() });
    let server = expecting("RemoveParticipant", body, json!({})).await;
    let evicted = livekit(&server.uri())
        .evict(&session(), &connection())
        .await;
    assert!(evicted.unwrap());
    let server = answering(404, not_found()).await;
    let evicted = livekit(&server.uri())
        .evict(&session(), &connection())
        .await;
    assert!(!evicted.unwrap());
}

#[tokio::test]
async fn it_deletes_a_room_that_is_there_or_not() {
    let server = expecting("DeleteRoom", json!({ "room": ROOM }), json!({})).await;
    livekit(&server.uri()).close(&session()).await.unwrap();
    let server = answering(404, not_found()).await;
    livekit(&server.uri()).close(&session()).await.unwrap();
}

#[tokio::test]
async fn a_room_of_a_dead_node_is_given_another_one_that_deletes_it() {
    let server = MockServer::start().await;
    answer(&server, "DeleteRoom", 200, json!({})).await;
    answer(&server, "CreateRoom", 200, room(ROOM, 1_795_650_231)).await;
    answer_once(&server, "DeleteRoom", 503, unavailable()).await;
    livekit(&server.uri()).close(&session()).await.unwrap();
    assert_eq!(
        asked(&server).await,
        ["DeleteRoom", "CreateRoom", "DeleteRoom"]
    );
}

#[tokio::test]
async fn a_room_that_no_node_deletes_is_an_error() {
    let server = MockServer::start().await;
    answer(&server, "DeleteRoom", 503, unavailable()).await;
    answer(&server, "CreateRoom", 200, room(ROOM, 1_795_650_231)).await;
    let error = livekit(&server.uri()).close(&session()).await.unwrap_err();
    assert!(matches!(error, VideoError::Transient(_)), "{error}");
    assert_eq!(asked(&server).await.len(), 3);
}

#[tokio::test]
async fn a_room_that_a_dead_node_was_given_is_made_once_more() {
    let server = MockServer::start().await;
    answer(&server, "CreateRoom", 200, room(ROOM, 1_795_650_231)).await;
    for _ in 0..2 {
        answer_once(&server, "CreateRoom", 503, unavailable()).await;
    }
    livekit(&server.uri()).open(&session()).await.unwrap();
    assert_eq!(asked(&server).await, ["CreateRoom"; 3]);
}

#[tokio::test]
async fn a_room_that_no_node_makes_is_an_error() {
    let server = answering(503, unavailable()).await;
    let error = livekit(&server.uri()).open(&session()).await.unwrap_err();
    assert!(matches!(error, VideoError::Transient(_)), "{error}");
    assert_eq!(asked(&server).await.len(), 3);
}

#[tokio::test]
async fn every_other_status_is_an_error_that_names_it() {
    let promised = [
        ("open", vec![200]),
        ("connect", vec![200]),
        ("evict", vec![200, 404]),
        ("close", vec![200, 404]),
        ("seats", vec![200]),
        ("all_seats", vec![200]),
    ];
    assert_eq!(promised.each_ref().map(|(request, _)| *request), REQUESTS);
    for (request, promised) in promised {
        for status in [
            201, 204, 302, 400, 403, 404, 405, 408, 409, 412, 429, 500, 501, 502, 503, 504,
        ] {
            if promised.contains(&status) {
                continue;
            }
            let server = answering(status, json!({ "code": "internal", "msg": "no" })).await;
            let error = ask(&livekit(&server.uri()), request).await.unwrap_err();
            let refusal = match (&error, status) {
                (VideoError::Transient(refusal), 429 | 500 | 502..=504) => refusal,
                (VideoError::Unexpected(refusal), 201..429 | 501) => refusal,
                other => panic!("{request}, {status}: {other:?}"),
            };
            // 204 has no body.
            let words = if status == 204 { "" } else { "no" };
            assert_eq!((refusal.status, refusal.words.as_str()), (status, words));
        }
    }
}

#[tokio::test]
async fn a_call_whose_name_is_too_long_is_told_apart_and_nothing_is_asked() {
    use shared::domain::{SessionId, SessionName};
    let server = answering(200, json!({})).await;
    let name = SessionName::parse(&"🎉".repeat(64)).unwrap();
    let id = SessionId::new(&name, &testing::installation(), 1);
    let error = livekit(&server.uri()).open(&id).await.unwrap_err();
    assert!(matches!(error, VideoError::NameTooLong), "{error}");
    assert!(asked(&server).await.is_empty());
}
