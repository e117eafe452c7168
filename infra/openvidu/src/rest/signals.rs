//! `POST /openvidu/api/signal`: the server sends a signal to participants.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::Value;

use super::body::{BadField, Body, Fields};
use super::error;
use crate::hub::Hub;
use crate::rooms::{Signal, Undelivered};

pub(super) async fn send(State(hub): State<Arc<Hub>>, Body(body): Body) -> Response {
    let Some(body) = body else {
        return StatusCode::FORBIDDEN.into_response();
    };
    let failed =
        |status, message: &str| error(status, message, "/openvidu/api/signal", hub.clock.now_ms());
    let (session_id, addressees, mut signal) = match parse(Fields(&body)) {
        Ok(parsed) => parsed,
        Err(BadField(message)) => return failed(StatusCode::BAD_REQUEST, &message),
    };
    let sent = hub.change(|rooms, now| {
        // First the session must have a participant; only then are the recipients checked.
        let addressees = match rooms.session(session_id) {
            Some(session) if !session.participants.is_empty() => addressees,
            _ => Vec::new(),
        };
        signal.to = addressees
            .iter()
            .map(|id| id.as_str().map(str::to_owned).ok_or(id))
            .collect::<Result<_, _>>()
            .map_err(|id| Undelivered::Absent(id.to_string()))?;
        let effects = rooms.signal_from_server(session_id, &signal, now)?;
        Ok(((), effects))
    });
    match sent {
        Ok(()) => StatusCode::OK.into_response(),
        Err(Undelivered::NoSuchSession) => StatusCode::NOT_FOUND.into_response(),
        Err(Undelivered::NobodyThere) => StatusCode::NOT_ACCEPTABLE.into_response(),
        Err(Undelivered::Absent(id)) => failed(
            StatusCode::NOT_ACCEPTABLE,
            &format!("Connection [{id}] does not exist in session '{session_id}'"),
        ),
    }
}

fn parse(fields: Fields<'_>) -> Result<(&str, Vec<Value>, Signal), BadField> {
    let type_error = |_| BadField("Type error in some parameter".to_owned());
    let session = fields.string("session").map_err(type_error)?;
    let addressees = fields.array("to").map_err(type_error)?;
    let kind = fields.string("type").map_err(type_error)?;
    let data = fields.string("data").map_err(type_error)?;
    let signal = Signal {
        to: Vec::new(),
        kind: kind.map(str::to_owned),
        data: data.map(str::to_owned),
    };
    let session =
        session.ok_or_else(|| BadField("\"session\" parameter is mandatory".to_owned()))?;
    Ok((session, addressees.unwrap_or_default().to_vec(), signal))
}
