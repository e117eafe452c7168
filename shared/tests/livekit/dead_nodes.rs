//! Rooms whose node is dead: a cluster lists them and those who were in them for ever.

use serde_json::json;
use shared::domain::Timestamp;
use shared::ports::{VideoError, VideoInventory};
use shared::system;
use wiremock::MockServer;

use super::{
    ROOM, answer, answer_once, asked, connection, livekit, participant, room, session, unavailable,
};

/// Ages of people who joined so long ago that they have not come back after their node's death.
const LONG_AGO: u64 = 600;

/// A server with a room in which one person has been for so many seconds.
async fn with_somebody_since(seconds: u64) -> MockServer {
    let server = MockServer::start().await;
    let rooms = json!({ "rooms": [room(ROOM, 1_795_650_231)] });
    answer(&server, "ListRooms", 200, rooms).await;
    let joined = system::now().unix_seconds() - seconds;
    let people = json!({ "participants": [participant(connection().as_str(), joined)] });
    answer(&server, "ListParticipants", 200, people).await;
    server
}

async fn people(server: &MockServer) -> [usize; 2] {
    let livekit = livekit(&server.uri());
    let one = livekit.seats(&session()).await.unwrap().unwrap();
    let all = livekit.all_seats().await.unwrap().sessions;
    assert_eq!(one.created_at, Timestamp::from_unix_seconds(1_795_650_231));
    [one.seats.len(), all[&session()].seats.len()]
}

#[tokio::test]
async fn nobody_is_in_a_room_that_no_node_answers_for() {
    let server = with_somebody_since(LONG_AGO).await;
    answer(&server, "SendData", 503, unavailable()).await;
    assert_eq!(people(&server).await, [0, 0]);
    let probe = server.received_requests().await.unwrap();
    let probe = probe
        .iter()
        .find(|request| request.url.path().ends_with("SendData"));
    let probe: serde_json::Value = probe.unwrap().body_json().unwrap();
    assert_eq!(
        probe["destination_identities"],
        json!(["-"]),
        "nobody hears it"
    );
}

#[tokio::test]
async fn a_node_that_was_silent_for_a_while_is_not_dead() {
    let server = with_somebody_since(LONG_AGO).await;
    answer(&server, "SendData", 200, json!({})).await;
    for _ in 0..2 {
        answer_once(&server, "SendData", 503, unavailable()).await;
    }
    assert_eq!(people(&server).await, [1, 1]);
}

#[tokio::test]
async fn a_room_that_somebody_has_just_joined_needs_no_probe() {
    let server = with_somebody_since(5).await;
    assert_eq!(people(&server).await, [1, 1]);
    assert!(!asked(&server).await.contains(&"SendData".to_owned()));
}

#[tokio::test]
async fn a_probe_that_is_refused_proves_nothing() {
    let server = with_somebody_since(LONG_AGO).await;
    answer(
        &server,
        "SendData",
        500,
        json!({ "code": "internal", "msg": "no" }),
    )
    .await;
    let error = livekit(&server.uri()).all_seats().await.unwrap_err();
    assert!(matches!(error, VideoError::Transient(_)), "{error}");
}
