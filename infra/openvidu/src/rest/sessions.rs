//! `/openvidu/api/sessions`: create, read and close.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::Map;

use super::body::{Body, Fields};
use super::{Wanted, error, ok, session_properties};
use crate::hub::Hub;
use crate::ids;
use crate::rooms::{AlreadyExists, Missing};
use crate::wire::{Collection, SessionView};

const PATH: &str = "/openvidu/api/sessions";

pub(super) async fn create(State(hub): State<Arc<Hub>>, Body(body): Body) -> Response {
    let empty = Map::new();
    let properties = match session_properties::parse(Fields(body.as_ref().unwrap_or(&empty))) {
        Ok(properties) => properties,
        Err(bad) => {
            let message = format!("Some parameter is not valid. {}", bad.0);
            return error(StatusCode::BAD_REQUEST, &message, PATH, hub.clock.now_ms());
        }
    };
    let id = if properties.custom_session_id.is_empty() {
        ids::session()
    } else {
        properties.custom_session_id.clone()
    };
    let created = hub.change(|rooms, now| {
        let effects = rooms.create_session(&id, properties, now)?;
        let view = rooms
            .session(&id)
            .map(|session| ok(&SessionView::new(session, false)));
        Ok::<_, AlreadyExists>((view, effects))
    });
    match created {
        Ok(Some(response)) => response,
        Ok(None) | Err(AlreadyExists) => StatusCode::CONFLICT.into_response(),
    }
}

pub(super) async fn list(State(hub): State<Arc<Hub>>, wanted: Wanted) -> Response {
    let with_pending = wanted.pending.unwrap_or(false);
    hub.look(|rooms| {
        let views = rooms
            .sessions()
            .map(|session| SessionView::new(session, with_pending));
        ok(&Collection::new(views.collect()))
    })
}

pub(super) async fn read(
    State(hub): State<Arc<Hub>>,
    Path(id): Path<String>,
    wanted: Wanted,
) -> Response {
    let with_pending = wanted.pending.unwrap_or(false);
    hub.look(|rooms| match rooms.session(&id) {
        Some(session) => ok(&SessionView::new(session, with_pending)),
        None => StatusCode::NOT_FOUND.into_response(),
    })
}

pub(super) async fn close(State(hub): State<Arc<Hub>>, Path(id): Path<String>) -> StatusCode {
    let closed = hub.change(|rooms, now| {
        let effects = rooms.close_session(&id, now)?;
        Ok::<_, Missing>(((), effects))
    });
    match closed {
        Ok(()) => StatusCode::NO_CONTENT,
        Err(_) => StatusCode::NOT_FOUND,
    }
}
