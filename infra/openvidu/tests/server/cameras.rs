//! IP cameras: participants that REST adds, with ids made from their URL.

use serde_json::{Value, json};

use crate::harness::{Server, json_of, text};

const LONG: &str = "rtsp://user:secret@cam-1.example.org:554/a/very/long/path/to/the/stream/of/the/camera/\
    above/the/door/of/the/building/in/the/street/behind/the/station/of/the/town/stream~1,ch=2";

#[tokio::test]
async fn a_camera_is_in_the_session_at_once_and_everybody_is_notified() {
    let server = Server::start().await;
    server.create_session("room").await;
    let (mut alice, _) = server.join("room", "PUBLISHER").await;
    let camera = camera(&server, LONG).await;
    let id = text(&camera["id"]);
    let (prefix, rest) = id.split_at("ipc_IPCAM_rtsp_".len());
    assert_eq!(prefix, "ipc_IPCAM_rtsp_");
    assert!(
        rest[4..].starts_with("_cam1_example_org_554_a_very_long_path"),
        "{id}"
    );
    assert!(id.ends_with("_stream~1,ch=2") && id.len() > 170, "{id}");
    for (name, value) in [
        ("object", json!("connection")),
        ("status", json!("active")),
        ("type", json!("IPCAM")),
        ("connectionId", json!(id)),
        ("platform", json!("IPCAM")),
        ("serverData", json!("above the door")),
        ("rtspUri", json!(LONG)),
        ("adaptativeBitrate", json!(true)),
        ("onlyPlayWithSubscribers", json!(true)),
        ("networkCache", json!(2000)),
        ("token", Value::Null),
        ("role", Value::Null),
        ("clientData", Value::Null),
        ("publishers", json!([])),
        ("subscribers", json!([])),
    ] {
        assert_eq!(camera[name], value, "{name}");
    }
    let joined = alice.told("participantJoined").await;
    assert_eq!(joined["id"], json!(id));
    assert_eq!(joined["metadata"], "above the door");
    let (_bob, welcome) = server.join("room", "PUBLISHER").await;
    let peers = welcome["value"].as_array().expect("a list of peers");
    assert!(peers.iter().any(|peer| peer["id"] == json!(id)));
    let listed = json_of(server.get("/sessions/room").await).await;
    let listed = listed["connections"]["content"].as_array().cloned();
    assert!(listed.expect("a list").contains(&camera));
    server.stop().await;
}

#[tokio::test]
async fn a_camera_can_be_removed_unless_springs_firewall_refuses_its_id() {
    let server = Server::start().await;
    server.create_session("room").await;
    for (uri, status) in [
        (LONG, 204),
        ("rtsp://cam.example.org/stream~1,ch=2 \u{e9}", 204),
        ("rtsps://cam.example.org/a=b&c", 204),
        ("file:///var/film.mp4", 204),
        ("rtsp://cam.example.org/a=b&c;d", 401),
    ] {
        let id = text(&camera(&server, uri).await["id"]);
        let path = format!("/sessions/room/connection/{id}");
        assert_eq!(
            server.get(&path).await.status().as_u16(),
            if status == 204 { 200 } else { 401 }
        );
        assert_eq!(server.delete(&path).await.status(), status, "{id}");
        if status == 204 {
            server.create_session("room").await;
        }
    }
    server.stop().await;
}

#[tokio::test]
async fn a_camera_keeps_a_session_open_and_needs_a_usable_uri() {
    let server = Server::start().await;
    server.create_session("room").await;
    camera(&server, LONG).await;
    let (mut alice, _) = server.join("room", "PUBLISHER").await;
    alice.call("leaveRoom", json!({})).await;
    assert_eq!(server.get("/sessions/room").await.status(), 200);
    for body in [
        json!({ "type": "IPCAM" }),
        json!({ "type": "IPCAM", "rtspUri": 1 }),
        json!({ "type": "IPCAM", "rtspUri": "ftp://cam.example.org/" }),
        json!({ "type": "IPCAM", "rtspUri": "rtsp://x/", "networkCache": "long" }),
        json!({ "type": "IPCAM", "rtspUri": "rtsp://x/", "adaptativeBitrate": 1 }),
    ] {
        let answer = server.post("/sessions/room/connection", body.clone()).await;
        assert_eq!(answer.status(), 400, "{body}");
    }
    server.stop().await;
}

async fn camera(server: &Server, uri: &str) -> Value {
    let body = json!({ "type": "IPCAM", "rtspUri": uri, "data": "above the door" });
    server.connection("room", body).await
}
