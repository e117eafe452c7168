//! The stack's video server, asked without the API.

use std::env;
use std::time::Duration;

use reqwest::{Client, StatusCode};
use shared::adapters::livekit::{ApiKeys, ApiSecrets, LiveKit};
use shared::deadline::Deadline;
use shared::domain::SessionId;
use shared::ports::VideoInventory;
use shared::secrets::Reloading;

/// A variable that `local` sets for its kind of server; those of the other kind are empty.
fn given(name: &str) -> Option<String> {
    env::var(name).ok().filter(|value| !value.is_empty())
}

/// The server's address.
pub(crate) fn url() -> String {
    let url = given("LIVEKIT_URL").or_else(|| given("OPENVIDU_URL"));
    url.expect("the stack's runner says where its video server is")
}

pub(crate) fn is_livekit() -> bool {
    given("LIVEKIT_URL").is_some()
}

/// Does it have this session?
pub(crate) async fn has(id: &str) -> bool {
    match given("LIVEKIT_URL") {
        Some(url) => livekit_has(&url, id).await,
        None => openvidu_has(&url(), id).await,
    }
}

/// Waits until it does not have this session any more: the records go first.
pub(crate) async fn without(id: &str) {
    let gone = async {
        while has(id).await {
            tokio::task::yield_now().await;
        }
    };
    let ended = tokio::time::timeout(Duration::from_secs(60), gone).await;
    ended.expect("a minute is enough to end a session");
}

async fn livekit_has(url: &str, id: &str) -> bool {
    let value = |name| given(name).unwrap();
    let secrets = ApiSecrets::parse(&value("LIVEKIT_API_SECRET")).unwrap();
    let keys = ApiKeys::parse(&value("LIVEKIT_API_KEY"), Reloading::fixed(secrets)).unwrap();
    let server = LiveKit::new(url.parse().unwrap(), keys, None).unwrap();
    let requests = server.until(Deadline::after(Duration::from_secs(60)));
    let seats = requests.seats(&SessionId::parse(id).unwrap()).await;
    seats.unwrap().is_some()
}

async fn openvidu_has(url: &str, id: &str) -> bool {
    let client = Client::builder().no_proxy().build().unwrap();
    let request = client.get(format!("{url}/openvidu/api/sessions/{id}"));
    let request = request.basic_auth("OPENVIDUAPP", given("OPENVIDU_SECRET"));
    match request.send().await.unwrap().status() {
        StatusCode::OK => true,
        StatusCode::NOT_FOUND => false,
        other => panic!("{other}"),
    }
}
