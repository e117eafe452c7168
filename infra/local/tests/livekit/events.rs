//! The webhooks of a real server: they are genuine, and the rules understand them.

use local_testing::participant::Participant;
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::http::HeaderMap;
use axum::routing::post;
use shared::adapters::livekit::{Webhooks, event};
use shared::domain::VideoEvent;
use shared::ports::VideoServer;
use shared::system;
use tokio::net::TcpListener;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use tokio::time::timeout;

use super::{adapter, connect, installation, key, keys, session, started, twirp};

/// An event as it arrived.
pub(crate) struct Sent {
    pub(crate) authorization: String,
    pub(crate) body: Bytes,
}

/// A server for webhooks: its address, and what arrives there.
pub(crate) async fn listener() -> (String, UnboundedReceiver<Sent>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    let (sender, receiver) = unbounded_channel();
    let receive = async move |headers: HeaderMap, body: Bytes| {
        assert_eq!(headers["content-type"], "application/webhook+json");
        let authorization = headers["authorization"].to_str().unwrap().to_owned();
        // The test may have ended.
        let _ = sender.send(Sent {
            authorization,
            body,
        });
    };
    let router = Router::new().route("/", post(receive));
    tokio::spawn(async move { axum::serve(listener, router).await });
    (url, receiver)
}

#[tokio::test]
async fn events_are_genuine_and_say_who_left_for_good_and_which_room_ended() {
    let (url, mut events) = listener().await;
    let server = started(|settings| settings.webhook = Some(url)).await;
    let livekit = adapter(&server);
    let session = session("Sitzung ä");
    let join = async || {
        let connection = connect(&livekit, &session).await;
        let joined = Participant::join(&server.url(), connection.token.expose()).await;
        (connection, joined.unwrap())
    };
    let theirs = twirp::token(&server, "their room", "ann");
    let theirs = Participant::join(&server.url(), &theirs).await.unwrap();
    theirs.leave().await;
    let (leaver, leaving) = join().await;
    leaving.leave().await;
    let (evicted, _gone) = join().await;
    assert!(livekit.evict(&session, &evicted.id).await.unwrap());
    let (thrown_out, _gone) = join().await;
    livekit.close(&session).await.unwrap();

    let (genuine, others) = (
        Webhooks::new(keys(&server)),
        Webhooks::new(key("local", "another-secret")),
    );
    let mut heard = Vec::new();
    let ended = Some(VideoEvent::Ended(session.clone()));
    while heard.last() != Some(&ended) {
        let sent = timeout(Duration::from_secs(60), events.recv())
            .await
            .unwrap()
            .unwrap();
        assert!(genuine.is_genuine(&sent.authorization, &sent.body, system::now()));
        assert!(!others.is_genuine(&sent.authorization, &sent.body, system::now()));
        let mut changed = sent.body.to_vec();
        changed.push(b' ');
        assert!(!genuine.is_genuine(&sent.authorization, &changed, system::now()));
        heard.push(event(&sent.body, &installation()).unwrap());
    }
    let heard: Vec<_> = heard.into_iter().flatten().collect();
    let left =
        |connection: shared::domain::Connection| VideoEvent::Left(session.clone(), connection.id);
    // The server itself decides in which order two rooms' events arrive. Of one room they are in order.
    let expected: Vec<_> = [left(leaver), left(evicted), left(thrown_out)]
        .into_iter()
        .chain(ended)
        .collect();
    assert_eq!(heard, expected);
}
