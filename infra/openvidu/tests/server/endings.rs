//! How participants leave calls, and how calls end.

use std::time::Duration;

use serde_json::{Value, json};

use crate::harness::{Browser, SECRET, Server, in_time, text};

#[tokio::test]
async fn the_call_and_its_unused_tokens_end_with_the_last_participant() {
    let server = Server::start().await;
    server.create_session("room").await;
    let unused = server.token("room", "PUBLISHER").await;
    let (mut alice, _) = server.join("room", "PUBLISHER").await;
    let (mut bob, bobs) = server.join("room", "PUBLISHER").await;
    alice.told("participantJoined").await;

    bob.call("leaveRoom", json!({})).await;
    let left = json!({ "connectionId": bobs["id"], "reason": "disconnect" });
    assert_eq!(alice.told("participantLeft").await, left);
    bob.close(4102, "Connection closed by client").await;
    assert_eq!(server.get("/sessions/room").await.status(), 200);

    alice.call("leaveRoom", json!({})).await;
    assert_eq!(server.get("/sessions/room").await.status(), 404);
    let connection = server.post("/sessions/room/connection", json!({})).await;
    assert_eq!(connection.status(), 404);
    assert_eq!(try_token(&server, &unused).await, 202);
    server.create_session("room").await;
    assert_eq!(try_token(&server, &unused).await, 401);
    server.stop().await;
}

#[tokio::test]
async fn a_session_that_nobody_joined_stays_and_can_be_closed() {
    let server = Server::start().await;
    server.create_session("room").await;
    let token = server.token("room", "PUBLISHER").await;
    assert_eq!(server.delete("/sessions/room").await.status(), 204);
    assert_eq!(server.delete("/sessions/room").await.status(), 404);
    assert_eq!(try_token(&server, &token).await, 202);
    server.stop().await;
}

#[tokio::test]
async fn closing_a_session_evicts_everybody() {
    let server = Server::start().await;
    server.create_session("room").await;
    let (mut alice, alices) = server.join("room", "PUBLISHER").await;
    let (mut bob, bobs) = server.join("room", "PUBLISHER").await;
    alice.told("participantJoined").await;
    assert_eq!(server.delete("/sessions/room").await.status(), 204);

    // The order is up to the server: a real one uses a hash set.
    let notice = |method: &str, who: &Value| {
        let params = json!({ "connectionId": who["id"], "reason": "sessionClosedByServer" });
        json!({ "jsonrpc": "2.0", "method": method, "params": params })
    };
    let told = [
        alice.told_until_closed().await,
        bob.told_until_closed().await,
    ];
    let as_first = |who: &Value| vec![notice("participantEvicted", who)];
    let as_second = |who: &Value, first: &Value| {
        vec![
            notice("participantLeft", first),
            notice("participantEvicted", first),
            notice("participantEvicted", who),
        ]
    };
    let alice_first = [as_first(&alices), as_second(&bobs, &alices)];
    let bob_first = [as_second(&alices, &bobs), as_first(&bobs)];
    assert!(told == alice_first || told == bob_first, "{told:?}");
    server.stop().await;
}

#[tokio::test]
async fn rest_evicts_participants_and_evicting_the_last_one_ends_the_call() {
    let server = Server::start().await;
    server.create_session("room").await;
    let (mut alice, alices) = server.join("room", "PUBLISHER").await;
    let path = format!("/sessions/room/connection/{}", text(&alices["id"]));
    assert_eq!(server.delete(&path).await.status(), 204);
    let out = json!({ "connectionId": alices["id"], "reason": "forceDisconnectByServer" });
    assert_eq!(alice.told("participantEvicted").await, out);
    assert_eq!(server.get("/sessions/room").await.status(), 404);
    server.stop().await;
}

#[tokio::test]
async fn a_participant_who_vanishes_is_evicted_after_the_grace() {
    let server = impatient().await;
    server.create_session("room").await;
    let (mut alice, _) = server.join("room", "PUBLISHER").await;
    let (bob, bobs) = server.join("room", "PUBLISHER").await;
    let (carol, carols) = server.join("room", "PUBLISHER").await;
    alice.told("participantJoined").await;
    alice.told("participantJoined").await;
    bob.vanish().await;
    expect_lost(&mut alice, &bobs).await;
    // A closed tab: code 1001 and no reason.
    carol.close(1001, "").await;
    expect_lost(&mut alice, &carols).await;
    server.stop().await;
}

#[tokio::test]
async fn a_browser_that_comes_back_in_time_has_lost_nothing() {
    let server = Server::start().await;
    server.create_session("room").await;
    let (alice, alices) = server.join("room", "PUBLISHER").await;
    let (mut bob, _) = server.join("room", "PUBLISHER").await;
    alice
        .close(4104, "Connection closed for reconnection")
        .await;

    let mut alice = server.browser().await;
    let known = json!({ "sessionId": alices["sessionId"], "reconnect": true });
    let back = alice.call("connect", known).await;
    assert_eq!(
        back,
        json!({ "value": "reconnection successful", "sessionId": alices["sessionId"] })
    );
    alice.call("ping", json!({ "interval": 5000 })).await;
    let signal = json!({ "message": "{\"type\":\"signal:x\"}" });
    bob.call("sendMessage", signal).await;
    alice.told("sendMessage").await;
    bob.told("sendMessage").await;
    assert_eq!(bob.told_so_far().await, Vec::<Value>::new());

    let mut stranger = server.browser().await;
    let unknown = json!({ "sessionId": "nobodys", "reconnect": true });
    let refused = stranger
        .try_call("connect", unknown)
        .await
        .expect_err("it never was");
    assert_eq!(
        refused,
        json!({ "code": 40007, "message": "reconnection error" })
    );
    server.stop().await;
}

#[tokio::test]
async fn a_browser_that_comes_back_too_late_cannot_reconnect() {
    let server = impatient().await;
    server.create_session("room").await;
    let (mut alice, _) = server.join("room", "PUBLISHER").await;
    let (bob, bobs) = server.join("room", "PUBLISHER").await;
    alice.told("participantJoined").await;
    bob.vanish().await;
    expect_lost(&mut alice, &bobs).await;
    let mut bob = server.browser().await;
    let late = json!({ "sessionId": bobs["sessionId"], "reconnect": true });
    assert_eq!(bob.refused("connect", late).await, 40007);
    server.stop().await;
}

#[tokio::test]
async fn a_browser_that_misses_three_pings_is_cut_off_and_evicted_after_the_grace() {
    let server = Server::start().await;
    server.create_session("room").await;
    let (mut alice, _) = server.join("room", "PUBLISHER").await;
    let (mut bob, bobs) = server.join("room", "PUBLISHER").await;
    alice.told("participantJoined").await;
    let silent_since = tokio::time::Instant::now();
    bob.call("ping", json!({ "interval": 5000 })).await;

    tokio::time::pause();
    let reason = "Close for not receive ping from client".to_owned();
    assert_eq!(bob.closed().await, (1000, reason));
    let lost = json!({ "connectionId": bobs["id"], "reason": "networkDisconnect" });
    assert_eq!(alice.told_at_last("participantLeft").await, lost);
    assert!(silent_since.elapsed() >= Duration::from_secs(25));
    tokio::time::resume();
    // She never promised to ping, so no ping is missed.
    alice.call("echo", json!({})).await;
    server.stop().await;
}

#[tokio::test]
async fn the_promise_to_ping_survives_a_reconnection() {
    let server = Server::start().await;
    server.create_session("room").await;
    let (mut alice, alices) = server.join("room", "PUBLISHER").await;
    alice.call("ping", json!({ "interval": 5000 })).await;
    alice.vanish().await;
    let mut alice = server.browser().await;
    let known = json!({ "sessionId": alices["sessionId"], "reconnect": true });
    alice.call("connect", known).await;
    tokio::time::pause();
    assert_eq!(
        alice.closed().await.1,
        "Close for not receive ping from client"
    );
    tokio::time::resume();
    server.stop().await;
}

#[tokio::test]
async fn the_socket_of_a_participant_who_left_is_closed_unless_they_joined_again() {
    let server = Server::start().await;
    for room in ["room", "other"] {
        server.create_session(room).await;
    }
    let (mut alice, _) = server.join("room", "PUBLISHER").await;
    let (mut bob, _) = server.join("room", "PUBLISHER").await;
    let token = server.token("other", "PUBLISHER").await;
    bob.call("leaveRoom", json!({})).await;
    bob.join("other", &token).await.expect("a fresh token");
    let leaving = tokio::time::Instant::now();
    alice.call("leaveRoom", json!({})).await;
    tokio::time::pause();
    assert_eq!(alice.closed().await.0, 1000);
    assert!(leaving.elapsed() >= Duration::from_secs(10));
    tokio::time::resume();
    bob.call("echo", json!({})).await;
    server.stop().await;
}

#[tokio::test]
async fn a_server_that_stops_cuts_every_socket_without_a_close_frame() {
    let server = Server::start().await;
    server.create_session("room").await;
    let (mut alice, _) = server.join("room", "PUBLISHER").await;
    let mut outside = server.browser().await;
    outside.call("ping", json!({})).await;
    server.stop().await;
    in_time(alice.cut()).await;
    in_time(outside.cut()).await;
}

#[tokio::test]
async fn a_browser_with_the_secret_needs_no_token_and_may_do_everything() {
    let server = Server::start().await;
    server.create_session("room").await;
    let (mut alice, alices) = server.join("room", "PUBLISHER").await;
    let mut admin = server.browser().await;
    let params = json!({
        "token": "", "session": "room", "platform": "Chrome", "metadata": "", "secret": SECRET,
    });
    let welcome = admin.call("joinRoom", params).await;
    assert_eq!(welcome["role"], "SUBSCRIBER");
    admin
        .call("forceDisconnect", json!({ "connectionId": alices["id"] }))
        .await;
    alice.told("participantJoined").await;
    alice.told("participantEvicted").await;
    server.stop().await;
}

#[tokio::test]
async fn a_silent_server_answers_no_browser() {
    let faults = openvidu_stand_in::Faults::default();
    let server = Server::start_with(|settings| settings.faults = faults.clone()).await;
    server.create_session("room").await;
    let (mut alice, _) = server.join("room", "PUBLISHER").await;
    faults.set_silent_rpc(true);
    alice.send("echo", json!({})).await;
    server.delete("/sessions/room").await;
    // An earlier request would have been answered earlier.
    alice.told("participantEvicted").await;
    server.stop().await;
}

/// A server that gives clients no time to come back.
async fn impatient() -> Server {
    Server::start_with(|settings| settings.reconnection_grace = Duration::ZERO).await
}

async fn expect_lost(witness: &mut Browser, who: &Value) {
    let lost = json!({ "connectionId": who["id"], "reason": "networkDisconnect" });
    assert_eq!(witness.told("participantLeft").await, lost);
    assert_eq!(witness.told("participantEvicted").await, lost);
}

async fn try_token(server: &Server, token: &str) -> i64 {
    let mut browser = server.browser().await;
    let refused = browser.join("room", token).await.expect_err("it is dead");
    refused["code"].as_i64().expect("an error has a code")
}
