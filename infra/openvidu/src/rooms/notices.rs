//! Telling participants what happens.
//!
//! 1. A notice to somebody whose WebSocket is closed evicts them at once, with the reason that the notice
//!    gives. Only then is the next one told.
//! 2. Nobody tells them. They can still reconnect, as their JSON-RPC session goes on, but to nothing.

use serde_json::{Value, json};

use super::leave::evict;
use crate::effect::Consequences;
use crate::model::{EndReason, Participant, RpcId, Session};

/// One notification, before it is known who can be told.
pub(super) struct Notice {
    method: &'static str,
    params: Value,
    /// The end that it tells of.
    reason: Option<EndReason>,
}

impl Notice {
    pub(super) fn new(method: &'static str, params: Value) -> Self {
        Self {
            method,
            params,
            reason: None,
        }
    }

    /// Something of this connection has ended, or all of it.
    pub(super) fn of_end(method: &'static str, connection_id: &str, reason: EndReason) -> Self {
        Self {
            method,
            params: json!({ "connectionId": connection_id, "reason": reason }),
            reason: Some(reason),
        }
    }
}

impl Session {
    /// Whom a notice is for, as JSON-RPC sessions; `except` knows already.
    pub(super) fn audience(&self, except: Option<&str>) -> Vec<RpcId> {
        self.participants
            .iter()
            .map(|participant| participant.rpc.clone())
            .filter(|rpc| Some(rpc.as_str()) != except)
            .collect()
    }

    pub(super) fn tell_all(&mut self, notice: &Notice, follows: &mut Consequences) {
        self.tell(&self.audience(None), notice, follows);
    }

    pub(super) fn tell_others(
        &mut self,
        teller: &str,
        notice: &Notice,
        follows: &mut Consequences,
    ) {
        self.tell(&self.audience(Some(teller)), notice, follows);
    }

    /// Tells each of `audience`, who may have left meanwhile.
    pub(super) fn tell(&mut self, audience: &[RpcId], notice: &Notice, follows: &mut Consequences) {
        for rpc in audience {
            let away = |participant: &Participant| participant.rpc == *rpc && participant.away;
            let Some(ghost) = self.participants.iter().position(away) else {
                follows.notify(rpc, notice.method, notice.params.clone());
                continue;
            };
            let reason = notice.reason.unwrap_or(EndReason::NetworkDisconnect);
            // A crash in here is only logged by a real server.
            let _ = evict(self, ghost, reason, follows);
        }
    }
}
