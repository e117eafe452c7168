//! What browsers send and receive while they are in a call.

use serde_json::{Value, json};
use str0m::media::Direction;

use crate::harness::{Browser, Server, json_of, text};
use crate::media::{offer, publication};

#[tokio::test]
async fn a_newcomer_and_the_others_learn_of_each_other() {
    let server = Server::start().await;
    server.create_session("room").await;
    let data = "{\"serverData\":\"alice\"}";
    let connection = server.connection("room", json!({ "data": data })).await;
    let mut alice = server.browser().await;
    let welcome = alice
        .join("room", &text(&connection["token"]))
        .await
        .expect("a fresh token is good");
    let rpc = text(&welcome["sessionId"]);
    assert_eq!(rpc.len(), 26);
    assert_eq!(text(&welcome["finalUserId"]).len(), 16);
    assert!(text(&welcome["customIceServers"][0]["url"]).starts_with("stun:127.0.0.1:"));
    let metadata = format!("{{\"clientData\":\"somebody\"}}%/%{data}");
    for (name, value) in [
        ("id", connection["connectionId"].clone()),
        ("metadata", json!(metadata)),
        ("value", json!([])),
        ("session", json!("room")),
        ("version", json!("2.32.2")),
        ("mediaServer", json!("kurento")),
        ("role", json!("PUBLISHER")),
        ("record", json!(true)),
    ] {
        assert_eq!(welcome[name], value, "{name}");
    }

    let (_bob, bobs_welcome) = server.join("room", "SUBSCRIBER").await;
    assert_eq!(
        bobs_welcome["value"],
        json!([{ "id": welcome["id"], "createdAt": welcome["createdAt"], "metadata": metadata }]),
        "someone who publishes nothing has no streams"
    );
    let joined = alice.told("participantJoined").await;
    assert_eq!(
        joined,
        json!({
            "id": bobs_welcome["id"],
            "createdAt": bobs_welcome["createdAt"],
            "metadata": "{\"clientData\":\"somebody\"}",
        })
    );
    server.stop().await;
}

#[tokio::test]
async fn a_token_is_good_for_one_join_in_its_session() {
    let server = Server::start().await;
    server.create_session("room").await;
    let token = server.token("room", "PUBLISHER").await;
    let mut alice = server.browser().await;
    alice.join("room", &token).await.expect("a fresh token");

    let mut other = server.browser().await;
    let used = other.join("room", &token).await.expect_err("it is used up");
    assert_eq!(
        used,
        json!({
            "code": 401,
            "message": format!("Unable to join session room. Token {token} is not valid. Code: 401"),
        })
    );
    let nowhere = other.join("none", &token).await.expect_err("no session");
    assert_eq!(
        nowhere,
        json!({
            "code": 202,
            "message": "Unable to join session. Session none cannot be found. Code: 202",
        })
    );
    server.stop().await;
}

#[tokio::test]
async fn a_deleted_token_is_dead() {
    let server = Server::start().await;
    server.create_session("room").await;
    let connection = server.connection("room", json!({})).await;
    let path = format!("/sessions/room/connection/{}", text(&connection["id"]));
    assert_eq!(server.delete(&path).await.status(), 204);
    assert_eq!(server.delete(&path).await.status(), 404);
    let mut browser = server.browser().await;
    let refused = browser
        .join("room", &text(&connection["token"]))
        .await
        .expect_err("it was deleted");
    assert_eq!(refused["code"], 401);
    server.stop().await;
}

#[tokio::test]
async fn requests_outside_a_call_and_malformed_ones_are_refused() {
    let server = Server::start().await;
    server.create_session("room").await;
    let mut browser = server.browser().await;
    assert_eq!(
        browser.call("ping", json!({ "interval": 5000 })).await["value"],
        "pong"
    );
    for method in ["leaveRoom", "publishVideo", "echo", "whatever"] {
        assert_eq!(browser.refused(method, json!({})).await, 803, "{method}");
    }
    let incomplete = browser
        .try_call("joinRoom", json!({ "session": "room" }))
        .await
        .expect_err("no token");
    assert_eq!(incomplete["code"], -1);
    assert_eq!(
        incomplete["message"],
        "java.lang.RuntimeException:Request element 'token' is missing in RPC method 'joinRoom'. \
         Check that 'openvidu-server' and 'openvidu-browser' versions are compatible with each other"
    );
    assert!(incomplete["data"].is_string());
    server.stop().await;
}

#[tokio::test]
async fn an_unknown_method_is_not_answered() {
    let server = Server::start().await;
    server.create_session("room").await;
    let (mut browser, _) = server.join("room", "PUBLISHER").await;
    browser.send("whatever", json!({})).await;
    browser.send_text("not even JSON".to_owned()).await;
    assert_eq!(browser.told_so_far().await, Vec::<Value>::new());
    browser.call("echo", json!({})).await;
    server.stop().await;
}

#[tokio::test]
async fn a_stream_is_announced_to_those_inside_and_to_newcomers() {
    let server = Server::start().await;
    server.create_session("room").await;
    let (mut alice, welcome) = server.join("room", "PUBLISHER").await;
    let (mut bob, _) = server.join("room", "SUBSCRIBER").await;
    alice.told("participantJoined").await;
    let alice_id = text(&welcome["id"]);

    let published = publish(&mut alice).await;
    let stream_id = text(&published["id"]);
    assert!(stream_id.starts_with("str_CAM_") && stream_id.ends_with(&alice_id));
    let stream = json!({
        "id": stream_id, "createdAt": published["createdAt"],
        "hasAudio": true, "hasVideo": true, "audioActive": true, "videoActive": true,
        "typeOfVideo": "CAMERA", "frameRate": 30,
        "videoDimensions": "{\"width\":640,\"height\":480}", "filter": {},
    });
    let announced = bob.told("participantPublished").await;
    assert_eq!(announced, json!({ "id": alice_id, "streams": [stream] }));
    let (_carol, welcome) = server.join("room", "SUBSCRIBER").await;
    let peers = welcome["value"].as_array().expect("a list of peers");
    let streams: Vec<&Value> = peers
        .iter()
        .filter_map(|peer| peer.get("streams"))
        .collect();
    assert_eq!(streams, [&json!([stream])], "only she publishes");

    let again = publication(&offer(Direction::SendOnly).await);
    assert_eq!(alice.refused("publishVideo", again).await, 106);
    alice.call("unpublishVideo", json!({})).await;
    bob.told("participantJoined").await;
    let ended = bob.told("participantUnpublished").await;
    assert_eq!(
        ended,
        json!({ "connectionId": alice_id, "reason": "unpublish" })
    );
    assert_eq!(alice.refused("unpublishVideo", json!({})).await, 105);
    let anew = publish(&mut alice).await;
    assert_ne!(anew["id"], published["id"]);
    server.stop().await;
}

#[tokio::test]
async fn publishing_without_permission_or_with_an_unusable_offer_is_refused() {
    let server = Server::start().await;
    server.create_session("room").await;
    let (mut bob, _) = server.join("room", "SUBSCRIBER").await;
    let offer = offer(Direction::SendOnly).await;
    assert_eq!(bob.refused("publishVideo", publication(&offer)).await, 401);

    let (mut alice, _) = server.join("room", "PUBLISHER").await;
    let without_vp8 = publication(&offer.replace("VP8", "VP9"));
    assert_eq!(alice.refused("publishVideo", without_vp8).await, 800);
    let mut nonsense = publication("v=0 nonsense");
    nonsense["hasVideo"] = json!(false);
    assert_eq!(alice.refused("publishVideo", nonsense).await, 302);
    let mut incomplete = publication(&offer);
    incomplete["hasAudio"] = Value::Null;
    assert_eq!(alice.refused("publishVideo", incomplete).await, -1);
    server.stop().await;
}

#[tokio::test]
async fn a_stream_can_be_received_and_given_up() {
    let server = Server::start().await;
    server.create_session("room").await;
    let (mut alice, alices) = server.join("room", "PUBLISHER").await;
    let (mut bob, bobs) = server.join("room", "SUBSCRIBER").await;
    let published = publish(&mut alice).await;
    let receive = |sender: Value, offer: &str| json!({ "sender": sender, "sdpOffer": offer });
    let offer = offer(Direction::RecvOnly).await;

    bob.call("receiveVideoFrom", receive(published["id"].clone(), &offer))
        .await;
    let candidate = json!({
        "endpointName": alices["id"], "candidate": "", "sdpMid": "0", "sdpMLineIndex": 0,
    });
    bob.call("onIceCandidate", candidate).await;
    let path = format!("/sessions/room/connection/{}", text(&bobs["id"]));
    let connection = json_of(server.get(&path).await).await;
    assert_eq!(connection["status"], "active");
    assert_eq!(connection["clientData"], "{\"clientData\":\"somebody\"}");
    assert_eq!(connection["publishers"], json!([]));
    assert_eq!(connection["subscribers"][0]["streamId"], published["id"]);

    for (sender, code) in [
        (json!("str_CAM_AAAA_con_nobody"), 102),
        (json!(format!("str_CAM_AAAA_{}", text(&bobs["id"]))), 105),
    ] {
        let refused = alice.refused("receiveVideoFrom", receive(sender, &offer));
        assert_eq!(refused.await, code);
    }
    bob.call("unsubscribeFromVideo", json!({ "sender": alices["id"] }))
        .await;
    let connection = json_of(server.get(&path).await).await;
    assert_eq!(connection["subscribers"], json!([]));
    let gone = json!({ "sender": "con_nobody" });
    assert_eq!(bob.refused("unsubscribeFromVideo", gone).await, 102);
    server.stop().await;
}

#[tokio::test]
async fn the_others_are_notified_of_a_mute_as_text() {
    let server = Server::start().await;
    server.create_session("room").await;
    let (mut alice, alices) = server.join("room", "PUBLISHER").await;
    let (mut bob, _) = server.join("room", "SUBSCRIBER").await;
    let published = publish(&mut alice).await;
    bob.told("participantPublished").await;
    let mute = json!({
        "streamId": "any", "property": "videoActive", "newValue": false, "reason": "publishVideo",
    });
    alice.call("streamPropertyChanged", mute).await;
    assert_eq!(
        bob.told("streamPropertyChanged").await,
        json!({
            "connectionId": alices["id"], "streamId": published["id"],
            "property": "videoActive", "newValue": "false", "reason": "publishVideo",
        })
    );
    let turned = json!({
        "streamId": "any", "property": "videoDimensions",
        "newValue": "{\"width\":1,\"height\":2}", "reason": "deviceRotated",
    });
    alice.call("streamPropertyChanged", turned).await;
    let told = bob.told("streamPropertyChanged").await;
    let inner: String = serde_json::from_str(&text(&told["newValue"])).expect("JSON in a string");
    assert_eq!(inner, "{\"width\":1,\"height\":2}");

    let data = json!({ "height": 720, "width": 1280, "videoActive": true, "audioActive": false });
    alice.call("videoData", data).await;
    let path = format!("/sessions/room/connection/{}", text(&alices["id"]));
    let connection = json_of(server.get(&path).await).await;
    let media = &connection["publishers"][0]["mediaOptions"];
    assert_eq!(media["videoDimensions"], "{\"width\":1,\"height\":2}");
    assert_eq!(media["videoActive"], false);
    assert_eq!(media["audioActive"], true, "`videoData` changes nothing");
    server.stop().await;
}

#[tokio::test]
async fn signals_reach_their_recipients() {
    let server = Server::start().await;
    server.create_session("room").await;
    let (mut alice, alices) = server.join("room", "PUBLISHER").await;
    let (mut bob, bobs) = server.join("room", "SUBSCRIBER").await;
    alice.told("participantJoined").await;
    let message = |to: Value| {
        let signal = json!({ "to": to, "data": "hello", "type": "signal:chat" });
        json!({ "message": signal.to_string() })
    };
    let heard = json!({ "data": "hello", "type": "signal:chat", "from": alices["id"] });

    alice.call("sendMessage", message(json!([]))).await;
    assert_eq!(alice.told("sendMessage").await, heard);
    assert_eq!(bob.told("sendMessage").await, heard);
    alice
        .call("sendMessage", message(json!([bobs["id"]])))
        .await;
    assert_eq!(bob.told("sendMessage").await, heard);
    assert_eq!(
        alice
            .refused("sendMessage", message(json!(["con_x"])))
            .await,
        601
    );
    assert_eq!(
        alice
            .refused("sendMessage", json!({ "message": "no" }))
            .await,
        600
    );

    let from_server = json!({ "session": "room", "to": [bobs["id"]], "type": "chat", "data": "x" });
    assert_eq!(server.post("/signal", from_server).await.status(), 200);
    assert_eq!(
        bob.told("sendMessage").await,
        json!({ "data": "x", "type": "chat" })
    );
    let absent = json!({ "session": "room", "to": [bobs["id"], "con_x"] });
    assert_eq!(server.post("/signal", absent).await.status(), 406);
    assert_eq!(
        bob.told_so_far().await,
        Vec::<Value>::new(),
        "nobody gets half a signal"
    );
    assert_eq!(alice.told_so_far().await, Vec::<Value>::new());
    server.stop().await;
}

#[tokio::test]
async fn only_moderators_can_evict_and_unpublish_others() {
    let server = Server::start().await;
    server.create_session("room").await;
    let (mut moderator, _) = server.join("room", "MODERATOR").await;
    let (mut alice, alices) = server.join("room", "PUBLISHER").await;
    let (mut bob, _) = server.join("room", "PUBLISHER").await;
    let published = publish(&mut alice).await;
    let victim = json!({ "connectionId": alices["id"] });
    let stream = json!({ "streamId": published["id"] });
    assert_eq!(bob.refused("forceDisconnect", victim.clone()).await, 401);
    assert_eq!(bob.refused("forceUnpublish", stream.clone()).await, 401);
    let nobody = json!({ "connectionId": "con_nobody" });
    assert_eq!(moderator.refused("forceDisconnect", nobody).await, 102);

    for browser in [&mut moderator, &mut alice, &mut bob] {
        browser.told_so_far().await;
    }
    moderator.call("forceUnpublish", stream).await;
    let off_air = json!({ "connectionId": alices["id"], "reason": "forceUnpublishByUser" });
    for browser in [&mut moderator, &mut alice, &mut bob] {
        assert_eq!(browser.told("participantUnpublished").await, off_air);
    }
    moderator.call("forceDisconnect", victim).await;
    let out = json!({ "connectionId": alices["id"], "reason": "forceDisconnectByUser" });
    for browser in [&mut moderator, &mut bob] {
        assert_eq!(browser.told("participantLeft").await, out);
        assert_eq!(browser.told("participantEvicted").await, out);
    }
    assert_eq!(alice.told("participantEvicted").await, out);
    assert_eq!(alice.closed().await.0, 1000);
    server.stop().await;
}

#[tokio::test]
async fn rest_ends_a_stream() {
    let server = Server::start().await;
    server.create_session("room").await;
    let (mut alice, alices) = server.join("room", "PUBLISHER").await;
    let published = publish(&mut alice).await;
    let path = format!("/sessions/room/stream/{}", text(&published["id"]));
    assert_eq!(server.delete(&path).await.status(), 204);
    assert_eq!(server.delete(&path).await.status(), 404);
    let off_air = json!({ "connectionId": alices["id"], "reason": "forceUnpublishByServer" });
    assert_eq!(alice.told("participantUnpublished").await, off_air);
    server.stop().await;
}

async fn publish(browser: &mut Browser) -> Value {
    let offer = offer(Direction::SendOnly).await;
    browser.call("publishVideo", publication(&offer)).await
}
