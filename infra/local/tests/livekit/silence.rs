//! What reaches no log, whatever the server answers.

use local_testing::participant::Participant;
use std::io::{self, Write};
use std::sync::{Arc, Mutex};

use shared::chain;
use shared::ports::{VideoInventory, VideoServer};
use tracing_subscriber::fmt::MakeWriter;

use super::{adapter, connect, key, known_by, server, session, user};

/// A log that can be read.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Log {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

#[tokio::test]
async fn no_token_secret_or_text_of_a_refusal_is_logged_or_in_an_error() {
    let log = Log::default();
    let everything = tracing_subscriber::fmt().with_max_level(tracing::Level::TRACE);
    let _logging = tracing::subscriber::set_default(everything.with_writer(log.clone()).finish());
    tracing::trace!("the log works");
    let server = server().await;
    let secret = server.settings().secret.clone();
    let (session, other) = (session("a call"), session("another"));

    let livekit = adapter(&server);
    let connection = connect(&livekit, &session).await;
    let token = connection.token.expose().to_owned();
    let _in = Participant::join(&server.url(), &token).await.unwrap();
    livekit.all_seats().await.unwrap();
    livekit.seats(&session).await.unwrap();
    livekit.evict(&session, &connection.id).await.unwrap();
    livekit.close(&session).await.unwrap();
    let mut said = format!("{livekit:?} {connection:?} {:?}", connection.token);

    let wrong = "a-secret-that-is-not-the-servers";
    let stranger = known_by(&server, key("local", wrong));
    let role = shared::domain::Role::Publisher;
    for error in [
        stranger.open(&other).await.unwrap_err(),
        stranger
            .connect(&other, &user(), role, None)
            .await
            .unwrap_err(),
        stranger.all_seats().await.unwrap_err(),
    ] {
        said.push_str(&format!("{error} {error:?} {}", chain(&error)));
    }
    let log = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    assert!(log.contains("the log works"));
    said.push_str(&log);
    let parts = token.split('.').filter(|part| part.len() >= 16);
    for secret in parts.chain([
        &secret,
        wrong,
        "eyJ",
        "turn_password",
        "turnPassword",
        "invalid token",
    ]) {
        assert!(!said.contains(secret), "{secret} is in {said}");
    }
}
