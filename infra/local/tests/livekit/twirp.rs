//! Another application at the same server: its rooms and participants are none of ours.

use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use local::LiveKitServer;
use serde_json::{Value, json};
use shared::system;

/// A token of `identity` for `room`, with which it may also ask the server about it.
pub(crate) fn token(server: &LiveKitServer, room: &str, identity: &str) -> String {
    let settings = server.settings();
    let now = system::now().unix_seconds();
    let grants = json!({ "room": room, "roomJoin": true, "roomList": true, "roomAdmin": true });
    let claims = json!({
        "iss": settings.key, "sub": identity, "nbf": now, "exp": now + 60, "video": grants,
    });
    let key = EncodingKey::from_secret(settings.secret.as_bytes());
    encode(&Header::new(Algorithm::HS256), &claims, &key).unwrap()
}

/// The names of all rooms, in order.
pub(crate) async fn rooms(server: &LiveKitServer) -> Vec<String> {
    let (status, list) = ask(server, "ListRooms", "", json!({})).await;
    assert_eq!(status, 200, "{list}");
    let names = list["rooms"].as_array().unwrap().iter();
    let mut names: Vec<_> = names
        .map(|room| room["name"].as_str().unwrap().to_owned())
        .collect();
    names.sort();
    names
}

/// Does a living server have this room, which is on the list?
pub(crate) async fn is_alive(server: &LiveKitServer, room: &str) -> bool {
    let nobody =
        json!({ "room": room, "data": "", "kind": "LOSSY", "destination_identities": ["-"] });
    let (status, answer) = ask(server, "SendData", room, nobody).await;
    assert!(status == 200 || status == 503, "{answer}");
    status == 200
}

/// Asks for a method of the room service. Returns status and answer.
async fn ask(server: &LiveKitServer, method: &str, room: &str, body: Value) -> (u16, Value) {
    // Fails if another test has installed one, which is fine.
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let url = format!("{}/twirp/livekit.RoomService/{method}", server.url());
    let request = client
        .post(url)
        .bearer_auth(token(server, room, "an application"));
    let answer = request.json(&body).send().await.unwrap();
    (answer.status().as_u16(), answer.json().await.unwrap())
}
