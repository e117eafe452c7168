//! Notifying participants.
//!
//! 1. A notification to a participant whose WebSocket is closed evicts them at once, for the reason
//!    that the notification gives. Only then is the next one notified.
//! 2. They do not learn of the eviction. Their JSON-RPC session goes on, so they can still
//!    reconnect, but to nothing.

use serde_json::{Value, json};

use super::leave::evict;
use crate::effect::Consequences;
use crate::model::{EndReason, Participant, RpcId, Session};

/// One notification, before its recipients are known.
pub(super) struct Notice {
    method: &'static str,
    params: Value,
    /// The end that it reports.
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

    /// A notification that a connection, or something of it, has ended.
    pub(super) fn of_end(method: &'static str, connection_id: &str, reason: EndReason) -> Self {
        Self {
            method,
            params: json!({ "connectionId": connection_id, "reason": reason }),
            reason: Some(reason),
        }
    }
}

impl Session {
    /// The recipients of a notification, as JSON-RPC sessions. `except` knows already.
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

    /// Notifies each of `audience`, as far as they are still there.
    pub(super) fn tell(&mut self, audience: &[RpcId], notice: &Notice, follows: &mut Consequences) {
        for rpc in audience {
            let away = |participant: &Participant| participant.rpc == *rpc && participant.away;
            let Some(ghost) = self.participants.iter().position(away) else {
                follows.notify(rpc, notice.method, notice.params.clone());
                continue;
            };
            let reason = notice.reason.unwrap_or(EndReason::NetworkDisconnect);
            // A real server only logs a crash at this place.
            let _ = evict(self, ghost, reason, follows);
        }
    }
}
