//! The nouns of a server: sessions, connections, participants, streams, and why they end.
//! Plain data: what happens to it is in `rooms`, how it looks to others in `wire`.

use std::hash::{DefaultHasher, Hash, Hasher};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::media::EndpointId;

/// The name of a JSON-RPC session, which outlives the WebSocket it came by.
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

/// Why a session, a participant or a stream came to its end (`EndReason.java`, 2.32.2).
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

/// One call: its unused tokens and the people in it.
#[derive(Clone, Debug)]
pub(crate) struct Session {
    pub(crate) id: String,
    pub(crate) created_at: u64,
    pub(crate) properties: SessionProperties,
    pub(crate) pending: Vec<Connection>,
    /// In the order of a hash set, as a real server keeps them in one: everybody is told in this order.
    pub(crate) participants: Vec<Participant>,
    /// Whether anybody was ever in it: what nobody joined is garbage one day.
    pub(crate) joined: bool,
    /// Its end is reported, and it is about to be forgotten.
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

    pub(crate) fn seat(&mut self, participant: Participant) {
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

    pub(crate) fn seated(&self, rpc: &str) -> Option<&Participant> {
        self.participants
            .iter()
            .find(|participant| participant.rpc == rpc)
    }
}

/// What the creator of a session asked for. Kept only to be told back.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct SessionProperties {
    pub(crate) media_mode: String,
    pub(crate) recording_mode: String,
    pub(crate) default_recording_properties: Map<String, Value>,
    pub(crate) custom_session_id: String,
    pub(crate) forced_video_codec: String,
    pub(crate) allow_transcoding: bool,
}

/// A permission to join: pending while its token is unused, then part of a participant.
#[derive(Clone, Debug)]
pub(crate) struct Connection {
    pub(crate) id: String,
    /// The whole token string, by which the server knows it.
    pub(crate) token: String,
    pub(crate) created_at: u64,
    pub(crate) role: Role,
    pub(crate) record: bool,
    pub(crate) server_data: String,
    pub(crate) kurento_options: Option<Value>,
    pub(crate) custom_ice_servers: Vec<Value>,
    /// What it is if it is no browser.
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

/// Somebody in a session.
#[derive(Clone, Debug)]
pub(crate) struct Participant {
    pub(crate) connection: Connection,
    /// A camera has one that nobody speaks to.
    pub(crate) rpc: RpcId,
    /// Its WebSocket is closed, for a while or for good.
    pub(crate) away: bool,
    pub(crate) active_at: u64,
    pub(crate) client_data: String,
    pub(crate) platform: String,
    pub(crate) ip: String,
    /// Joined with the server's secret: may publish and moderate whatever the role says.
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

    /// Client data and server data as everybody in the session sees them, joined by `%/%`.
    pub(crate) fn full_metadata(&self) -> String {
        let (client, server) = (&self.client_data, &self.connection.server_data);
        if client.is_empty() || server.is_empty() {
            format!("{client}{server}")
        } else {
            format!("{client}%/%{server}")
        }
    }
}

/// A stream somebody sends.
#[derive(Clone, Debug)]
pub(crate) struct Publication {
    pub(crate) stream_id: String,
    pub(crate) created_at: u64,
    pub(crate) endpoint: EndpointId,
    pub(crate) media: MediaOptions,
}

/// A stream somebody receives.
#[derive(Clone, Debug)]
pub(crate) struct Subscription {
    pub(crate) from: String,
    pub(crate) stream_id: String,
    pub(crate) created_at: u64,
    pub(crate) endpoint: EndpointId,
    pub(crate) media: MediaOptions,
}

/// What the publisher said of its stream; each field is there only if it was sent.
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
