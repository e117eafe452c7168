//! What a server's lists say.

use serde_json::json;
use shared::domain::{ConnectionId, Seat, Timestamp};
use shared::ports::{VideoInventory, VideoServer};
use shared::system;
use wiremock::MockServer;

use super::{ROOM, answer, asked, connection, livekit, participant, room, seat, session};

#[tokio::test]
async fn it_lists_who_is_in_each_room_of_ours() {
    let (made, joined) = (1_795_650_231, system::now().unix_seconds());
    let server = MockServer::start().await;
    let rooms = [room(ROOM, made), room("meet-my-room", made)];
    answer(&server, "ListRooms", 200, json!({ "rooms": rooms })).await;
    let people = [
        participant(connection().as_str(), joined),
        participant("EG_recorder", joined),
        participant("ann", joined),
    ];
    seat(&server, &people).await;

    let livekit = livekit(&server.uri());
    let all = livekit.all_seats().await.unwrap().sessions;
    assert_eq!(all.keys().collect::<Vec<_>>(), [&session()]);
    let seats = &all[&session()];
    assert_eq!(seats.created_at, Timestamp::from_unix_seconds(made));
    let seat = Seat {
        taken: true,
        ours: true,
        created_at: Timestamp::from_unix_seconds(joined),
    };
    assert_eq!(seats.seats, [(connection(), seat)].into());
    assert_eq!(
        livekit.seats(&session()).await.unwrap().as_ref(),
        Some(seats)
    );
    let methods = asked(&server).await;
    assert_eq!(
        methods,
        [
            "ListRooms",
            "ListParticipants",
            "ListRooms",
            "ListParticipants"
        ],
        "nobody else's room is looked into"
    );
}

/// The list of people of a room that is not there is as empty as that of an empty room.
#[tokio::test]
async fn a_room_that_is_not_there_is_told_from_an_empty_one() {
    let server = MockServer::start().await;
    seat(&server, &[]).await;
    super::answer_once(&server, "ListRooms", 200, json!({ "rooms": [] })).await;
    let empty = json!({ "rooms": [room(ROOM, 1_795_650_231)] });
    answer(&server, "ListRooms", 200, empty).await;
    let livekit = livekit(&server.uri());
    assert_eq!(livekit.seats(&session()).await.unwrap(), None);
    let seats = livekit.seats(&session()).await.unwrap().unwrap();
    assert!(seats.seats.is_empty());
    let received = server.received_requests().await.unwrap();
    let asked: serde_json::Value = received[0].body_json().unwrap();
    assert_eq!(asked, json!({ "names": [ROOM] }));
}

#[tokio::test]
async fn a_hundred_rooms_are_all_looked_into() {
    let server = MockServer::start().await;
    let rooms: Vec<_> = (1..=100)
        .map(|number| room(&format!("call-3f9c21d07b58-{number:016x}"), 1_795_650_231))
        .collect();
    answer(&server, "ListRooms", 200, json!({ "rooms": rooms })).await;
    let people = [participant(
        ConnectionId::new(7).as_str(),
        system::now().unix_seconds(),
    )];
    seat(&server, &people).await;
    let all = livekit(&server.uri()).all_seats().await.unwrap().sessions;
    assert_eq!(all.len(), 100);
    assert!(all.values().all(|seats| seats.seats.len() == 1));
}

#[tokio::test]
async fn a_nudge_asks_nothing() {
    let livekit = livekit("http://127.0.0.1:9");
    livekit.nudge(&session()).await.unwrap();
    assert!(!livekit.unlisted_for().is_zero());
}

/// What makes no sense hides nothing else, and nobody is taken for gone by it.
#[tokio::test]
async fn a_room_that_cannot_be_read_does_not_hide_the_others() {
    let server = MockServer::start().await;
    let other = "other-3f9c21d07b58-0000000000000002";
    let odd = json!({ "name": ROOM, "creation_time": "yesterday" });
    let rooms = json!({ "rooms": [odd, { "name": 5 }, room(other, 1_795_650_231)] });
    answer(&server, "ListRooms", 200, rooms).await;
    seat(&server, &[]).await;
    let livekit = livekit(&server.uri());
    let listing = livekit.all_seats().await.unwrap();
    assert_eq!(listing.sessions.len(), 1);
    assert_eq!(listing.unreadable, [session()].into());
    assert_eq!(listing.unreadable_count, 2);
}
