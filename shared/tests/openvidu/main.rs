//! The OpenVidu adapter against every answer that a server may give, and against no answer.

#![expect(clippy::unwrap_used, reason = "a test that panics has failed")]

mod contract;
mod faults;
mod listing;
mod proxies;
mod rotation;
mod tls;
mod webhook;

use std::time::Duration;

use serde_json::Value;
use shared::adapters::openvidu::{OpenVidu, Requests};
use shared::deadline::Deadline;
use shared::domain::{ConnectionId, Role, SessionId, SessionName, UserName};
use shared::ports::{VideoError, VideoInventory, VideoServer};
use testing::installation;
use wiremock::matchers::any;
use wiremock::{Mock, MockServer, ResponseTemplate};

const SECRET: &str = "MY_SECRET";
const TOKEN: &str = "wss://video.example.org:4443?sessionId=TUTORIAL-3f9c21d07b58-0000000000000001&token=tok_W1LlxOQElNQGcSIw";

/// All requests that the rules make.
const REQUESTS: [&str; 7] = [
    "open",
    "connect",
    "evict",
    "close",
    "seats",
    "nudge",
    "all_seats",
];

fn openvidu(url: &str) -> Requests {
    within(Duration::from_secs(20), url)
}

fn within(time: Duration, url: &str) -> Requests {
    let server = OpenVidu::new(url.parse().unwrap(), SECRET.into(), None).unwrap();
    server.until(Deadline::after(time))
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

/// Makes one of [`REQUESTS`].
async fn ask(openvidu: &Requests, request: &str) -> Result<(), VideoError> {
    match request {
        "open" => openvidu.open(&session()).await,
        "connect" => {
            let (id, user) = (session(), user());
            openvidu
                .connect(&id, &user, Role::Publisher, None)
                .await
                .map(drop)
        }
        "evict" => openvidu.evict(&session(), &connection()).await.map(drop),
        "close" => openvidu.close(&session()).await,
        "nudge" => openvidu.nudge(&session()).await,
        "seats" => openvidu.seats(&session()).await.map(drop),
        _ => openvidu.all_seats().await.map(drop),
    }
}

/// A server that gives this answer to everything.
async fn answering(status: u16, body: Value) -> MockServer {
    always(ResponseTemplate::new(status).set_body_json(body)).await
}

async fn always(answer: ResponseTemplate) -> MockServer {
    let server = MockServer::start().await;
    Mock::given(any()).respond_with(answer).mount(&server).await;
    server
}
