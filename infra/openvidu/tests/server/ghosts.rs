//! Participants whose WebSocket is closed: what evicts them, what does not, and what they can do
//! when they are back.

use std::time::Duration;

use serde_json::{Value, json};
use str0m::media::Direction;

use crate::harness::{Server, in_time, json_of, text};
use crate::media::{offer, publication};
use crate::webhooks::Endpoint;

const RECONNECTING: &str = "Connection closed for reconnection";

#[tokio::test]
async fn a_notification_to_a_closed_socket_evicts_at_once_and_with_its_reason() {
    let server = Server::start().await;
    for (room, method, reason) in [
        ("left", "leaveRoom", "disconnect"),
        ("unpublished", "unpublishVideo", "unpublish"),
    ] {
        server.create_session(room).await;
        let (mut alice, _) = server.join(room, "PUBLISHER").await;
        let sdp = offer(Direction::SendOnly).await;
        alice.call("publishVideo", publication(&sdp)).await;
        let (bob, bobs) = server.join(room, "PUBLISHER").await;
        let (mut carol, _) = server.join(room, "PUBLISHER").await;
        bob.close(4104, RECONNECTING).await;
        carol.told_so_far().await;

        alice.call(method, json!({})).await;
        let evicted = json!({ "connectionId": bobs["id"], "reason": reason });
        let told = carol.told_so_far().await;
        let of_bob: Vec<&Value> = told
            .iter()
            .filter(|notice| notice["params"] == evicted)
            .map(|notice| &notice["method"])
            .collect();
        assert_eq!(of_bob, ["participantLeft", "participantEvicted"], "{room}");
        assert!(
            !connections(&server, room)
                .await
                .contains(&text(&bobs["id"]))
        );
    }
    server.stop().await;
}

#[tokio::test]
async fn anything_the_others_do_evicts_an_absent_participant() {
    let server = Server::start().await;
    for deed in [
        "joins",
        "leaves",
        "writes",
        "publishes",
        "mutes",
        "REST writes",
    ] {
        let room = deed.replace(' ', "-");
        server.create_session(&room).await;
        let (alice, alices) = server.join(&room, "PUBLISHER").await;
        let (mut bob, _) = server.join(&room, "PUBLISHER").await;
        let (mut carol, _) = server.join(&room, "PUBLISHER").await;
        let sdp = offer(Direction::SendOnly).await;
        if deed == "mutes" {
            bob.call("publishVideo", publication(&sdp)).await;
        }
        alice.close(4104, RECONNECTING).await;
        assert!(
            connections(&server, &room)
                .await
                .contains(&text(&alices["id"]))
        );
        match deed {
            "joins" => drop(server.join(&room, "SUBSCRIBER").await),
            "leaves" => drop(bob.call("leaveRoom", json!({})).await),
            "writes" => {
                let signal = json!({ "message": "{\"type\":\"signal:x\"}" });
                bob.call("sendMessage", signal).await;
            }
            "publishes" => drop(bob.call("publishVideo", publication(&sdp)).await),
            "mutes" => {
                let mute = json!({
                    "streamId": "any", "property": "videoActive", "newValue": false,
                    "reason": "publishVideo",
                });
                bob.call("streamPropertyChanged", mute).await;
            }
            _ => {
                let signal = json!({ "session": room, "type": "x" });
                assert_eq!(server.post("/signal", signal).await.status(), 200);
            }
        }
        assert!(
            !connections(&server, &room)
                .await
                .contains(&text(&alices["id"])),
            "somebody {deed}"
        );
        let told = carol.told_so_far().await;
        assert!(
            told.iter()
                .any(|notice| notice["method"] == "participantEvicted"),
            "somebody {deed}: {told:?}"
        );
    }
    server.stop().await;
}

#[tokio::test]
async fn a_participant_evicted_while_away_reconnects_to_nothing() {
    let server = Server::start().await;
    server.create_session("room").await;
    let (alice, alices) = server.join("room", "PUBLISHER").await;
    let (mut bob, _) = server.join("room", "PUBLISHER").await;
    alice.close(4104, RECONNECTING).await;
    let signal = json!({ "message": "{\"to\":[],\"data\":\"hello\",\"type\":\"signal:chat\"}" });
    bob.call("sendMessage", signal.clone()).await;

    let mut alice = server.browser().await;
    let back = alice.call("connect", known(&alices)).await;
    assert_eq!(
        back,
        json!({ "value": "reconnection successful", "sessionId": alices["sessionId"] })
    );
    alice.call("ping", json!({ "interval": 5000 })).await;
    let data = json!({ "height": 1, "width": 1, "videoActive": true, "audioActive": true });
    for (method, params) in [
        ("sendMessage", signal.clone()),
        ("videoData", data),
        ("leaveRoom", json!({})),
        ("publishVideo", json!({})),
    ] {
        alice.unanswered(method, params).await;
    }
    bob.call("sendMessage", signal).await;
    server.join("room", "SUBSCRIBER").await;
    assert_eq!(alice.told_so_far().await, Vec::<Value>::new());
    server.stop().await;
}

#[tokio::test]
async fn a_participant_evicted_while_away_cannot_reconnect_after_the_grace() {
    let server = impatient().await;
    server.create_session("room").await;
    let (alice, alices) = server.join("room", "PUBLISHER").await;
    let (_bob, _) = server.join("room", "PUBLISHER").await;
    alice.vanish().await;
    let refused = async {
        loop {
            let mut alice = server.browser().await;
            if alice.try_call("connect", known(&alices)).await.is_err() {
                return alice.refused("connect", known(&alices)).await;
            }
            alice.vanish().await;
        }
    };
    assert_eq!(in_time(refused).await, 40007);
    server.stop().await;
}

#[tokio::test]
async fn a_newcomer_who_evicts_a_ghost_is_still_told_that_it_is_there() {
    let server = Server::start().await;
    server.create_session("room").await;
    let (alice, alices) = server.join("room", "PUBLISHER").await;
    let (mut bob, bobs) = server.join("room", "PUBLISHER").await;
    alice.close(4104, RECONNECTING).await;

    let token = server.token("room", "PUBLISHER").await;
    let mut carol = server.browser().await;
    let join = carol.join_frames("room", &token).await;
    let methods: Vec<&Value> = join.iter().map(|frame| &frame["method"]).collect();
    assert_eq!(
        methods,
        [
            &json!("participantLeft"),
            &json!("participantEvicted"),
            &Value::Null
        ]
    );
    assert_eq!(join[0]["params"]["connectionId"], alices["id"]);
    assert_eq!(join[1]["params"]["connectionId"], alices["id"]);
    let mut listed: Vec<&Value> = join[2]["result"]["value"]
        .as_array()
        .expect("a list of peers")
        .iter()
        .map(|peer| &peer["id"])
        .collect();
    let mut both = [&alices["id"], &bobs["id"]];
    listed.sort_by_key(|id| text(id));
    both.sort_by_key(|id| text(id));
    assert_eq!(listed, both);
    assert!(
        !connections(&server, "room")
            .await
            .contains(&text(&alices["id"]))
    );
    let told = bob.told_so_far().await;
    assert!(
        told.iter()
            .any(|notice| notice["method"] == "participantEvicted")
    );
    server.stop().await;
}

#[tokio::test]
async fn when_rest_evicts_the_last_connected_participant_the_server_answers_403_after_its_work() {
    let mut reports = Endpoint::start().await;
    let server = Server::start_with(reports.report_here()).await;
    server.create_session("room").await;
    let (_alice, alices) = server.join("room", "PUBLISHER").await;
    let (bob, bobs) = server.join("room", "PUBLISHER").await;
    bob.vanish().await;

    let path = format!("/sessions/room/connection/{}", text(&alices["id"]));
    let crashed = server.delete(&path).await;
    assert_eq!(crashed.status(), 403);
    assert_eq!(in_time(crashed.text()).await.expect("a body"), "");
    assert_eq!(server.delete(&path).await.status(), 400);
    assert_eq!(server.get("/sessions/room").await.status(), 404);
    let reason = "forceDisconnectByServer";
    assert_eq!(
        ends(&mut reports).await,
        [
            [&text(&bobs["id"]), reason],
            ["the session", "lastParticipantLeft"],
            [&text(&alices["id"]), reason],
        ]
    );
    server.stop().await;
}

#[tokio::test]
async fn when_the_last_connected_participant_leaves_the_server_crashes_after_its_work() {
    let mut reports = Endpoint::start().await;
    let server = Server::start_with(reports.report_here()).await;
    server.create_session("room").await;
    let (mut alice, alices) = server.join("room", "PUBLISHER").await;
    let (bob, bobs) = server.join("room", "PUBLISHER").await;
    bob.close(1001, "").await;

    alice.told("participantJoined").await;
    let crashed = alice
        .try_call("leaveRoom", json!({}))
        .await
        .expect_err("it crashes");
    assert_eq!(crashed["code"], -1);
    assert!(text(&crashed["message"]).contains("NullPointerException"));
    assert!(crashed["data"].is_string());
    assert_eq!(server.get("/sessions/room").await.status(), 404);
    assert_eq!(
        ends(&mut reports).await,
        [
            [&text(&bobs["id"]), "disconnect"],
            ["the session", "lastParticipantLeft"],
            [&text(&alices["id"]), "disconnect"],
        ]
    );
    server.stop().await;
}

#[tokio::test]
async fn closing_a_session_works_with_absent_participants() {
    let server = Server::start().await;
    server.create_session("room").await;
    let (_alice, _) = server.join("room", "PUBLISHER").await;
    for _ in 0..3 {
        let (gone, _) = server.join("room", "PUBLISHER").await;
        gone.vanish().await;
    }
    assert_eq!(server.delete("/sessions/room").await.status(), 204);
    assert_eq!(server.get("/sessions/room").await.status(), 404);
    server.stop().await;
}

#[tokio::test]
async fn a_socket_that_ends_in_an_unusual_way_leaves_a_ghost_for_ever() {
    let server = impatient().await;
    let ends = ["reset", "too long", "4000", "4102"];
    for end in ends {
        server.create_session(end.trim_start_matches("too ")).await;
    }
    server.create_session("other").await;
    for end in ends {
        let room = end.trim_start_matches("too ");
        let (mut browser, _) = server.join(room, "PUBLISHER").await;
        match end {
            "reset" => browser.reset(),
            "too long" => {
                browser.send_text("x".repeat(50 * 1024 + 1)).await;
                assert_eq!(in_time(browser.closed()).await.0, 1009);
            }
            "4000" => browser.close(4000, "x").await,
            _ => browser.close(4102, "Connection closed by client").await,
        }
    }
    // A socket that ends in the usual way, even later than the ghosts, is gone before them.
    let (mut witness, _) = server.join("other", "PUBLISHER").await;
    let (gone, _) = server.join("other", "PUBLISHER").await;
    witness.told("participantJoined").await;
    gone.vanish().await;
    witness.told("participantLeft").await;
    for end in ends {
        let room = end.trim_start_matches("too ");
        assert_eq!(connections(&server, room).await.len(), 1, "{end}");
    }

    // A ghost stays until the server sends it a notification.
    let signal = |room: &str| json!({ "session": room, "type": "anybody there?" });
    in_time(async { while server.post("/signal", signal("reset")).await.status() == 200 {} }).await;
    assert_eq!(server.get("/sessions/reset").await.status(), 404);
    let (_newcomer, welcome) = server.join("4000", "PUBLISHER").await;
    assert_eq!(welcome["value"].as_array().expect("a list").len(), 1);
    assert_eq!(connections(&server, "4000").await, [text(&welcome["id"])]);
    // A ghost also ends when REST removes it.
    for room in ["long", "4102"] {
        let ghost = connections(&server, room).await.remove(0);
        let path = format!("/sessions/{room}/connection/{ghost}");
        assert_eq!(server.delete(&path).await.status(), 204);
    }
    server.stop().await;
}

/// A server that gives clients no time to come back.
async fn impatient() -> Server {
    Server::start_with(|settings| settings.reconnection_grace = Duration::ZERO).await
}

/// The parameters with which a browser names its earlier JSON-RPC session.
fn known(welcome: &Value) -> Value {
    json!({ "sessionId": welcome["sessionId"], "reconnect": true })
}

/// The ids of the connections in a session.
async fn connections(server: &Server, session: &str) -> Vec<String> {
    let path = format!("/sessions/{session}/connection?pendingConnections=false");
    let connections = json_of(server.get(&path).await).await;
    let content = connections["content"].as_array().expect("a list");
    content.iter().map(|each| text(&each["id"])).collect()
}

/// The next three reported ends: whose, and why.
async fn ends(reports: &mut Endpoint) -> Vec<[String; 2]> {
    let mut ends = Vec::new();
    while ends.len() < 3 {
        let report = reports.next().await.body;
        let of_whom = match report["event"].as_str() {
            Some("participantLeft") => text(&report["connectionId"]),
            Some("sessionDestroyed") => "the session".to_owned(),
            _ => continue,
        };
        ends.push([of_whom, text(&report["reason"])]);
    }
    ends
}
