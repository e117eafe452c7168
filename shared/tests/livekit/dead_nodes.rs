//! Rooms whose node is dead: a cluster lists them and those who were in them for ever.

use std::time::Duration;

use serde_json::json;
use shared::domain::{ConnectionId, Timestamp};
use shared::ports::{CallInventory, CallStore, SweepRecord, VideoError, VideoInventory};
use shared::system;
use shared::telemetry::Metric;
use shared::use_cases::sweep_calls;
use testing::{MemoryCalls, installation};
use wiremock::matchers::body_partial_json;
use wiremock::{Mock, MockServer, ResponseTemplate};

use super::{
    ROOM, answer, answer_once, asked, connection, livekit, participant, room, seat, session,
    unavailable,
};

/// Ages of people who joined so long ago that they have not come back after their node's death.
const LONG_AGO: u64 = 600;

/// A server with a room in which one person has been for so many seconds.
async fn with_somebody_since(seconds: u64) -> MockServer {
    let server = MockServer::start().await;
    let rooms = json!({ "rooms": [room(ROOM, 1_795_650_231)] });
    answer(&server, "ListRooms", 200, rooms).await;
    let joined = system::now().unix_seconds() - seconds;
    seat(&server, &[participant(connection().as_str(), joined)]).await;
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

/// Others in the room have come back, so it lives, and only they can be removed.
#[tokio::test]
async fn whoever_a_dead_node_has_left_behind_does_not_keep_a_sweep_from_the_others() {
    let (now, call) = (system::now(), session());
    let calls = MemoryCalls::default();
    let later = now + Duration::from_secs(600);
    let name = call.session_name();
    calls.find_or_open(name, &call, now, later).await.unwrap();
    let swept = SweepRecord::new(now - Duration::from_secs(600));
    calls.keep_sweep_record(&swept).await.unwrap();

    let server = MockServer::start().await;
    let rooms = json!({ "rooms": [room(ROOM, 1_795_650_231)] });
    answer(&server, "ListRooms", 200, rooms).await;
    let [stale, back] = [1, 2].map(ConnectionId::new);
    let joined = now.unix_seconds() - 30;
    let people = [&stale, &back].map(|id| participant(id.as_str(), joined));
    seat(&server, &people).await;
    answer(&server, "RemoveParticipant", 200, json!({})).await;
    Mock::given(body_partial_json(json!({ "identity": stale.as_str() })))
        .respond_with(ResponseTemplate::new(503).set_body_json(unavailable()))
        .with_priority(1)
        .mount(&server)
        .await;

    let livekit = livekit(&server.uri());
    let report = sweep_calls(&calls, &livekit, &installation(), now, || false).await;
    let report = report.unwrap();
    let counts = [Metric::OrphansDeleted, Metric::SweepFailures].map(|metric| report.count(metric));
    assert_eq!(counts, [1, 1], "{report:?}");
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
