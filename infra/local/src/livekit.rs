//! A real LiveKit server on this machine, which `make livekit-server` has built. It can be stopped and started
//! again at the same address, like one that crashes: without Redis it then remembers nothing.

use std::{
    env, io,
    net::{Ipv4Addr, UdpSocket},
    path::PathBuf,
    time::Duration,
};

use axum::{body::Body, http::Request};
use serde_json::{Value, json};
use tokio::time::{sleep, timeout};

use crate::{error::Error, guarded::Guarded, proxy, workspace};

/// The program, in the workspace.
const PROGRAM: &str = ".tools/livekit-server-1.11.0/bin/server";

/// A server is ready within a second, if the machine is not busy.
const PATIENCE: Duration = Duration::from_secs(60);

/// The pause between two questions whether it is ready.
const PAUSE: Duration = Duration::from_millis(20);

/// The settings of a server.
#[derive(Clone)]
pub struct LiveKitSettings {
    /// The port of its API and of signalling.
    pub port: u16,
    /// The name of the API key.
    pub key: String,
    /// The secret of the API key.
    pub secret: String,
    /// Where it sends its events.
    pub webhook: Option<String>,
    /// The address of the Redis through which several servers are one cluster.
    pub redis: Option<String>,
}

impl LiveKitSettings {
    /// A server at `port` with a random secret, which tells nobody anything.
    #[must_use]
    pub fn new(port: u16) -> Self {
        Self {
            port,
            key: "local".to_owned(),
            secret: format!("{:032x}", rand::random::<u128>()),
            webhook: None,
            redis: None,
        }
    }

    /// The configuration. Nobody on another machine can connect, and nobody there is asked for anything.
    fn configuration(&self, media_port: u16) -> Value {
        let mut configuration = json!({
            "port": self.port,
            "bind_addresses": ["127.0.0.1"],
            "keys": { &self.key: self.secret },
            "rtc": {
                "udp_port": media_port,
                "tcp_port": 0,
                "node_ip": "127.0.0.1",
                "ips": { "includes": ["127.0.0.1/32"] },
                "interfaces": { "includes": ["lo"] },
                "enable_loopback_candidate": true,
                "use_external_ip": false,
                // Without one, the server and the browsers ask Google's. Nobody answers at this address. It must not
                // be the media port: then no browser gets into a call.
                "stun_servers": ["127.0.0.1:9"],
            },
            // Its warnings quote the tokens that it refuses.
            "logging": { "level": "error" },
        });
        if let Some(url) = &self.webhook {
            configuration["webhook"] = json!({ "api_key": self.key, "urls": [url] });
        }
        if let Some(address) = &self.redis {
            configuration["redis"] = json!({ "address": address });
            // By default a room goes to the server with the lowest load, and both share a processor here.
            configuration["node_selector"] = json!({ "kind": "random" });
        }
        configuration
    }
}

/// A server, running or stopped. Dropping it ends it.
pub struct LiveKitServer {
    program: PathBuf,
    settings: LiveKitSettings,
    media_port: u16,
    running: Option<Guarded>,
}

impl LiveKitServer {
    /// Starts it, and returns when it answers.
    ///
    /// # Errors
    ///
    /// It is not built, or does not start.
    pub async fn start(settings: LiveKitSettings) -> Result<Self, Error> {
        let program = workspace::root()?.join(PROGRAM);
        if !program.is_file() {
            return Err(Error::LiveKitNotBuilt);
        }
        let mut server = Self {
            program,
            settings,
            media_port: free_udp_port().map_err(running)?,
            running: None,
        };
        server.start_again().await?;
        Ok(server)
    }

    /// The address of its API and of signalling.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.settings.port)
    }

    /// Its settings.
    #[must_use]
    pub fn settings(&self) -> &LiveKitSettings {
        &self.settings
    }

    /// Kills it, unless it is stopped already. It reports nothing.
    pub async fn stop(&mut self) {
        if let Some(running) = self.running.take() {
            running.kill().await;
        }
    }

    /// Starts it again, unless it runs, and returns when it answers.
    ///
    /// # Errors
    ///
    /// It does not start.
    pub async fn start_again(&mut self) -> Result<(), Error> {
        if self.running.is_some() {
            return Ok(());
        }
        let configuration = self.settings.configuration(self.media_port);
        let mut command = Guarded::command(&self.program);
        // It would read the developer's own variables for LiveKit.
        command.env_clear();
        command.envs(env::var_os("PATH").map(|path| ("PATH", path)));
        // A file with secrets would stay behind if we are killed.
        command.env("LIVEKIT_CONFIG", configuration.to_string());
        command.stdout(io::stderr());
        let running = self
            .running
            .insert(Guarded::spawn(&mut command).map_err(running)?);
        let url = format!("http://127.0.0.1:{}/", self.settings.port);
        tokio::select! {
            ready = timeout(PATIENCE, ready(&url)) => ready.map_err(|_| Error::SilentLiveKit),
            _ = running.wait() => Err(Error::LiveKitEnded),
        }
    }

    /// Waits until it ends by itself, which it should not.
    pub(crate) async fn ended(&mut self) -> Error {
        match &mut self.running {
            Some(running) => {
                let _ = running.wait().await;
                Error::LiveKitEnded
            }
            None => std::future::pending().await,
        }
    }
}

/// Returns when the server at `url` is ready.
async fn ready(url: &str) {
    let client = proxy::plain_client();
    loop {
        let mut request = Request::new(Body::empty());
        *request.uri_mut() = url.parse().unwrap_or_default();
        let answer = client.request(request).await;
        if answer.is_ok_and(|answer| answer.status().is_success()) {
            return;
        }
        sleep(PAUSE).await;
    }
}

/// A port that nobody uses at the moment.
fn free_udp_port() -> io::Result<u16> {
    let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0))?;
    Ok(socket.local_addr()?.port())
}

fn running(source: io::Error) -> Error {
    Error::Run {
        program: PROGRAM.to_owned(),
        source,
    }
}
