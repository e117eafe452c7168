//! The functions' LiveKit adapter and the rules on real servers, which `make livekit-server` builds.

#![expect(clippy::unwrap_used, reason = "a test that panics has failed")]
#![expect(
    clippy::print_stdout,
    reason = "seeds and figures are for whoever looks at a failure"
)]

mod adapter;
mod cluster;
mod events;
mod silence;
mod storm;
mod twirp;
mod world;

use std::net::TcpListener;
use std::time::Duration;

use local::{LiveKitServer, LiveKitSettings};
use shared::adapters::livekit::{ApiKeys, ApiSecrets, LiveKit, Requests};
use shared::deadline::Deadline;
use shared::domain::{Connection, Installation, Role, SessionId, SessionName, UserName};
use shared::ports::VideoServer;
use shared::secrets::Reloading;

/// A server at a free port.
async fn server() -> LiveKitServer {
    started(|_| ()).await
}

/// The same, with one setting changed.
async fn started(change: impl FnOnce(&mut LiveKitSettings)) -> LiveKitServer {
    let mut settings = LiveKitSettings::new(free_port());
    change(&mut settings);
    let started = LiveKitServer::start(settings).await;
    started.unwrap_or_else(|error| panic!("{error}"))
}

/// A port that nobody uses at the moment.
fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().port()
}

/// The adapter, as the functions use it.
fn adapter(server: &LiveKitServer) -> Requests {
    known_by(server, keys(server))
}

fn known_by(server: &LiveKitServer, keys: ApiKeys) -> Requests {
    let livekit = LiveKit::new(server.url().parse().unwrap(), keys, None).unwrap();
    livekit.until(Deadline::after(Duration::from_secs(60)))
}

/// The key that the server knows.
fn keys(server: &LiveKitServer) -> ApiKeys {
    key(&server.settings().key, &server.settings().secret)
}

fn key(name: &str, secret: &str) -> ApiKeys {
    let secret = Reloading::fixed(ApiSecrets::parse(secret).unwrap());
    ApiKeys::parse(name, secret).unwrap()
}

fn installation() -> Installation {
    Installation::parse("local000").unwrap()
}

fn session(name: &str) -> SessionId {
    let name = SessionName::parse(name).unwrap();
    SessionId::new(&name, &installation(), rand::random())
}

fn user() -> UserName {
    UserName::parse("publisher1").unwrap()
}

/// A new token for a room, and the connection that it will make.
async fn connect(livekit: &Requests, session: &SessionId) -> Connection {
    let connection = livekit
        .connect(session, &user(), Role::Publisher, None)
        .await;
    connection.unwrap().unwrap()
}
