//! Proxies in the environment are used for servers elsewhere, never for one on this machine.

use std::env;
use std::process::Command;

use wiremock::ResponseTemplate;

use super::{always, ask, openvidu};

/// A process has one environment, so the test runs itself again in one that names a proxy.
const ADDRESSES: &str = "TEST_PROXIES_ADDRESSES";

#[test]
fn a_proxy_is_used_only_for_servers_elsewhere() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    match env::var(ADDRESSES) {
        Ok(addresses) => runtime.block_on(ask_all(&addresses)),
        Err(_) => runtime.block_on(run_again()),
    }
}

async fn run_again() {
    let (proxy, server) = (
        always(ResponseTemplate::new(200)).await,
        always(ResponseTemplate::new(200)).await,
    );
    let port = server.address().port();
    let addresses =
        format!("http://127.0.0.1:{port} http://localhost:{port} http://video.example.org");
    let mut command = Command::new(env::current_exe().unwrap());
    command
        .args([
            "--exact",
            "proxies::a_proxy_is_used_only_for_servers_elsewhere",
        ])
        .env(ADDRESSES, addresses)
        .env_remove("NO_PROXY")
        .env_remove("no_proxy")
        .envs(["http_proxy", "HTTP_PROXY", "ALL_PROXY"].map(|name| (name, proxy.uri())));
    let output = tokio::task::spawn_blocking(move || command.output()).await;
    let output = output.unwrap().unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stdout)
    );
    assert_eq!(server.received_requests().await.unwrap().len(), 2);
    let [elsewhere] = &proxy.received_requests().await.unwrap()[..] else {
        panic!("the proxy was asked for more than the server elsewhere, or for nothing");
    };
    assert_eq!(elsewhere.url.host_str(), Some("video.example.org"));
}

async fn ask_all(addresses: &str) {
    for address in addresses.split(' ') {
        ask(&openvidu(address), "open").await.unwrap();
    }
}
