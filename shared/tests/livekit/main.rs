//! The LiveKit adapter against what a server answers, and what it sends to the webhook. The bodies of a
//! server's answers and events are those of livekit-server 1.11.0.

#![expect(clippy::unwrap_used, reason = "a test that panics has failed")]

mod contract;
mod dead_nodes;
mod faults;
mod listing;
mod tokens;
mod webhook;

use std::time::Duration;

use serde_json::{Value, json};
use shared::adapters::livekit::{ApiKeys, ApiSecrets, LiveKit, Requests};
use shared::deadline::Deadline;
use shared::domain::{ConnectionId, Role, SessionId, SessionName, UserName};
use shared::ports::{VideoError, VideoInventory, VideoServer};
use shared::secrets::Reloading;
use testing::installation;
use wiremock::matchers::{any, path};
use wiremock::{Mock, MockServer, ResponseTemplate};

const KEY: &str = "devkey";
const SECRET: &str = "secretsecretsecretsecretsecretsecret1";
const ROOM: &str = "Sitzung ä-3f9c21d07b58-0000000000000001";

/// Every request that the rules make; a nudge needs none.
const REQUESTS: [&str; 6] = ["open", "connect", "evict", "close", "seats", "all_seats"];

fn keys() -> ApiKeys {
    let secrets = Reloading::fixed(ApiSecrets::parse(SECRET).unwrap());
    ApiKeys::parse(KEY, secrets).unwrap()
}

fn livekit(url: &str) -> Requests {
    within(Duration::from_secs(20), url)
}

fn within(time: Duration, url: &str) -> Requests {
    let server = LiveKit::new(url.parse().unwrap(), keys(), None).unwrap();
    server.until(Deadline::after(time))
}

fn session() -> SessionId {
    let name = SessionName::parse("Sitzung ä").unwrap();
    SessionId::new(&name, &installation(), 1)
}

fn connection() -> ConnectionId {
    ConnectionId::new(0xabc)
}

fn user() -> UserName {
    UserName::parse("ann").unwrap()
}

/// Makes one of [`REQUESTS`].
async fn ask(livekit: &Requests, request: &str) -> Result<(), VideoError> {
    match request {
        "open" => livekit.open(&session()).await,
        "connect" => {
            let (id, user) = (session(), user());
            livekit
                .connect(&id, &user, Role::Publisher, None)
                .await
                .map(drop)
        }
        "evict" => livekit.evict(&session(), &connection()).await.map(drop),
        "close" => livekit.close(&session()).await,
        "seats" => livekit.seats(&session()).await.map(drop),
        _ => livekit.all_seats().await.map(drop),
    }
}

/// A server that gives this one answer to everything.
async fn answering(status: u16, body: Value) -> MockServer {
    always(ResponseTemplate::new(status).set_body_json(body)).await
}

async fn always(answer: ResponseTemplate) -> MockServer {
    let server = MockServer::start().await;
    Mock::given(any()).respond_with(answer).mount(&server).await;
    server
}

/// Gives this answer to a method of the room service from now on.
async fn answer(server: &MockServer, method: &str, status: u16, body: Value) {
    Mock::given(path(format!("/twirp/livekit.RoomService/{method}")))
        .respond_with(ResponseTemplate::new(status).set_body_json(body))
        .mount(server)
        .await;
}

/// Has these people in its rooms from now on.
async fn seat(server: &MockServer, people: &[Value]) {
    let people = json!({ "participants": people });
    answer(server, "ListParticipants", 200, people).await;
}

/// Gives this answer the next time, and then again what it gave before.
async fn answer_once(server: &MockServer, method: &str, status: u16, body: Value) {
    Mock::given(path(format!("/twirp/livekit.RoomService/{method}")))
        .respond_with(ResponseTemplate::new(status).set_body_json(body))
        .up_to_n_times(1)
        .with_priority(1)
        .mount(server)
        .await;
}

/// The methods that the server was asked for, in order.
async fn asked(server: &MockServer) -> Vec<String> {
    let requests = server.received_requests().await.unwrap();
    let methods = requests.iter().map(|request| {
        let method = request.url.path().rsplit('/').next().unwrap();
        method.to_owned()
    });
    methods.collect()
}

/// What no node answers for.
fn unavailable() -> Value {
    json!({ "code": "unavailable", "msg": "no response from servers" })
}

fn not_found() -> Value {
    json!({ "code": "not_found", "msg": "requested room does not exist" })
}

/// A room as the server lists it.
fn room(name: &str, creation_time: u64) -> Value {
    json!({
        "sid": "RM_PFmEXAMPLE", "name": name, "empty_timeout": 86400, "departure_timeout": 30,
        "max_participants": 0, "creation_time": creation_time.to_string(),
        "creation_time_ms": (creation_time * 1000).to_string(), "turn_password": "TURN_PASSWORD",
        "enabled_codecs": [{ "mime": "video/VP8", "fmtp_line": "" }], "metadata": "",
        "num_participants": 0, "num_publishers": 0, "active_recording": false, "version": null,
    })
}

/// Somebody in a room as the server lists them.
fn participant(identity: &str, joined_at: u64) -> Value {
    json!({
        "sid": "PA_jwKEXAMPLE", "identity": identity, "state": "ACTIVE", "tracks": [],
        "metadata": "{\"role\":\"PUBLISHER\",\"user\":\"ann\"}", "joined_at": joined_at.to_string(),
        "joined_at_ms": (joined_at * 1000).to_string(), "name": "ann", "version": 2,
        "permission": { "can_subscribe": true, "can_publish": true, "can_publish_data": true },
        "region": "", "is_publisher": false, "kind": "STANDARD", "attributes": {},
        "disconnect_reason": "UNKNOWN_REASON", "kind_details": [],
    })
}
