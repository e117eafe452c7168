//! A secret is changed at the server and then here: no request is lost.

use secrecy::SecretString;
use shared::secrets::Reloading;
use testing::changing_secret;
use wiremock::matchers::basic_auth;

use super::*;

const NEW: &str = "NEW_SECRET";

async fn secret(then: &'static str) -> Reloading<SecretString> {
    let secrets = changing_secret("OPENVIDU_SECRET", SECRET, then).await;
    let parse = |text: &str| -> Result<SecretString, std::convert::Infallible> { Ok(text.into()) };
    secrets
        .reloading("OPENVIDU_SECRET", parse)
        .unwrap()
        .unwrap()
}

/// A server that accepts only the new secret.
async fn server() -> MockServer {
    let server = answering(401, Value::Null).await;
    let made = serde_json::json!({
        "connectionId": "con_JYzeNjmAdx", "token": TOKEN, "sessionId": session().as_str(),
        "createdAt": 0, "content": [], "connections": { "content": [] },
    });
    for (method, status) in [("POST", 200), ("GET", 200), ("DELETE", 204)] {
        Mock::given(wiremock::matchers::method(method))
            .and(basic_auth("OPENVIDUAPP", NEW))
            .respond_with(ResponseTemplate::new(status).set_body_json(&made))
            .with_priority(1)
            .mount(&server)
            .await;
    }
    server
}

#[tokio::test]
async fn a_request_with_the_old_secret_is_repeated_with_the_new_one() {
    for request in REQUESTS {
        let server = server().await;
        // It was read a while ago.
        let secret = secret(NEW).await;
        tokio::time::pause();
        tokio::time::advance(Duration::from_secs(5)).await;
        tokio::time::resume();
        let openvidu = OpenVidu::new(server.uri().parse().unwrap(), secret, None).unwrap();
        let openvidu = openvidu.until(Deadline::after(Duration::from_secs(20)));
        ask(&openvidu, request).await.unwrap();
        ask(&openvidu, request).await.unwrap();
        let received = server.received_requests().await.unwrap();
        assert_eq!(
            received.len(),
            3,
            "{request}: once more, and then never again"
        );
        assert_eq!(received[0].body, received[1].body);
        assert_eq!(received[0].url, received[1].url);
    }
}

#[tokio::test]
async fn a_secret_that_has_not_changed_is_not_tried_again() {
    let server = server().await;
    let secret = secret(SECRET).await;
    let openvidu = OpenVidu::new(server.uri().parse().unwrap(), secret, None).unwrap();
    let openvidu = openvidu.until(Deadline::after(Duration::from_secs(20)));
    let refused = ask(&openvidu, "open").await;
    assert!(
        matches!(refused, Err(VideoError::WrongSecret)),
        "{refused:?}"
    );
    assert_eq!(server.received_requests().await.unwrap().len(), 1);
}
