//! The requests to an OpenVidu 2.32 server, and the meaning of each status of its answers.

use serde_json::{Value, json};
use shared::domain::Role;
use shared::ports::{VideoError, VideoInventory, VideoServer};
use wiremock::matchers::{basic_auth, body_json, header, method, path};
use wiremock::{Mock, MockServer, ResponseTemplate};

use super::{REQUESTS, SECRET, TOKEN, always, answering, ask, connection, openvidu, session, user};

/// A server that gives this one answer to this one request, if it has our credentials.
async fn expecting(
    verb: &str,
    at: &str,
    body: Option<Value>,
    answer: ResponseTemplate,
) -> MockServer {
    let server = MockServer::start().await;
    let mut mock = Mock::given(method(verb))
        .and(path(at))
        .and(basic_auth("OPENVIDUAPP", SECRET));
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
async fn a_session_is_made_with_our_id() {
    let body = json!({ "customSessionId": "TUTORIAL-3f9c21d07b58-0000000000000001" });
    let answer = ResponseTemplate::new(200)
        .set_body_json(json!({ "id": "TUTORIAL-3f9c21d07b58-0000000000000001" }));
    let server = expecting("POST", "/openvidu/api/sessions", Some(body), answer).await;
    openvidu(&server.uri()).open(&session()).await.unwrap();
}

#[tokio::test]
async fn making_an_existing_session_succeeds() {
    let server = answering(409, json!(null)).await;
    openvidu(&server.uri()).open(&session()).await.unwrap();
}

#[tokio::test]
async fn a_connection_is_made_with_role_and_user_as_data() {
    let at = "/openvidu/api/sessions/TUTORIAL-3f9c21d07b58-0000000000000001/connection";
    let body = json!({ "type": "WEBRTC", "role": "SUBSCRIBER", "data": "{\"role\":\"SUBSCRIBER\",\"serverData\":\"publisher1\"}" });
    let answer = ResponseTemplate::new(200).set_body_json(pending_connection());
    let server = expecting("POST", at, Some(body), answer).await;
    let made = openvidu(&server.uri())
        .connect(&session(), &user(), Role::Subscriber, None)
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
            .connect(&session(), &user(), Role::Publisher, None)
            .await;
        assert_eq!(made.unwrap(), None);
    }
}

#[tokio::test]
async fn a_connection_is_ended_used_or_not() {
    let at =
        "/openvidu/api/sessions/TUTORIAL-3f9c21d07b58-0000000000000001/connection/con_JYzeNjmAdx";
    let server = expecting("DELETE", at, None, ResponseTemplate::new(204)).await;
    assert!(
        openvidu(&server.uri())
            .evict(&session(), &connection())
            .await
            .unwrap()
    );
    // 404: no such connection. 400: no such session.
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
async fn a_session_is_ended_whether_it_exists_or_not() {
    let at = "/openvidu/api/sessions/TUTORIAL-3f9c21d07b58-0000000000000001";
    let server = expecting("DELETE", at, None, ResponseTemplate::new(204)).await;
    openvidu(&server.uri()).close(&session()).await.unwrap();
    let server = answering(404, json!(null)).await;
    openvidu(&server.uri()).close(&session()).await.unwrap();
}

#[tokio::test]
async fn every_other_status_is_an_error_that_names_it() {
    let promised = [
        ("open", vec![200, 409]),
        ("connect", vec![200, 404]),
        ("evict", vec![204, 404, 400]),
        ("close", vec![204, 404]),
        ("seats", vec![200, 404]),
        ("nudge", vec![200, 404, 406]),
        ("all_seats", vec![200]),
    ];
    assert_eq!(promised.each_ref().map(|(request, _)| *request), REQUESTS);
    for (request, promised) in promised {
        for status in [
            200, 201, 204, 302, 400, 403, 404, 405, 406, 409, 415, 429, 500, 501, 502, 503, 504,
        ] {
            if promised.contains(&status) {
                continue;
            }
            let server = answering(status, json!({ "message": "no" })).await;
            let error = ask(&openvidu(&server.uri()), request).await.unwrap_err();
            let refusal = match (&error, status) {
                (VideoError::Transient(refusal), 429 | 500 | 502..=504) => refusal,
                (VideoError::Unexpected(refusal), 200..429 | 501) => refusal,
                other => panic!("{request}, {status}: {other:?}"),
            };
            // 204 has no body.
            let words = if status == 204 { "" } else { "no" };
            assert_eq!((refusal.status, refusal.words.as_str()), (status, words));
        }
    }
}

#[tokio::test]
async fn a_wrong_secret_is_recognised_for_every_request() {
    for request in REQUESTS {
        let server = answering(401, json!(null)).await;
        let refused = ask(&openvidu(&server.uri()), request).await;
        assert!(
            matches!(refused, Err(VideoError::WrongSecret)),
            "{request}: {refused:?}"
        );
    }
}

#[tokio::test]
async fn a_nudge_is_a_signal_that_no_page_listens_to() {
    let body = json!({ "session": session().as_str(), "type": "signal:nudge", "data": "" });
    let at = "/openvidu/api/signal";
    let server = expecting("POST", at, Some(body), ResponseTemplate::new(200)).await;
    openvidu(&server.uri()).nudge(&session()).await.unwrap();
    // 404: no such session. 406: nobody is in it.
    for status in [404, 406] {
        let server = answering(status, json!(null)).await;
        openvidu(&server.uri()).nudge(&session()).await.unwrap();
    }
}

#[tokio::test]
async fn the_public_url_is_requested_without_the_secret() {
    let server = MockServer::start().await;
    Mock::given(method("GET"))
        .and(path("/openvidu/api/config/openvidu-publicurl"))
        .respond_with(ResponseTemplate::new(200).set_body_string("https://video.example.org:4443/"))
        .mount(&server)
        .await;
    let url = openvidu(&server.uri()).public_url().await.unwrap();
    assert_eq!(url.as_str(), "https://video.example.org:4443/");
    let [request] = &server.received_requests().await.unwrap()[..] else {
        panic!("one request is enough");
    };
    assert!(!request.headers.contains_key("authorization"));
    let server = always(ResponseTemplate::new(200).set_body_string("<html>")).await;
    let nothing = openvidu(&server.uri()).public_url().await;
    assert!(
        matches!(nothing, Err(VideoError::Unreadable(_))),
        "{nothing:?}"
    );
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
            .connect(&session(), &user(), Role::Publisher, None)
            .await;
        assert!(
            matches!(made, Err(VideoError::Unreadable(_))),
            "{body}: {made:?}"
        );
    }
}
