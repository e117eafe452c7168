//! Tests of the rules, without sockets, media or clocks.

use serde_json::{Map, json};

use super::{AlreadyExists, Crash, Joiner, Missing, Rooms, Signal};
use crate::effect::{Effect, EventKind};
use crate::media::EndpointId;
use crate::model::{Connection, MediaOptions, Publication, Role, SessionProperties, Subscription};

#[test]
fn a_session_is_created_once() {
    let mut rooms = Rooms::default();
    let effects = rooms
        .create_session("room", properties(), 1)
        .expect("it is new");
    assert_eq!(summary(&effects), ["report sessionCreated"]);
    assert_eq!(
        rooms.create_session("room", properties(), 2),
        Err(AlreadyExists)
    );
}

#[test]
fn a_token_is_used_up_even_by_a_join_that_fails() {
    let mut rooms = call(&["alice"]);
    add(&mut rooms, "second", Role::Publisher);
    let refused = rooms
        .join(joiner("alice", "second"), 5)
        .err()
        .expect("she is in a call already");
    assert_eq!(refused.code, 104);
    let refused = rooms.join(joiner("bob", "second"), 6).err().expect("used");
    assert_eq!(refused.code, 401);
}

#[test]
fn streams_end_before_their_owner_leaves_and_the_call_ends_after() {
    let mut rooms = call(&["alice", "bob"]);
    publish(&mut rooms, "alice", 1);
    publish(&mut rooms, "bob", 2);
    receive(&mut rooms, "alice", "bob", 3);
    receive(&mut rooms, "bob", "alice", 4);
    let (left, effects) = rooms.leave("alice", 20).expect("she is in the call");
    assert_eq!(left, Ok(()));
    assert_eq!(
        summary(&effects),
        [
            "release 4",
            "report webrtcConnectionDestroyed Disconnect",
            "release 3",
            "report webrtcConnectionDestroyed Disconnect",
            "release 1",
            "report webrtcConnectionDestroyed Disconnect",
            "notify bob participantLeft",
            "report participantLeft Disconnect",
        ]
    );
    let effects = rooms.lose("bob", 30);
    assert_eq!(
        summary(&effects),
        [
            "release 2",
            "report webrtcConnectionDestroyed NetworkDisconnect",
            "report participantLeft NetworkDisconnect",
            "report sessionDestroyed LastParticipantLeft",
            "notify bob participantEvicted",
            "hang up bob",
        ]
    );
    assert!(rooms.session("room").is_none());
    assert_eq!(rooms.lose("bob", 31), Vec::new());
}

#[test]
fn an_unpublished_stream_ends_for_its_viewers_too() {
    let mut rooms = call(&["alice", "bob"]);
    publish(&mut rooms, "alice", 1);
    receive(&mut rooms, "bob", "alice", 2);
    let effects = rooms.unpublish("alice", 20).expect("she publishes");
    assert_eq!(
        summary(&effects),
        [
            "release 1",
            "report webrtcConnectionDestroyed Unpublish",
            "release 2",
            "report webrtcConnectionDestroyed Unpublish",
            "notify bob participantUnpublished",
        ]
    );
}

#[test]
fn a_second_subscription_to_one_sender_replaces_the_first() {
    let mut rooms = call(&["alice", "bob"]);
    publish(&mut rooms, "alice", 1);
    receive(&mut rooms, "bob", "alice", 2);
    let effects = receive(&mut rooms, "bob", "alice", 3);
    assert_eq!(
        summary(&effects),
        ["report webrtcConnectionCreated", "release 2"]
    );
}

#[test]
fn a_stream_that_was_replaced_meanwhile_cannot_be_subscribed_to() {
    let mut rooms = call(&["alice", "bob"]);
    publish(&mut rooms, "alice", 1);
    let stale = subscription("alice", 2);
    rooms.unpublish("alice", 20).expect("she publishes");
    let refused = rooms.subscribe("bob", stale.clone(), 21);
    assert_eq!(refused.expect_err("nothing is sent").code, 105);
    let mut other = publication("alice", 3);
    other.stream_id = "str_CAM_OTHR_con_alice".to_owned();
    rooms.publish("alice", other, 22).expect("she may");
    let refused = rooms.subscribe("bob", stale, 23);
    assert_eq!(refused.expect_err("it is another stream").code, 303);
}

#[test]
fn closing_a_session_evicts_participants_one_by_one() {
    let mut rooms = call(&["alice", "bob"]);
    let [first, second] = in_order(&rooms, ["alice", "bob"]);
    let effects = rooms.close_session("room", 20).expect("it is there");
    assert_eq!(
        summary(&effects),
        [
            &format!("notify {second} participantLeft"),
            "report participantLeft SessionClosedByServer",
            &format!("notify {first} participantEvicted"),
            &format!("notify {second} participantEvicted"),
            &format!("hang up {first}"),
            "report participantLeft SessionClosedByServer",
            &format!("notify {second} participantEvicted"),
            &format!("hang up {second}"),
            "report sessionDestroyed SessionClosedByServer",
        ]
    );
    assert_eq!(rooms.close_session("room", 21), Err(Missing::Session));
}

#[test]
fn participants_are_not_kept_in_the_order_in_which_they_came() {
    let names = ["ann", "bob", "cleo", "dan", "eve", "fay", "gus", "hal"];
    assert_ne!(in_order(&call(&names), names), names);
}

#[test]
fn a_notification_evicts_an_absent_participant_before_the_next_one_is_notified() {
    let mut rooms = call(&["alice", "bob", "carol"]);
    let [first, second, third] = in_order(&rooms, ["alice", "bob", "carol"]);
    rooms.set_away(second, true);
    let (left, effects) = rooms.leave(first, 20).expect("they are in the call");
    assert_eq!(left, Ok(()));
    assert_eq!(
        summary(&effects),
        [
            &format!("notify {third} participantLeft"),
            "report participantLeft Disconnect",
            &format!("notify {second} participantEvicted"),
            &format!("notify {third} participantEvicted"),
            &format!("notify {third} participantLeft"),
            "report participantLeft Disconnect",
        ],
        "nobody is hung up on"
    );
}

#[test]
fn a_leave_that_leaves_only_ghosts_behind_ends_the_call_and_crashes() {
    let mut rooms = call(&["alice", "bob", "carol"]);
    rooms.set_away("bob", true);
    rooms.set_away("carol", true);
    let (left, effects) = rooms.leave("alice", 20).expect("she is in the call");
    assert_eq!(left, Err(Crash));
    assert_eq!(
        reports(&effects),
        [
            "report participantLeft Disconnect",
            "report sessionDestroyed LastParticipantLeft",
            "report participantLeft Disconnect",
            "report participantLeft Disconnect",
        ]
    );
    assert!(rooms.session("room").is_none());
}

#[test]
fn a_participant_who_is_back_in_time_is_notified_again() {
    let mut rooms = call(&["alice", "bob"]);
    rooms.set_away("bob", true);
    rooms.set_away("bob", false);
    let (left, _) = rooms.leave("alice", 20).expect("she is in the call");
    assert_eq!(left, Ok(()));
    assert!(rooms.participant("bob").is_some());
}

#[test]
fn a_signal_that_meets_only_ghosts_ends_the_call() {
    let mut rooms = call(&["alice", "bob"]);
    rooms.set_away("alice", true);
    rooms.set_away("bob", true);
    let effects = rooms
        .signal_from_server("room", &Signal::default(), 20)
        .expect("they are listed");
    assert_eq!(
        reports(&effects),
        [
            "report participantLeft NetworkDisconnect",
            "report sessionDestroyed LastParticipantLeft",
            "report participantLeft NetworkDisconnect",
            "report signalSent",
        ]
    );
    assert!(rooms.session("room").is_none());
}

#[test]
fn only_sessions_nobody_joined_are_garbage() {
    let mut rooms = call(&["alice"]);
    rooms
        .create_session("idle", properties(), 100)
        .expect("it is new");
    assert_eq!(rooms.collect_garbage(199, 100), 0);
    assert_eq!(rooms.collect_garbage(200, 100), 1);
    assert!(rooms.session("idle").is_none());
    assert!(rooms.session("room").is_some());
}

#[test]
fn client_and_server_data_are_joined_only_if_both_are_there() {
    let mut rooms = call(&["alice"]);
    let session = rooms.sessions.get_mut("room").expect("it is there");
    let alice = &mut session.participants[0];
    assert_eq!(alice.full_metadata(), "client");
    alice.connection.server_data = "server".to_owned();
    assert_eq!(alice.full_metadata(), "client%/%server");
    alice.client_data.clear();
    assert_eq!(alice.full_metadata(), "server");
}

/// A session `room` with these participants: JSON-RPC session `x`, connection `con_x`.
fn call(names: &[&str]) -> Rooms {
    let mut rooms = Rooms::default();
    rooms
        .create_session("room", properties(), 1)
        .expect("it is new");
    for name in names {
        add(&mut rooms, name, Role::Publisher);
        rooms.join(joiner(name, name), 2).expect("a fresh token");
    }
    rooms
}

fn properties() -> SessionProperties {
    SessionProperties {
        media_mode: "ROUTED".to_owned(),
        recording_mode: "MANUAL".to_owned(),
        default_recording_properties: Map::new(),
        custom_session_id: "room".to_owned(),
        forced_video_codec: "VP8".to_owned(),
        allow_transcoding: false,
    }
}

fn add(rooms: &mut Rooms, name: &str, role: Role) {
    let connection = Connection {
        id: format!("con_{name}"),
        token: name.to_owned(),
        created_at: 1,
        role,
        record: true,
        server_data: String::new(),
        kurento_options: None,
        custom_ice_servers: Vec::new(),
        camera: None,
    };
    rooms
        .add_connection("room", connection)
        .expect("the session is there");
}

fn joiner(rpc: &str, token: &str) -> Joiner {
    Joiner {
        rpc: rpc.to_owned(),
        session_id: "room".to_owned(),
        token: token.to_owned(),
        trusted: false,
        client_data: "client".to_owned(),
        platform: "Chrome".to_owned(),
        ip: "127.0.0.1".to_owned(),
    }
}

fn media() -> MediaOptions {
    serde_json::from_value(json!({ "hasAudio": true, "hasVideo": true })).expect("two fields do")
}

fn publication(name: &str, endpoint: u64) -> Publication {
    Publication {
        stream_id: format!("str_CAM_AAAA_con_{name}"),
        created_at: 10,
        endpoint: EndpointId::test(endpoint),
        media: media(),
    }
}

fn publish(rooms: &mut Rooms, name: &str, endpoint: u64) {
    rooms
        .publish(name, publication(name, endpoint), 10)
        .expect("publishers may");
}

fn subscription(from: &str, endpoint: u64) -> Subscription {
    Subscription {
        from: format!("con_{from}"),
        stream_id: format!("str_CAM_AAAA_con_{from}"),
        created_at: 11,
        endpoint: EndpointId::test(endpoint),
        media: media(),
    }
}

fn receive(rooms: &mut Rooms, name: &str, from: &str, endpoint: u64) -> Vec<Effect> {
    rooms
        .subscribe(name, subscription(from, endpoint), 11)
        .expect("it is sent")
}

/// These participants in the order in which the server notifies them.
fn in_order<const N: usize>(rooms: &Rooms, mut names: [&'static str; N]) -> [&'static str; N] {
    let session = rooms.session("room").expect("it is there");
    let place = |name: &&str| session.participants.iter().position(|it| it.rpc == *name);
    names.sort_by_key(place);
    names
}

/// The reported events, in short.
fn reports(effects: &[Effect]) -> Vec<String> {
    let is_report = |said: &String| said.starts_with("report");
    summary(effects).into_iter().filter(is_report).collect()
}

/// The effects, in short.
fn summary(effects: &[Effect]) -> Vec<String> {
    effects
        .iter()
        .map(|effect| match effect {
            Effect::Notify { to, method, .. } => format!("notify {to} {method}"),
            Effect::HangUp(rpc) => format!("hang up {rpc}"),
            Effect::Release(endpoint) => format!("release {}", endpoint.number()),
            Effect::Report(event) => format!("report {}", kind(&event.kind)),
        })
        .collect()
}

fn kind(kind: &EventKind) -> String {
    match kind {
        EventKind::SessionCreated => "sessionCreated".to_owned(),
        EventKind::SessionDestroyed(end) => format!("sessionDestroyed {:?}", end.reason),
        EventKind::ParticipantJoined(_) => "participantJoined".to_owned(),
        EventKind::ParticipantLeft(_, end) => format!("participantLeft {:?}", end.reason),
        EventKind::WebrtcConnectionCreated(_) => "webrtcConnectionCreated".to_owned(),
        EventKind::WebrtcConnectionDestroyed(_, end) => {
            format!("webrtcConnectionDestroyed {:?}", end.reason)
        }
        EventKind::SignalSent { .. } => "signalSent".to_owned(),
    }
}
