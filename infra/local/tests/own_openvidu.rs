//! `local` with the developer's own OpenVidu server.

use std::future::pending;

use clap::Parser;
use local::{Options, Stack};
use openvidu_stand_in::Settings;
use reqwest::Client;
use serde_json::{Value, json};
use tokio::net::TcpListener;

/// The server's own name for itself, which is not the address by which we reach it.
const PUBLIC: &str = "https://video.example.org:4443";

#[tokio::test]
async fn the_page_may_follow_its_tokens_and_the_servers_events_arrive() {
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let openvidu = format!("http://{}", listener.local_addr().unwrap());
    let mut settings = Settings::new("MY_SECRET");
    settings.public_url = Some(PUBLIC.to_owned());
    tokio::spawn(openvidu_stand_in::serve(listener, settings, pending()));
    let site = tempfile::tempdir().unwrap();
    std::fs::write(site.path().join("index.html"), "a page").unwrap();

    let arguments = [
        "local",
        "--free-ports",
        "--ignore-changes",
        "--site",
        site.path().to_str().unwrap(),
        "--openvidu-url",
        &openvidu,
        "--openvidu-secret",
        "MY_SECRET",
    ];
    let stack = Stack::start(&Options::parse_from(arguments)).await.unwrap();
    let client = Client::builder().no_proxy().build().unwrap();

    let url = format!("{}/config.json", stack.addresses().site);
    let config: Value = client.get(url).send().await.unwrap().json().await.unwrap();
    assert_eq!(
        config["videoServer"],
        json!({ "kind": "openvidu", "url": PUBLIC })
    );

    // What the lines say is what the functions accept.
    let lines = stack.webhook_settings().unwrap();
    let value = |name: &str| {
        let line = lines.lines().find_map(|line| line.strip_prefix(name));
        line.and_then(|line| line.strip_prefix('=')).unwrap()
    };
    assert_eq!(value("OPENVIDU_WEBHOOK"), "true");
    let headers: [String; 1] = serde_json::from_str(value("OPENVIDU_WEBHOOK_HEADERS")).unwrap();
    let (header, secret) = headers[0].split_once(": ").unwrap();
    for (secret, status) in [(secret, 200), ("0123456789abcdef0123456789abcdef", 401)] {
        let event = client
            .post(value("OPENVIDU_WEBHOOK_ENDPOINT"))
            .header(header, secret);
        let event = event.json(&json!({ "event": "participantLeft" }));
        assert_eq!(event.send().await.unwrap().status().as_u16(), status);
    }
    stack.stop().await;
}
