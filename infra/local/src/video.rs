//! The server that carries the calls' media: the stand-in for OpenVidu, a LiveKit server, or the developer's own of
//! either kind.

use std::time::Duration;

use openvidu_stand_in::{Settings, Webhook};
use serde_json::{Value, json};
use tokio::net::TcpListener;

use crate::{
    error::Error,
    listeners::address,
    livekit::{LiveKitServer, LiveKitSettings},
    options::{Options, Wanted},
    own_livekit, own_openvidu,
    stand_in::StandIn,
};

/// All variables by which programs are told of a video server. Those of the other kind are empty, or the developer's
/// own would describe a second one.
const VARIABLES: [&str; 7] = [
    "OPENVIDU_URL",
    "OPENVIDU_SECRET",
    "OPENVIDU_CA",
    "LIVEKIT_URL",
    "LIVEKIT_API_KEY",
    "LIVEKIT_API_SECRET",
    "LIVEKIT_CA",
];

/// The kind of a video server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// OpenVidu 2.32.
    OpenVidu,
    /// LiveKit, which is OpenVidu 3.
    LiveKit,
}

/// The video server of a stack.
pub(crate) struct VideoServer {
    pub(crate) kind: Kind,
    /// The address of its API.
    pub(crate) url: String,
    /// The address by which browsers find it, as `http(s)://host[:port]`.
    pub(crate) public_url: String,
    /// How it knows us, as the variables say it.
    credentials: Vec<(&'static str, String)>,
    /// Its description for the developer.
    pub(crate) description: String,
    /// The lines that make the developer's own server send its events, and the file that they belong in.
    pub(crate) webhook_settings: Option<String>,
    running: Running,
}

/// The part of it that we run.
enum Running {
    StandIn(StandIn),
    LiveKit(LiveKitServer),
    Elsewhere,
}

impl VideoServer {
    /// Starts the one that `options` want. It sends its events to the site at the URL `site`.
    pub(crate) async fn start(
        options: &Options,
        listener: Option<TcpListener>,
        site: &str,
        webhook_secret: &str,
    ) -> Result<Self, Error> {
        let webhook = format!("{site}/api-openvidu/webhook");
        let webhook = Some(webhook).filter(|_| !options.no_webhook);
        match (options.wanted_video(), listener) {
            (Wanted::OpenVidu(url), _) => {
                let settings = |url| own_openvidu::webhook_settings(url, webhook_secret);
                Ok(Self {
                    public_url: own_openvidu::public_url(options, url).await?,
                    description: "the server you named".to_owned(),
                    webhook_settings: webhook.as_deref().map(settings),
                    ..Self::openvidu(options, url.to_owned(), Running::Elsewhere)
                })
            }
            (Wanted::LiveKit(url), _) => {
                let (key, secret) = (options.livekit_api_key(), options.livekit_api_secret());
                let url = own_livekit::checked(url, key, secret, options.livekit_ca()).await?;
                let settings = |url| own_livekit::webhook_settings(url, key);
                Ok(Self {
                    description: "the server you named".to_owned(),
                    webhook_settings: webhook.as_deref().map(settings),
                    ..Self::livekit(options, url, key, secret, Running::Elsewhere)
                })
            }
            (Wanted::StandIn, Some(listener)) => {
                let mut settings = Settings::new(options.openvidu_secret());
                settings.secret_check = Duration::from_millis(options.openvidu_delay_ms);
                let header = ("X-Webhook-Secret".to_owned(), webhook_secret.to_owned());
                settings.webhook = webhook.map(|webhook| Webhook::new(webhook, vec![header]));
                let url = format!("http://{}", address(&listener)?);
                let server = StandIn::start(listener, settings)?;
                Ok(Self::openvidu(options, url, Running::StandIn(server)))
            }
            (Wanted::NewLiveKit, Some(listener)) => {
                let mut settings = LiveKitSettings::new(address(&listener)?.port());
                settings.webhook = webhook;
                // At the last moment: until the server opens the port, another program could take it.
                drop(listener);
                let (key, secret) = (settings.key.clone(), settings.secret.clone());
                let server = LiveKitServer::start(settings).await?;
                let url = server.url();
                Ok(Self::livekit(
                    options,
                    url,
                    &key,
                    &secret,
                    Running::LiveKit(server),
                ))
            }
            (Wanted::StandIn | Wanted::NewLiveKit, None) => Err(Error::NoListener),
        }
    }

    fn openvidu(options: &Options, url: String, running: Running) -> Self {
        let secret = options.openvidu_secret();
        Self {
            kind: Kind::OpenVidu,
            public_url: url.clone(),
            credentials: vec![
                ("OPENVIDU_URL", url.clone()),
                ("OPENVIDU_SECRET", secret.to_owned()),
                (
                    "OPENVIDU_CA",
                    options.openvidu_ca().unwrap_or_default().to_owned(),
                ),
            ],
            description: format!("stand-in, secret {secret}"),
            webhook_settings: None,
            url,
            running,
        }
    }

    fn livekit(options: &Options, url: String, key: &str, secret: &str, running: Running) -> Self {
        Self {
            kind: Kind::LiveKit,
            public_url: url.clone(),
            credentials: vec![
                ("LIVEKIT_URL", url.clone()),
                ("LIVEKIT_API_KEY", key.to_owned()),
                ("LIVEKIT_API_SECRET", secret.to_owned()),
                (
                    "LIVEKIT_CA",
                    options.livekit_ca().unwrap_or_default().to_owned(),
                ),
            ],
            description: format!("key {key}, secret {secret}"),
            webhook_settings: None,
            url,
            running,
        }
    }

    /// The server as `config.json` describes it to the page. LiveKit's client wants a WebSocket's address.
    pub(crate) fn for_browsers(&self) -> Value {
        let (kind, url) = match self.kind {
            Kind::OpenVidu => ("openvidu", self.public_url.clone()),
            Kind::LiveKit => ("livekit", self.public_url.replacen("http", "ws", 1)),
        };
        json!({ "kind": kind, "url": url })
    }

    /// The environment that tells a program where it is and how it knows us.
    pub(crate) fn environment(&self) -> Vec<(&'static str, String)> {
        let mut environment: Vec<_> = VARIABLES.map(|name| (name, String::new())).into();
        environment.extend(self.credentials.iter().cloned());
        environment
    }

    /// Stops it as a crash does, if it is ours and runs.
    pub(crate) async fn stop(&mut self) {
        match &mut self.running {
            Running::StandIn(server) => server.stop().await,
            Running::LiveKit(server) => server.stop().await,
            Running::Elsewhere => (),
        }
    }

    /// Starts it again, if it is ours and stopped.
    pub(crate) async fn start_again(&mut self) -> Result<(), Error> {
        match &mut self.running {
            Running::StandIn(server) => server.start_again().await,
            Running::LiveKit(server) => server.start_again().await,
            Running::Elsewhere => Ok(()),
        }
    }

    /// Waits until it ends by itself, which it should not.
    pub(crate) async fn ended(&mut self) -> Error {
        match &mut self.running {
            Running::StandIn(server) => Error::ServerEnded(server.ended().await),
            Running::LiveKit(server) => server.ended().await,
            Running::Elsewhere => std::future::pending().await,
        }
    }
}

impl Kind {
    /// Its name, for people.
    pub(crate) const fn title(self) -> &'static str {
        match self {
            Self::OpenVidu => "OpenVidu",
            Self::LiveKit => "LiveKit",
        }
    }
}
