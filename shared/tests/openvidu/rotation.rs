//! A secret is changed at the server and then here: no request is lost.

use std::sync::atomic::{AtomicUsize, Ordering};

use futures_util::future::BoxFuture;
use secrecy::SecretString;
use shared::ports::Source;
use shared::secrets::{FRESH, Reloading, SecretStore, Secrets};
use wiremock::matchers::basic_auth;

use super::*;

const NEW: &str = "NEW_SECRET";

/// Returns the old secret at the first read, and then the new one, if there is one.
struct Store {
    reads: AtomicUsize,
    then: &'static str,
}

impl SecretStore for Store {
    fn read<'a>(&'a self, _: &'a str) -> BoxFuture<'a, Result<SecretString, Source>> {
        let secret = match self.reads.fetch_add(1, Ordering::SeqCst) {
            0 => SECRET,
            _ => self.then,
        };
        Box::pin(async move { Ok(secret.into()) })
    }
}

async fn secret(then: &'static str) -> Reloading<SecretString> {
    let reads = AtomicUsize::new(0);
    let store = Store { reads, then };
    let named = vec![("OPENVIDU_SECRET", "arn".to_owned())];
    let secrets = Secrets::read(store, named, FRESH).await.unwrap();
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
