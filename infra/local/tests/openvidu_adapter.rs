//! The functions' OpenVidu adapter against a whole server: the stand-in, or a real one at
//! `OPENVIDU_URL` with the secret `OPENVIDU_SECRET`.

#![expect(clippy::unwrap_used, reason = "a test that panics has failed")]

use std::time::Duration;

use shared::adapters::openvidu::{OpenVidu, Requests};
use shared::deadline::Deadline;
use shared::domain::{ConnectionId, Installation, Role, SessionId, SessionName, UserName};
use shared::ports::{VideoError, VideoServer};
use tokio::net::TcpListener;

async fn server() -> (String, String) {
    if let (Ok(url), Ok(secret)) = (
        std::env::var("OPENVIDU_URL"),
        std::env::var("OPENVIDU_SECRET"),
    ) {
        return (url, secret);
    }
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let settings = openvidu_stand_in::Settings::new("MY_SECRET");
    tokio::spawn(openvidu_stand_in::serve(
        listener,
        settings,
        std::future::pending(),
    ));
    (url, "MY_SECRET".to_owned())
}

async fn openvidu() -> Requests {
    let (url, secret) = server().await;
    known_by(&url, &secret)
}

fn known_by(url: &str, secret: &str) -> Requests {
    let openvidu = OpenVidu::new(url.parse().unwrap(), secret.into(), None).unwrap();
    openvidu.until(Deadline::after(Duration::from_secs(60)))
}

fn new_session() -> SessionId {
    let name = SessionName::parse("Session 3 🎉").unwrap();
    let installation = Installation::parse("local000").unwrap();
    SessionId::new(&name, &installation, rand::random())
}

fn user() -> UserName {
    UserName::parse("publisher1").unwrap()
}

#[tokio::test]
async fn a_session_opens_takes_connections_and_closes() {
    let openvidu = openvidu().await;
    let session = new_session();
    let connect = async |role| {
        openvidu
            .connect(&session, &user(), role, None)
            .await
            .unwrap()
    };

    assert_eq!(connect(Role::Publisher).await, None, "nobody has opened it");
    openvidu.open(&session).await.unwrap();
    openvidu
        .open(&session)
        .await
        .expect("opening it again is fine");
    let one = connect(Role::Publisher).await.unwrap();
    let two = connect(Role::Subscriber).await.unwrap();
    assert_ne!(one, two);
    assert!(one.token.expose().contains(session.as_str()));

    assert!(openvidu.evict(&session, &one.id).await.unwrap());
    assert!(
        !openvidu.evict(&session, &one.id).await.unwrap(),
        "it is gone"
    );
    openvidu.close(&session).await.unwrap();
    openvidu
        .close(&session)
        .await
        .expect("closing it again is fine");
    assert!(
        !openvidu.evict(&session, &two.id).await.unwrap(),
        "its session is gone"
    );
    assert_eq!(connect(Role::Publisher).await, None);

    openvidu
        .open(&session)
        .await
        .expect("the same id can be opened anew");
    openvidu.close(&session).await.unwrap();
}

#[tokio::test]
async fn a_connection_nobody_made_is_not_there() {
    let openvidu = openvidu().await;
    let session = new_session();
    let unknown = ConnectionId::parse("con_Unknown").unwrap();
    assert!(!openvidu.evict(&session, &unknown).await.unwrap());
    openvidu.open(&session).await.unwrap();
    assert!(!openvidu.evict(&session, &unknown).await.unwrap());
    openvidu.close(&session).await.unwrap();
}

#[tokio::test]
async fn a_wrong_secret_is_refused() {
    let (url, _) = server().await;
    let openvidu = known_by(&url, "not-the-secret");
    let refused = openvidu.open(&new_session()).await;
    assert!(
        matches!(refused, Err(VideoError::WrongSecret)),
        "{refused:?}"
    );
}
