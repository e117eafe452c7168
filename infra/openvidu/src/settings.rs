//! The settings of the stand-in. Knows nothing about their implementation.

use std::fmt;
use std::time::Duration;

use crate::faults::Faults;

/// The behaviour of the stand-in. All defaults are those of a real server, except that checking a
/// secret takes no time.
#[derive(Clone)]
pub struct Settings {
    /// `OPENVIDU_SECRET`: the password of the REST user `OPENVIDUAPP`. Letters, digits, `-`, `_`.
    pub secret: String,
    /// The URL at which browsers reach it, like `http://localhost:4443`. The default is the
    /// listener's own.
    pub public_url: Option<String>,
    /// Where to send events, if anywhere.
    pub webhook: Option<Webhook>,
    /// How long a participant whose WebSocket broke has to come back before it is evicted.
    pub reconnection_grace: Duration,
    /// How often sessions that nobody has joined are collected. Zero means never.
    pub garbage_interval: Duration,
    /// The age at which a session that nobody has joined is collected.
    pub garbage_threshold: Duration,
    /// How long the server takes to check the secret of each request. A real one hashes it each
    /// time, on one of two cores, while others wait. Zero by default.
    pub secret_check: Duration,
    /// Lets a test make the server slow or silent while it runs.
    pub faults: Faults,
}

impl Settings {
    /// A server with this secret and OpenVidu's own defaults.
    pub fn new(secret: impl Into<String>) -> Self {
        Self {
            secret: secret.into(),
            public_url: None,
            webhook: None,
            reconnection_grace: Duration::from_secs(10),
            garbage_interval: Duration::from_secs(900),
            garbage_threshold: Duration::from_secs(3600),
            secret_check: Duration::ZERO,
            faults: Faults::default(),
        }
    }
}

impl fmt::Debug for Settings {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Settings")
            .field("public_url", &self.public_url)
            .field("webhook", &self.webhook)
            .field("reconnection_grace", &self.reconnection_grace)
            .field("garbage_interval", &self.garbage_interval)
            .field("garbage_threshold", &self.garbage_threshold)
            .finish_non_exhaustive()
    }
}

/// The receiver of events, as in `OPENVIDU_WEBHOOK_*`.
#[derive(Clone)]
pub struct Webhook {
    /// The URL each event is posted to.
    pub endpoint: String,
    /// Headers of each request, in this order.
    pub headers: Vec<(String, String)>,
    /// The names of the events to send.
    pub events: Vec<String>,
}

impl Webhook {
    /// The events that a server sends by default (`application.properties`, 2.32.2).
    pub const DEFAULT_EVENTS: [&'static str; 15] = [
        "sessionCreated",
        "sessionDestroyed",
        "participantJoined",
        "participantLeft",
        "webrtcConnectionCreated",
        "webrtcConnectionDestroyed",
        "recordingStatusChanged",
        "filterEventDispatched",
        "signalSent",
        "mediaNodeStatusChanged",
        "autoscaling",
        "nodeCrashed",
        "nodeRecovered",
        "broadcastStarted",
        "broadcastStopped",
    ];

    /// Sends every event to `endpoint`, with `headers`.
    pub fn new(endpoint: impl Into<String>, headers: Vec<(String, String)>) -> Self {
        Self {
            endpoint: endpoint.into(),
            headers,
            events: Self::DEFAULT_EVENTS.map(str::to_owned).to_vec(),
        }
    }
}

impl fmt::Debug for Webhook {
    // Without the headers: one of them is usually a credential.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Webhook")
            .field("endpoint", &self.endpoint)
            .field("events", &self.events)
            .finish_non_exhaustive()
    }
}
