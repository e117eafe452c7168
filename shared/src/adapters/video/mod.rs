//! The video server of this installation: `OpenVidu` or LiveKit, as the environment says.

mod events;

use std::time::Duration;

use strum::IntoStaticStr;
use url::Url;

pub use self::events::Events;
use super::{livekit, openvidu};
use crate::deadline::Deadline;
use crate::domain::{
    Connection, ConnectionId, InvalidToken, Nickname, Role, Seats, SessionId, Token, UserName,
};
use crate::ports::{Listing, VideoError, VideoInventory, VideoServer};

/// The video server. Use [`Video::until`] to send requests.
#[derive(Clone, Debug)]
pub struct Video {
    pub server: Server,
    /// Where browsers find it.
    pub address: Address,
}

/// The server of each kind.
#[derive(Clone, Debug)]
pub enum Server {
    OpenVidu(openvidu::OpenVidu),
    LiveKit(livekit::LiveKit),
}

/// Requests to the video server, all of which are answered by a deadline or fail.
#[derive(Clone, Debug)]
pub enum Requests {
    OpenVidu(openvidu::Requests),
    LiveKit(livekit::Requests),
}

/// Where browsers find the video server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address {
    pub kind: Kind,
    /// `https://host[:port]` of `OpenVidu`, `wss://host[:port]` of LiveKit; without TLS `http` and `ws`.
    pub url: String,
}

/// What kind of server it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, IntoStaticStr)]
#[strum(serialize_all = "lowercase")]
pub enum Kind {
    OpenVidu,
    LiveKit,
}

impl Video {
    /// Requests to the server that must all be answered by `deadline`.
    pub fn until(&self, deadline: Deadline) -> Requests {
        match &self.server {
            Server::OpenVidu(server) => Requests::OpenVidu(server.until(deadline)),
            Server::LiveKit(server) => Requests::LiveKit(server.until(deadline)),
        }
    }

    /// The server's events, if it signs them.
    pub fn signed_events(&self) -> Option<Events> {
        match &self.server {
            Server::OpenVidu(_) => None,
            Server::LiveKit(server) => Some(Events::LiveKit(server.webhooks())),
        }
    }
}

impl Address {
    /// The address of a server of this kind at `url`.
    pub fn new(kind: Kind, url: &Url) -> Self {
        let origin = url.origin().ascii_serialization();
        let url = match kind {
            Kind::OpenVidu => origin,
            Kind::LiveKit => origin.replacen("http", "ws", 1),
        };
        Self { kind, url }
    }
}

impl Kind {
    pub fn as_str(self) -> &'static str {
        self.into()
    }
}

impl VideoServer for Requests {
    fn unlisted_for(&self) -> Duration {
        match self {
            Self::OpenVidu(server) => server.unlisted_for(),
            Self::LiveKit(server) => server.unlisted_for(),
        }
    }

    fn token(&self, text: &str) -> Result<Token, InvalidToken> {
        match self {
            Self::OpenVidu(server) => server.token(text),
            Self::LiveKit(server) => server.token(text),
        }
    }

    async fn open(&self, id: &SessionId) -> Result<(), VideoError> {
        match self {
            Self::OpenVidu(server) => server.open(id).await,
            Self::LiveKit(server) => server.open(id).await,
        }
    }

    async fn connect(
        &self,
        id: &SessionId,
        user: &UserName,
        role: Role,
        nickname: Option<&Nickname>,
    ) -> Result<Option<Connection>, VideoError> {
        match self {
            Self::OpenVidu(server) => server.connect(id, user, role, nickname).await,
            Self::LiveKit(server) => server.connect(id, user, role, nickname).await,
        }
    }

    async fn evict(
        &self,
        session: &SessionId,
        connection: &ConnectionId,
    ) -> Result<bool, VideoError> {
        match self {
            Self::OpenVidu(server) => server.evict(session, connection).await,
            Self::LiveKit(server) => server.evict(session, connection).await,
        }
    }

    async fn close(&self, id: &SessionId) -> Result<(), VideoError> {
        match self {
            Self::OpenVidu(server) => server.close(id).await,
            Self::LiveKit(server) => server.close(id).await,
        }
    }
}

impl VideoInventory for Requests {
    async fn seats(&self, id: &SessionId) -> Result<Option<Seats>, VideoError> {
        match self {
            Self::OpenVidu(server) => server.seats(id).await,
            Self::LiveKit(server) => server.seats(id).await,
        }
    }

    async fn nudge(&self, id: &SessionId) -> Result<(), VideoError> {
        match self {
            Self::OpenVidu(server) => server.nudge(id).await,
            Self::LiveKit(server) => server.nudge(id).await,
        }
    }

    async fn all_seats(&self) -> Result<Listing, VideoError> {
        match self {
            Self::OpenVidu(server) => server.all_seats().await,
            Self::LiveKit(server) => server.all_seats().await,
        }
    }
}
