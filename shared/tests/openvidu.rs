//! The OpenVidu adapter against every answer that an OpenVidu 2.32 server may give.

#![expect(clippy::unwrap_used, reason = "a test that panics has failed")]

use std::time::Duration;

use serde_json::{Value, json};
use shared::adapters::openvidu::OpenVidu;
use shared::domain::{ConnectionId, Role, SessionId, SessionName, UserName};
use shared::ports::{VideoError, VideoServer};
use shared::testing::installation;
use wiremock::matchers::{basic_auth, body_json, header, method, path};
use wiremock::{Mock, MockServer, ResponseTemplate};

const TOKEN: &str = "wss://video.example.org:4443?sessionId=TUTORIAL-3f9c21d07b58-0000000000000001&token=tok_W1LlxOQElNQGcSIw";

fn openvidu(url: &str) -> OpenVidu {
    OpenVidu::new(url.parse().unwrap(), "MY_SECRET".into(), None).unwrap()
}

fn session() -> SessionId {
    SessionId::new(&SessionName::parse("TUTORIAL").unwrap(), &installation(), 1)
}

fn connection() -> ConnectionId {
    ConnectionId::parse("con_JYzeNjmAdx").unwrap()
}

fn user() -> UserName {
    UserName::parse("publisher1").unwrap()
}

/// A server that gives this one answer to everything.
async fn answering(status: u16, body: Value) -> MockServer {
    let server = MockServer::start().await;
    let answer = ResponseTemplate::new(status).set_body_json(body);
    Mock::given(wiremock::matchers::any())
        .respond_with(answer)
        .mount(&server)
        .await;
    server
}

/// A server that gives this one answer to this one request, with our credentials.
async fn expecting(
    verb: &str,
    at: &str,
    body: Option<Value>,
    answer: ResponseTemplate,
) -> MockServer {
    let server = MockServer::start().await;
    let mut mock = Mock::given(method(verb))
        .and(path(at))
        .and(basic_auth("OPENVIDUAPP", "MY_SECRET"));
    if let Some(body) = body {
        mock = mock
            .and(header("content-type", "application/json"))
            .and(body_json(body));
    }
    mock.respond_with(answer).expect(1).mount(&server).await;
    server
}

fn pending_connection() -> Value {
    json!({
        "id": "con_JYzeNjmAdx", "object": "connection", "status": "pending",
        "connectionId": "con_JYzeNjmAdx", "sessionId": session().as_str(),
        "createdAt": 1_538_481_999_022_u64, "type": "WEBRTC", "record": true, "role": "PUBLISHER",
        "kurentoOptions": null, "customIceServers": [], "serverData": "{\"serverData\":\"publisher1\"}",
        "token": TOKEN, "activeAt": null, "publishers": null, "subscribers": null,
    })
}

#[tokio::test]
async fn it_makes_a_session_by_our_id() {
    let body = json!({ "customSessionId": "TUTORIAL-3f9c21d07b58-0000000000000001" });
    let answer = ResponseTemplate::new(200)
        .set_body_json(json!({ "id": "TUTORIAL-3f9c21d07b58-0000000000000001" }));
    let server = expecting("POST", "/openvidu/api/sessions", Some(body), answer).await;
    openvidu(&server.uri()).open(&session()).await.unwrap();
}

#[tokio::test]
async fn a_session_that_is_there_already_is_open() {
    let server = answering(409, json!(null)).await;
    openvidu(&server.uri()).open(&session()).await.unwrap();
}

#[tokio::test]
async fn it_makes_a_connection_with_the_role_and_the_user_as_data() {
    let at = "/openvidu/api/sessions/TUTORIAL-3f9c21d07b58-0000000000000001/connection";
    let body = json!({ "type": "WEBRTC", "role": "SUBSCRIBER", "data": "{\"role\":\"SUBSCRIBER\",\"serverData\":\"publisher1\"}" });
    let answer = ResponseTemplate::new(200).set_body_json(pending_connection());
    let server = expecting("POST", at, Some(body), answer).await;
    let made = openvidu(&server.uri())
        .connect(&session(), &user(), Role::Subscriber)
        .await;
    let made = made.unwrap().unwrap();
    assert_eq!((made.id, made.token.expose()), (connection(), TOKEN));
}

#[tokio::test]
async fn an_unknown_session_makes_no_connection_whatever_the_body() {
    for server in [
        answering(404, json!(null)).await,
        answering(404, json!({ "message": "Session X not found" })).await,
    ] {
        let made = openvidu(&server.uri())
            .connect(&session(), &user(), Role::Publisher)
            .await;
        assert_eq!(made.unwrap(), None);
    }
}

#[tokio::test]
async fn it_ends_a_connection_used_or_not() {
    let at =
        "/openvidu/api/sessions/TUTORIAL-3f9c21d07b58-0000000000000001/connection/con_JYzeNjmAdx";
    let server = expecting("DELETE", at, None, ResponseTemplate::new(204)).await;
    assert!(
        openvidu(&server.uri())
            .evict(&session(), &connection())
            .await
            .unwrap()
    );
    // 404: no such connection; 400: no such session.
    for status in [404, 400] {
        let server = answering(status, json!(null)).await;
        let there = openvidu(&server.uri())
            .evict(&session(), &connection())
            .await
            .unwrap();
        assert!(!there, "{status}");
    }
}

#[tokio::test]
async fn it_ends_a_session_that_is_there_or_not() {
    let at = "/openvidu/api/sessions/TUTORIAL-3f9c21d07b58-0000000000000001";
    let server = expecting("DELETE", at, None, ResponseTemplate::new(204)).await;
    openvidu(&server.uri()).close(&session()).await.unwrap();
    let server = answering(404, json!(null)).await;
    openvidu(&server.uri()).close(&session()).await.unwrap();
}

/// The four requests, each with the statuses that its contract promises.
async fn ask(openvidu: &OpenVidu, request: &str) -> Result<(), VideoError> {
    match request {
        "open" => openvidu.open(&session()).await,
        "connect" => openvidu
            .connect(&session(), &user(), Role::Publisher)
            .await
            .map(|_| ()),
        "evict" => openvidu.evict(&session(), &connection()).await.map(|_| ()),
        _ => openvidu.close(&session()).await,
    }
}

#[tokio::test]
async fn every_other_status_is_an_error_that_names_it() {
    let promised = [
        ("open", vec![200, 409]),
        ("connect", vec![200, 404]),
        ("evict", vec![204, 404, 400]),
        ("close", vec![204, 404]),
    ];
    for (request, promised) in promised {
        for status in [
            200, 201, 204, 302, 400, 403, 404, 405, 409, 415, 429, 500, 501, 502, 503, 504,
        ] {
            if promised.contains(&status) {
                continue;
            }
            let server = answering(status, json!({ "message": "no" })).await;
            match ask(&openvidu(&server.uri()), request).await {
                Err(VideoError::Unexpected { status: named, .. }) => assert_eq!(named, status),
                other => panic!("{request}, {status}: {other:?}"),
            }
        }
    }
}

#[tokio::test]
async fn a_wrong_secret_is_told_apart_whatever_was_asked() {
    for request in ["open", "connect", "evict", "close"] {
        let server = answering(401, json!(null)).await;
        let refused = ask(&openvidu(&server.uri()), request).await;
        assert!(
            matches!(refused, Err(VideoError::WrongSecret)),
            "{request}: {refused:?}"
        );
    }
}

#[tokio::test]
async fn an_answer_that_is_not_a_connection_is_unreadable() {
    for body in [
        json!("ok"),
        json!({}),
        json!({ "connectionId": "con_A1", "token": "" }),
        json!({ "connectionId": "../sessions", "token": TOKEN }),
        json!({ "connectionId": 5, "token": TOKEN }),
    ] {
        let server = answering(200, body.clone()).await;
        let made = openvidu(&server.uri())
            .connect(&session(), &user(), Role::Publisher)
            .await;
        assert!(
            matches!(made, Err(VideoError::Unreadable(_))),
            "{body}: {made:?}"
        );
    }
}

#[tokio::test]
async fn a_server_that_is_not_there_is_unreachable_at_once() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let refused = openvidu(&url).open(&session()).await;
    assert!(
        matches!(refused, Err(VideoError::Unreachable(_))),
        "{refused:?}"
    );
}

#[tokio::test]
async fn a_server_that_accepts_and_never_answers_times_out_and_a_slow_one_does_not() {
    let server = MockServer::start().await;
    let slow = ResponseTemplate::new(200).set_delay(Duration::from_millis(300));
    Mock::given(wiremock::matchers::any())
        .respond_with(slow)
        .mount(&server)
        .await;
    let patient = openvidu(&server.uri()).answering_within(Duration::from_secs(20));
    patient.open(&session()).await.unwrap();
    let impatient = openvidu(&server.uri()).answering_within(Duration::from_millis(100));
    let late = impatient.open(&session()).await;
    assert!(matches!(late, Err(VideoError::TimedOut)), "{late:?}");
    // The time is for all requests together: nothing is left for another one.
    let later = impatient.close(&session()).await;
    assert!(matches!(later, Err(VideoError::TimedOut)), "{later:?}");
}

#[tokio::test]
async fn errors_and_debug_output_show_neither_secret_nor_token() {
    let server = answering(200, pending_connection()).await;
    let openvidu = openvidu(&server.uri());
    let made = openvidu.connect(&session(), &user(), Role::Publisher).await;
    let shown = format!("{openvidu:?} {made:?}");
    assert!(
        !shown.contains("MY_SECRET") && !shown.contains("tok_"),
        "{shown}"
    );
}
