//! `/openvidu/api/sessions/{id}/connection`, tokens and streams.
//!
//! An unknown session is a 404 where connections are made or listed, and a 400 where one connection
//! is named.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::{Map, json};

use super::auth::crashed;
use super::body::{BadField, Body, Fields};
use super::connection_properties::ConnectionProperties;
use super::{Wanted, error, ok};
use crate::hub::Hub;
use crate::ids;
use crate::model::Connection;
use crate::rooms::{Change, Crash, Missing, Rooms};
use crate::wire::{self, ConnectionView};

pub(super) async fn create(
    State(hub): State<Arc<Hub>>,
    Path(session_id): Path<String>,
    Body(body): Body,
) -> Response {
    let not_found = || StatusCode::NOT_FOUND.into_response();
    if !exists(&hub, &session_id) {
        return not_found();
    }
    let path = format!("/openvidu/api/sessions/{session_id}/connection");
    let failed = |status, message: &str| error(status, message, &path, hub.clock.now_ms());
    let empty = Map::new();
    let fields = Fields(body.as_ref().unwrap_or(&empty));
    let properties = match ConnectionProperties::parse(fields) {
        Ok(properties) => properties,
        Err(BadField(message)) => return failed(StatusCode::BAD_REQUEST, &message),
    };
    let connection = new_connection(&hub, &session_id, properties);
    if connection.camera.is_some() {
        let added = hub.change(|rooms, now| rooms.add_camera(&session_id, connection, now));
        return match added {
            Ok(camera) => ok(&ConnectionView::active(&camera, &session_id)),
            Err(_) => not_found(),
        };
    }
    let response = ok(&ConnectionView::pending(&connection, &session_id));
    match add(&hub, &session_id, connection) {
        Ok(()) => response,
        Err(_) => not_found(),
    }
}

/// `POST /openvidu/api/tokens`, deprecated since 2.16.
pub(super) async fn create_token(State(hub): State<Arc<Hub>>, Body(body): Body) -> Response {
    let Some(body) = body else {
        return StatusCode::FORBIDDEN.into_response();
    };
    let failed =
        |status, message: &str| error(status, message, "/openvidu/api/tokens", hub.clock.now_ms());
    let fields = Fields(&body);
    let parsed = fields.string("session").and_then(|session| {
        let session =
            session.ok_or_else(|| BadField("\"session\" parameter is mandatory".to_owned()))?;
        Ok((session, ConnectionProperties::parse(fields)?))
    });
    let (session_id, mut properties) = match parsed {
        Ok(parsed) => parsed,
        Err(BadField(message)) => return failed(StatusCode::BAD_REQUEST, &message),
    };
    properties.record = true;
    properties.camera = None;
    let connection = new_connection(&hub, session_id, properties);
    let mut answer = json!({
        "id": connection.token,
        "token": connection.token,
        "createdAt": connection.created_at,
        "connectionId": connection.id,
        "session": session_id,
        "data": connection.server_data,
        "role": connection.role,
    });
    if let Some(options) = &connection.kurento_options {
        answer["kurentoOptions"] = options.clone();
    }
    match add(&hub, session_id, connection) {
        Ok(()) => ok(&answer),
        Err(_) => failed(
            StatusCode::NOT_FOUND,
            &format!("Session {session_id} not found"),
        ),
    }
}

pub(super) async fn list(
    State(hub): State<Arc<Hub>>,
    Path(session_id): Path<String>,
    wanted: Wanted,
) -> Response {
    let with_pending = wanted.pending.unwrap_or(true);
    hub.look(|rooms| match rooms.session(&session_id) {
        Some(session) => ok(&wire::connections(session, with_pending)),
        None => StatusCode::NOT_FOUND.into_response(),
    })
}

pub(super) async fn read(
    State(hub): State<Arc<Hub>>,
    Path((session_id, connection_id)): Path<(String, String)>,
    _: Wanted,
) -> Response {
    hub.look(|rooms| {
        let Some(session) = rooms.session(&session_id) else {
            return StatusCode::BAD_REQUEST.into_response();
        };
        if let Some(participant) = session.participant(&connection_id) {
            return ok(&ConnectionView::active(participant, &session_id));
        }
        session
            .pending
            .iter()
            .find(|connection| connection.id == connection_id)
            .map_or_else(
                || StatusCode::NOT_FOUND.into_response(),
                |connection| ok(&ConnectionView::pending(connection, &session_id)),
            )
    })
}

pub(super) async fn remove(
    State(hub): State<Arc<Hub>>,
    Path((session_id, connection_id)): Path<(String, String)>,
) -> Response {
    removed(&hub, |rooms, now| {
        rooms.remove_connection(&session_id, &connection_id, now)
    })
}

pub(super) async fn remove_stream(
    State(hub): State<Arc<Hub>>,
    Path((session_id, stream_id)): Path<(String, String)>,
) -> Response {
    removed(&hub, |rooms, now| {
        Ok((Ok(()), rooms.remove_stream(&session_id, &stream_id, now)?))
    })
}

fn removed(hub: &Hub, remove: impl FnOnce(&mut Rooms, u64) -> Result<Change, Missing>) -> Response {
    match hub.change(remove) {
        Ok(Ok(())) => StatusCode::NO_CONTENT.into_response(),
        Ok(Err(Crash)) => crashed(),
        Err(Missing::Session) => StatusCode::BAD_REQUEST.into_response(),
        Err(Missing::Part) => StatusCode::NOT_FOUND.into_response(),
    }
}

fn exists(hub: &Hub, session_id: &str) -> bool {
    hub.look(|rooms| rooms.session(session_id).is_some())
}

fn add(hub: &Hub, session_id: &str, connection: Connection) -> Result<(), Missing> {
    hub.change(|rooms, _| {
        rooms.add_connection(session_id, connection)?;
        Ok(((), Vec::new()))
    })
}

fn new_connection(hub: &Hub, session_id: &str, properties: ConnectionProperties) -> Connection {
    let id = match &properties.camera {
        Some(camera) => ids::camera(&camera.rtsp_uri),
        None => properties.forced_id().unwrap_or_else(ids::connection),
    };
    Connection {
        id,
        token: hub.address.token(session_id, &ids::token()),
        created_at: hub.clock.now_ms(),
        role: properties.role,
        record: properties.record,
        server_data: properties.data,
        kurento_options: properties.kurento_options,
        custom_ice_servers: properties.custom_ice_servers,
        camera: properties.camera,
    }
}
