//! The program with a real LiveKit server, its own or the developer's.

use std::net::TcpStream;

use local::{LiveKitServer, LiveKitSettings};
use serde_json::{Value, json};

use crate::{
    failed, site,
    started::{self, Is, Local, local, local_with},
};

/// The video server as `config.json` describes it.
fn told(local: &Local) -> Value {
    let (status, settings) = local.get("/config.json");
    assert_eq!(status, 200);
    let settings: Value = serde_json::from_str(&settings).unwrap();
    settings["videoServer"].clone()
}

/// Logs in and joins a call. Returns the JWT and the answer.
fn joined(local: &Local) -> (String, Value) {
    let credentials = json!({ "user": "publisher1", "pass": "pass" });
    let (_, login) = local.post("/api-login/login", "", &credentials.to_string());
    let jwt = login["token"].as_str().unwrap().to_owned();
    let call = json!({ "sessionName": "TUTORIAL" }).to_string();
    let (status, joined) = local.post("/api-sessions/get-token", &jwt, &call);
    assert_eq!(status, 200, "{joined}");
    (jwt, joined)
}

#[test]
fn a_livekit_server_is_started_told_to_everybody_and_ended() {
    let site = site("a page");
    let mut local = Local::start(local_with(&site).args(["--video", "livekit"]));
    let port = local.ports()[1];
    let url = format!("ws://127.0.0.1:{port}");
    assert_eq!(told(&local), json!({ "kind": "livekit", "url": url }));
    let secret = local.variable("LIVEKIT_API_SECRET");
    assert_eq!(local.variable("OPENVIDU_URL"), "");

    let (jwt, joined) = joined(&local);
    assert_eq!(joined["videoServer"], told(&local));
    let token = joined["token"].as_str().unwrap().to_owned();
    for _ in 0..2 {
        local.signal("USR1");
        local.until_openvidu(Is::Away);
        local.signal("USR2");
        local.until_openvidu(Is::There);
    }
    let leave = json!({ "sessionName": "TUTORIAL", "token": token }).to_string();
    assert_eq!(local.post("/api-sessions/remove-user", &jwt, &leave).0, 200);
    assert_eq!(local.end("INT").code(), Some(0));
    started::assert_all_gone(&local.ports());

    // Indented lines are no log: they tell a developer the server's secret.
    let said = local.said();
    let log: Vec<_> = said
        .lines()
        .filter(|line| !line.starts_with("  "))
        .collect();
    let parts = token
        .split('.')
        .chain(jwt.split('.'))
        .chain([secret.as_str()]);
    for part in parts.filter(|part| part.len() >= 16) {
        assert!(
            !log.iter().any(|line| line.contains(part)),
            "{part} is in the log"
        );
    }
}

#[test]
fn a_killed_stack_takes_its_livekit_server_along() {
    let site = site("a page");
    let mut local = Local::start(local_with(&site).args(["--video", "livekit"]));
    let ports = local.ports();
    local.end("KILL");
    started::assert_all_gone(&ports);
}

#[test]
fn the_developers_own_livekit_server_is_used_and_told_where_its_events_go() {
    let site = site("a page");
    let port = {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.local_addr().unwrap().port()
    };
    let settings = LiveKitSettings::new(port);
    let (key, secret) = (settings.key.clone(), settings.secret.clone());
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let _server = runtime
        .block_on(LiveKitServer::start(settings))
        .unwrap_or_else(|error| panic!("{error}"));

    // As OpenVidu 3 prints its address.
    let url = format!("ws://127.0.0.1:{port}");
    let mut command = local_with(&site);
    command.args(["--livekit-url", &url, "--livekit-api-key", &key]);
    let mut local = Local::start(command.env("LIVEKIT_API_SECRET", &secret));
    assert_eq!(told(&local), json!({ "kind": "livekit", "url": url }));
    joined(&local);
    local.end("INT");
    let said = local.said();
    let webhook = local.site();
    let lines =
        format!("webhook:\n  api_key: {key}\n  urls:\n    - {webhook}/api-openvidu/webhook\n");
    assert!(said.contains(&lines), "{said}");
    assert!(!said.contains(&secret), "{said}");
    assert!(
        TcpStream::connect(("127.0.0.1", port)).is_ok(),
        "it is not ours to end"
    );
}

#[test]
fn two_video_servers_are_reported() {
    let said = failed(local().args(["--livekit-url", "ws://h", "--openvidu-url", "http://h"])).1;
    assert!(said.contains("--help"), "{said}");
    let (code, said) = failed(local().args(["--livekit-url", "ws://h", "--livekit-api-key", "k"]));
    assert_eq!(code, Some(1));
    assert_eq!(
        said,
        "local: LIVEKIT_API_SECRET is missing in the environment, and there is no terminal to ask at"
    );
}
