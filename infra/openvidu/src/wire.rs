//! The JSON of sessions, connections and streams, in REST and in notifications. Nothing here
//! decides or changes anything.

use serde::Serialize;
use serde_json::{Map, Value, json};

use crate::model::{
    Connection, MediaOptions, Participant, Publication, Role, Session, Subscription,
};

/// A list as OpenVidu wraps one.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Collection<T> {
    number_of_elements: usize,
    content: Vec<T>,
}

impl<T> Collection<T> {
    pub(crate) fn new(content: Vec<T>) -> Self {
        Self {
            number_of_elements: content.len(),
            content,
        }
    }
}

/// A session over REST.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SessionView<'a> {
    id: &'a str,
    object: &'static str,
    session_id: &'a str,
    created_at: u64,
    recording: bool,
    broadcasting: bool,
    media_mode: &'a str,
    recording_mode: &'a str,
    default_recording_properties: &'a Map<String, Value>,
    custom_session_id: &'a str,
    forced_video_codec: &'a str,
    allow_transcoding: bool,
    connections: Collection<ConnectionView<'a>>,
}

impl<'a> SessionView<'a> {
    pub(crate) fn new(session: &'a Session, with_pending: bool) -> Self {
        let properties = &session.properties;
        Self {
            id: &session.id,
            object: "session",
            session_id: &session.id,
            created_at: session.created_at,
            recording: false,
            broadcasting: false,
            media_mode: &properties.media_mode,
            recording_mode: &properties.recording_mode,
            default_recording_properties: &properties.default_recording_properties,
            custom_session_id: &properties.custom_session_id,
            forced_video_codec: &properties.forced_video_codec,
            allow_transcoding: properties.allow_transcoding,
            connections: connections(session, with_pending),
        }
    }
}

/// The connections of a session: its participants and, if asked for, its unused tokens.
pub(crate) fn connections(session: &Session, with_pending: bool) -> Collection<ConnectionView<'_>> {
    let active = session
        .participants
        .iter()
        .map(|participant| ConnectionView::active(participant, &session.id));
    let pending = session
        .pending
        .iter()
        .filter(|_| with_pending)
        .map(|connection| ConnectionView::pending(connection, &session.id));
    Collection::new(active.chain(pending).collect())
}

/// A connection in REST. Fields without a value yet are written as null.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ConnectionView<'a> {
    id: &'a str,
    object: &'static str,
    status: &'static str,
    connection_id: &'a str,
    session_id: &'a str,
    created_at: u64,
    #[serde(rename = "type")]
    kind: &'static str,
    record: bool,
    role: Option<Role>,
    kurento_options: Option<&'a Value>,
    custom_ice_servers: &'a [Value],
    rtsp_uri: Option<&'a str>,
    adaptative_bitrate: Option<bool>,
    only_play_with_subscribers: Option<bool>,
    network_cache: Option<i64>,
    server_data: &'a str,
    token: Option<&'a str>,
    active_at: Option<u64>,
    location: Option<&'static str>,
    ip: Option<&'a str>,
    platform: Option<&'a str>,
    client_data: Option<&'a str>,
    publishers: Option<Vec<PublisherView<'a>>>,
    subscribers: Option<Vec<SubscriberView<'a>>>,
}

impl<'a> ConnectionView<'a> {
    pub(crate) fn pending(connection: &'a Connection, session_id: &'a str) -> Self {
        let camera = connection.camera.as_ref();
        Self {
            id: &connection.id,
            object: "connection",
            status: "pending",
            connection_id: &connection.id,
            session_id,
            created_at: connection.created_at,
            kind: if camera.is_some() { "IPCAM" } else { "WEBRTC" },
            record: connection.record,
            role: camera.is_none().then_some(connection.role),
            kurento_options: connection.kurento_options.as_ref(),
            custom_ice_servers: &connection.custom_ice_servers,
            rtsp_uri: camera.map(|camera| camera.rtsp_uri.as_str()),
            adaptative_bitrate: camera.map(|camera| camera.adaptative_bitrate),
            only_play_with_subscribers: camera.map(|camera| camera.only_play_with_subscribers),
            network_cache: camera.map(|camera| camera.network_cache),
            server_data: &connection.server_data,
            token: camera.is_none().then_some(&connection.token),
            active_at: None,
            location: None,
            ip: None,
            platform: None,
            client_data: None,
            publishers: None,
            subscribers: None,
        }
    }

    pub(crate) fn active(participant: &'a Participant, session_id: &'a str) -> Self {
        Self {
            status: "active",
            active_at: Some(participant.active_at),
            location: Some("unknown"),
            ip: Some(&participant.ip),
            platform: Some(&participant.platform),
            client_data: participant
                .connection
                .camera
                .is_none()
                .then_some(&participant.client_data),
            publishers: Some(
                participant
                    .publication
                    .iter()
                    .map(PublisherView::new)
                    .collect(),
            ),
            subscribers: Some(
                participant
                    .subscriptions
                    .iter()
                    .map(SubscriberView::new)
                    .collect(),
            ),
            ..Self::pending(&participant.connection, session_id)
        }
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct PublisherView<'a> {
    created_at: u64,
    stream_id: &'a str,
    media_options: MediaOptionsView<'a>,
}

impl<'a> PublisherView<'a> {
    fn new(publication: &'a Publication) -> Self {
        Self {
            created_at: publication.created_at,
            stream_id: &publication.stream_id,
            media_options: MediaOptionsView {
                media: &publication.media,
                filter: NoFilter {},
            },
        }
    }
}

#[derive(Serialize)]
struct MediaOptionsView<'a> {
    #[serde(flatten)]
    media: &'a MediaOptions,
    filter: NoFilter,
}

#[derive(Serialize)]
struct NoFilter {}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct SubscriberView<'a> {
    created_at: u64,
    stream_id: &'a str,
}

impl<'a> SubscriberView<'a> {
    fn new(subscription: &'a Subscription) -> Self {
        Self {
            created_at: subscription.created_at,
            stream_id: &subscription.stream_id,
        }
    }
}

/// A participant in a newcomer's list of peers. `streams` is left out while nothing is published:
/// openvidu-browser 2.32.2 hangs on an empty one.
pub(crate) fn peer(participant: &Participant) -> Value {
    let mut peer = json!({
        "id": participant.connection.id,
        "createdAt": participant.active_at,
        "metadata": participant.full_metadata(),
    });
    if let Some(publication) = &participant.publication {
        peer["streams"] = json!([stream(publication)]);
    }
    peer
}

/// A stream in a browser's list of peers.
pub(crate) fn stream(publication: &Publication) -> Value {
    let mut stream = json!(publication.media);
    stream["id"] = json!(publication.stream_id);
    stream["createdAt"] = json!(publication.created_at);
    stream["filter"] = json!({});
    stream
}
