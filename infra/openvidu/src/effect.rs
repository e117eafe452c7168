//! The effects of a state change: notifications to send, sockets to close, endpoints to release,
//! events to report. The rules in `rooms` return them; only `hub` carries them out.

use serde_json::Value;

use crate::media::EndpointId;
use crate::model::{EndReason, MediaOptions, Participant, RpcId, Session};

/// One effect of a change. Effects are carried out in order.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Effect {
    /// A notification to one browser.
    Notify {
        to: RpcId,
        method: &'static str,
        params: Value,
    },
    /// Close the WebSocket of a participant who was evicted.
    HangUp(RpcId),
    /// Release a media endpoint.
    Release(EndpointId),
    /// Send a webhook event.
    Report(Event),
}

/// Something that a webhook reports.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Event {
    pub(crate) session_id: String,
    pub(crate) session_created_at: u64,
    pub(crate) timestamp: u64,
    pub(crate) kind: EventKind,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum EventKind {
    SessionCreated,
    SessionDestroyed(End),
    ParticipantJoined(Who),
    ParticipantLeft(Who, End),
    WebrtcConnectionCreated(Flow),
    WebrtcConnectionDestroyed(Flow, End),
    SignalSent {
        from: Option<String>,
        to: Vec<String>,
        kind: Option<String>,
        data: Option<String>,
    },
}

/// When the thing that ended had begun, and why it ended.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct End {
    pub(crate) started_at: u64,
    pub(crate) reason: EndReason,
}

/// A participant as events describe one: without token and role.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Who {
    pub(crate) connection_id: String,
    pub(crate) ip: String,
    pub(crate) platform: String,
    pub(crate) client_data: String,
    pub(crate) server_data: String,
}

impl Who {
    pub(crate) fn of(participant: &Participant) -> Self {
        Self {
            connection_id: participant.connection.id.clone(),
            ip: participant.ip.clone(),
            platform: participant.platform.clone(),
            client_data: participant.client_data.clone(),
            server_data: participant.connection.server_data.clone(),
        }
    }
}

/// Media between a participant and the server, in one direction.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Flow {
    pub(crate) connection_id: String,
    pub(crate) stream_id: String,
    /// The publisher it comes from, or `None` if the participant itself publishes.
    pub(crate) receiving_from: Option<String>,
    pub(crate) media: MediaOptions,
}

/// Collects the effects of one change in one session.
pub(crate) struct Consequences {
    session_id: String,
    session_created_at: u64,
    now: u64,
    effects: Vec<Effect>,
}

impl Consequences {
    pub(crate) fn of(session: &Session, now: u64) -> Self {
        Self {
            session_id: session.id.clone(),
            session_created_at: session.created_at,
            now,
            effects: Vec::new(),
        }
    }

    pub(crate) fn notify(&mut self, to: &str, method: &'static str, params: Value) {
        self.effects.push(Effect::Notify {
            to: to.to_owned(),
            method,
            params,
        });
    }

    pub(crate) fn hang_up(&mut self, rpc: &str) {
        self.effects.push(Effect::HangUp(rpc.to_owned()));
    }

    pub(crate) fn release(&mut self, endpoint: EndpointId) {
        self.effects.push(Effect::Release(endpoint));
    }

    pub(crate) fn report(&mut self, kind: EventKind) {
        self.effects.push(Effect::Report(Event {
            session_id: self.session_id.clone(),
            session_created_at: self.session_created_at,
            timestamp: self.now,
            kind,
        }));
    }

    pub(crate) fn into_effects(self) -> Vec<Effect> {
        self.effects
    }
}
