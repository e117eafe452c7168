//! The nouns of a server: sessions, connections, participants, streams, and the reasons why they
//! end. Plain data: `rooms` changes it, `wire` turns it into JSON.

use std::hash::{DefaultHasher, Hash, Hasher};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::media::EndpointId;

/// The name of a JSON-RPC session. The session outlives its WebSocket.
pub(crate) type RpcId = String;

/// What a connection may do in its session.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "UPPERCASE")]
pub(crate) enum Role {
    Subscriber,
    Publisher,
    Moderator,
}

impl Role {
    pub(crate) fn parse(name: &str) -> Option<Self> {
        match name {
            "SUBSCRIBER" => Some(Self::Subscriber),
            "PUBLISHER" => Some(Self::Publisher),
            "MODERATOR" => Some(Self::Moderator),
            _ => None,
        }
    }
}

/// Why a session, a participant or a stream has ended (`EndReason.java`, 2.32.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum EndReason {
    Disconnect,
    ForceDisconnectByUser,
    ForceDisconnectByServer,
    ForceUnpublishByUser,
    ForceUnpublishByServer,
    LastParticipantLeft,
    NetworkDisconnect,
    SessionClosedByServer,
    Unpublish,
    Unsubscribe,
}

/// One call: its unused tokens and its participants.
#[derive(Clone, Debug)]
pub(crate) struct Session {
    pub(crate) id: String,
    pub(crate) created_at: u64,
    pub(crate) properties: SessionProperties,
    pub(crate) pending: Vec<Connection>,
    /// In the order of a hash set, like on a real server. Notifications are sent in this order.
    pub(crate) participants: Vec<Participant>,
    /// Has anybody ever been in it? A session that nobody has joined is collected as garbage.
    pub(crate) joined: bool,
    /// Its end has been reported, and it is about to be removed.
    pub(crate) ended: bool,
}

impl Session {
    pub(crate) fn new(id: String, created_at: u64, properties: SessionProperties) -> Self {
        Self {
            id,
            created_at,
            properties,
            pending: Vec::new(),
            participants: Vec::new(),
            joined: false,
            ended: false,
        }
    }

    pub(crate) fn add(&mut self, participant: Participant) {
        let order = |rpc: &str| {
            let mut hasher = DefaultHasher::new();
            rpc.hash(&mut hasher);
            hasher.finish()
        };
        let place = order(&participant.rpc);
        let index = self
            .participants
            .partition_point(|other| order(&other.rpc) < place);
        self.participants.insert(index, participant);
        self.joined = true;
    }

    pub(crate) fn participant(&self, connection_id: &str) -> Option<&Participant> {
        self.participants
            .iter()
            .find(|participant| participant.connection.id == connection_id)
    }

    pub(crate) fn participant_by_rpc(&self, rpc: &str) -> Option<&Participant> {
        self.participants
            .iter()
            .find(|participant| participant.rpc == rpc)
    }
}

/// What the creator of a session asked for. It is kept only to be returned.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct SessionProperties {
    pub(crate) media_mode: String,
    pub(crate) recording_mode: String,
    pub(crate) default_recording_properties: Map<String, Value>,
    pub(crate) custom_session_id: String,
    pub(crate) forced_video_codec: String,
    pub(crate) allow_transcoding: bool,
}

/// A permission to join. It is pending while its token is unused, and then part of a participant.
#[derive(Clone, Debug)]
pub(crate) struct Connection {
    pub(crate) id: String,
    /// The whole token string, which identifies it.
    pub(crate) token: String,
    pub(crate) created_at: u64,
    pub(crate) role: Role,
    pub(crate) record: bool,
    pub(crate) server_data: String,
    pub(crate) kurento_options: Option<Value>,
    pub(crate) custom_ice_servers: Vec<Value>,
    /// Set if it is an IP camera and not a browser.
    pub(crate) camera: Option<Camera>,
}

/// An IP camera.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Camera {
    pub(crate) rtsp_uri: String,
    pub(crate) adaptative_bitrate: bool,
    pub(crate) only_play_with_subscribers: bool,
    pub(crate) network_cache: i64,
}

/// A participant in a session.
#[derive(Clone, Debug)]
pub(crate) struct Participant {
    pub(crate) connection: Connection,
    /// A camera has one that no client uses.
    pub(crate) rpc: RpcId,
    /// Its WebSocket is closed, for a moment or for good.
    pub(crate) away: bool,
    pub(crate) active_at: u64,
    pub(crate) client_data: String,
    pub(crate) platform: String,
    pub(crate) ip: String,
    /// Joined with the server's secret: may publish and moderate whatever its role.
    pub(crate) trusted: bool,
    pub(crate) publication: Option<Publication>,
    pub(crate) subscriptions: Vec<Subscription>,
}

impl Participant {
    pub(crate) fn may_publish(&self) -> bool {
        self.trusted || self.connection.role != Role::Subscriber
    }

    pub(crate) fn may_moderate(&self) -> bool {
        self.trusted || self.connection.role == Role::Moderator
    }

    /// Client data and server data as everybody in the session sees them, separated by `%/%`.
    pub(crate) fn full_metadata(&self) -> String {
        let (client, server) = (&self.client_data, &self.connection.server_data);
        if client.is_empty() || server.is_empty() {
            format!("{client}{server}")
        } else {
            format!("{client}%/%{server}")
        }
    }
}

/// A stream that a participant sends.
#[derive(Clone, Debug)]
pub(crate) struct Publication {
    pub(crate) stream_id: String,
    pub(crate) created_at: u64,
    pub(crate) endpoint: EndpointId,
    pub(crate) media: MediaOptions,
}

/// A stream that a participant receives.
#[derive(Clone, Debug)]
pub(crate) struct Subscription {
    pub(crate) from: String,
    pub(crate) stream_id: String,
    pub(crate) created_at: u64,
    pub(crate) endpoint: EndpointId,
    pub(crate) media: MediaOptions,
}

/// What the publisher said about its stream. A field is present only if it was sent.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct MediaOptions {
    pub(crate) has_audio: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) audio_active: Option<bool>,
    pub(crate) has_video: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) video_active: Option<bool>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) type_of_video: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) frame_rate: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) video_dimensions: Option<String>,
}

impl MediaOptions {
    /// The three letters in the stream's id that say what it shows.
    pub(crate) fn kind(&self) -> String {
        match &self.type_of_video {
            Some(kind) if self.has_video => kind.chars().take(3).collect(),
            _ => "MIC".to_owned(),
        }
    }
}
