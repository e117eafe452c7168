//! The video server that the environment describes.

use crate::adapters::livekit::{ApiKeys, ApiSecrets, LiveKit};
use crate::adapters::openvidu::OpenVidu;
use crate::adapters::video::{Address, Kind, Server, Video};
use crate::adapters::video_http::TrustedCertificate;
use crate::config::{Environment, Part, livekit_url, openvidu_secret, openvidu_url, text};

/// What describes an `OpenVidu` server; all are needed.
const OPENVIDU: [&str; 2] = ["OPENVIDU_URL", "OPENVIDU_SECRET"];

/// What describes a LiveKit server; all are needed.
const LIVEKIT: [&str; 3] = ["LIVEKIT_URL", "LIVEKIT_API_KEY", "LIVEKIT_API_SECRET"];

/// The environment describes no video server, or two.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error(
    "set either OPENVIDU_URL and OPENVIDU_SECRET, or LIVEKIT_URL, LIVEKIT_API_KEY and LIVEKIT_API_SECRET, not both"
)]
pub(super) struct NotOneServer;

/// The kind of server that the environment describes, perhaps not completely.
pub(super) fn kind(env: &Environment<'_>) -> Result<Kind, NotOneServer> {
    let any = |names: &[&str]| names.iter().any(|name| !env.is_absent(name));
    match (any(&OPENVIDU), any(&LIVEKIT)) {
        (true, false) => Ok(Kind::OpenVidu),
        (false, true) => Ok(Kind::LiveKit),
        (true, true) | (false, false) => Err(NotOneServer),
    }
}

impl Part for Video {
    fn wire(env: &mut Environment<'_>) -> Option<Self> {
        let kind = kind(env);
        let kind = env.made(kind)?;
        let (server, own_url, public_url) = match kind {
            Kind::OpenVidu => {
                let server = OpenVidu::wire(env);
                let public_url = env.optional("OPENVIDU_PUBLIC_URL", openvidu_url);
                let server = server?;
                let own_url = server.url().clone();
                (Server::OpenVidu(server), own_url, public_url)
            }
            Kind::LiveKit => {
                let server = LiveKit::wire(env);
                let public_url = env.optional("LIVEKIT_PUBLIC_URL", livekit_url);
                let server = server?;
                let own_url = server.url().clone();
                (Server::LiveKit(server), own_url, public_url)
            }
        };
        // Without a public address browsers use the same as we.
        let address = Address::new(kind, &public_url.unwrap_or(own_url));
        Some(Self { server, address })
    }
}

impl Part for OpenVidu {
    fn wire(env: &mut Environment<'_>) -> Option<Self> {
        let url = env.required("OPENVIDU_URL", openvidu_url);
        let secret = env.secret("OPENVIDU_SECRET", openvidu_secret);
        // The one certificate to trust it by: its own, or that of the authority that signed it. For
        // a server without a public authority.
        let trusted = env.optional("OPENVIDU_CA", TrustedCertificate::parse);
        env.made(Self::new(url?, secret?, trusted))
    }
}

impl Part for LiveKit {
    fn wire(env: &mut Environment<'_>) -> Option<Self> {
        let url = env.required("LIVEKIT_URL", livekit_url);
        let keys = match env.secret("LIVEKIT_API_SECRET", ApiSecrets::parse) {
            Some(secrets) => {
                env.required("LIVEKIT_API_KEY", |names| ApiKeys::parse(names, secrets))
            }
            None => env.required("LIVEKIT_API_KEY", text).and(None),
        };
        let trusted = env.optional("LIVEKIT_CA", TrustedCertificate::parse);
        env.made(Self::new(url?, keys?, trusted))
    }
}
