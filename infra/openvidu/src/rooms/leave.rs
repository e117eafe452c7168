//! Leaving a session, being thrown out of it, and its end.
//!
//! 1. Whoever goes takes along what they sent and what they received, then the others are told.
//! 2. Who is thrown out is told so, as is everybody else, and their WebSocket is closed.
//! 3. When the last one goes, the session ends at once, and its unused tokens with it.

use serde_json::json;

use super::{Missing, Rooms};
use crate::effect::{Consequences, Effect, End, EventKind, Who};
use crate::model::{EndReason, Session};
use crate::refusal::Refusal;

impl Rooms {
    /// Somebody says goodbye.
    pub(crate) fn leave(&mut self, rpc: &str, now: u64) -> Result<Vec<Effect>, Refusal> {
        let (session, index) = self.seat_mut(rpc)?;
        let id = session.id.clone();
        let mut follows = Consequences::of(session, now);
        remove(session, index, EndReason::Disconnect, &mut follows);
        self.end_if_deserted(&id, &mut follows);
        Ok(follows.into_effects())
    }

    /// Somebody is gone without a goodbye. Nothing happens if they are not in a session.
    pub(crate) fn lose(&mut self, rpc: &str, now: u64) -> Vec<Effect> {
        let Ok((session, index)) = self.seat_mut(rpc) else {
            return Vec::new();
        };
        let id = session.id.clone();
        let mut follows = Consequences::of(session, now);
        evict(session, index, EndReason::NetworkDisconnect, &mut follows);
        self.end_if_deserted(&id, &mut follows);
        follows.into_effects()
    }

    /// A moderator throws somebody out.
    pub(crate) fn force_disconnect(
        &mut self,
        moderator: &str,
        connection_id: &str,
        now: u64,
    ) -> Result<Vec<Effect>, Refusal> {
        let (session, index) = self.seat_mut(moderator)?;
        if !session.participants[index].may_moderate() {
            return Err(Refusal::new(
                Refusal::UNAUTHORIZED,
                "Unable to force disconnect. The user does not have a valid token",
            ));
        }
        let victim = position(session, connection_id).ok_or_else(|| {
            Refusal::new(
                Refusal::USER_NOT_FOUND,
                "Connection not found when calling 'forceDisconnect'",
            )
        })?;
        let id = session.id.clone();
        let mut follows = Consequences::of(session, now);
        evict(
            session,
            victim,
            EndReason::ForceDisconnectByUser,
            &mut follows,
        );
        self.end_if_deserted(&id, &mut follows);
        Ok(follows.into_effects())
    }

    /// Over REST: throws somebody out, or makes an unused token worthless.
    pub(crate) fn remove_connection(
        &mut self,
        session_id: &str,
        connection_id: &str,
        now: u64,
    ) -> Result<Vec<Effect>, Missing> {
        let session = self.sessions.get_mut(session_id).ok_or(Missing::Session)?;
        if let Some(index) = position(session, connection_id) {
            let mut follows = Consequences::of(session, now);
            evict(
                session,
                index,
                EndReason::ForceDisconnectByServer,
                &mut follows,
            );
            self.end_if_deserted(session_id, &mut follows);
            return Ok(follows.into_effects());
        }
        let unused = session
            .pending
            .iter()
            .position(|connection| connection.id == connection_id)
            .ok_or(Missing::Part)?;
        session.pending.remove(unused);
        Ok(Vec::new())
    }

    /// Ends a session with everybody in it.
    pub(crate) fn close_session(
        &mut self,
        session_id: &str,
        reason: EndReason,
        now: u64,
    ) -> Result<Vec<Effect>, Missing> {
        let mut session = self.sessions.remove(session_id).ok_or(Missing::Session)?;
        let mut follows = Consequences::of(&session, now);
        while !session.participants.is_empty() {
            evict(&mut session, 0, reason, &mut follows);
        }
        report_end(&session, reason, &mut follows);
        Ok(follows.into_effects())
    }

    /// The server stops: ends every session that somebody is in. The others just vanish.
    pub(crate) fn close_joined_sessions(&mut self, reason: EndReason, now: u64) -> Vec<Effect> {
        let joined: Vec<String> = self
            .sessions
            .values()
            .filter(|session| session.joined)
            .map(|session| session.id.clone())
            .collect();
        joined
            .iter()
            .flat_map(|id| self.close_session(id, reason, now).unwrap_or_default())
            .collect()
    }

    fn end_if_deserted(&mut self, session_id: &str, follows: &mut Consequences) {
        let deserted = self
            .sessions
            .get(session_id)
            .is_some_and(|session| session.joined && session.participants.is_empty());
        if !deserted {
            return;
        }
        if let Some(session) = self.sessions.remove(session_id) {
            report_end(&session, EndReason::LastParticipantLeft, follows);
        }
    }
}

fn position(session: &Session, connection_id: &str) -> Option<usize> {
    session
        .participants
        .iter()
        .position(|participant| participant.connection.id == connection_id)
}

fn report_end(session: &Session, reason: EndReason, follows: &mut Consequences) {
    follows.report(EventKind::SessionDestroyed(End {
        started_at: session.created_at,
        reason,
    }));
}

fn evict(session: &mut Session, index: usize, reason: EndReason, follows: &mut Consequences) {
    let victim = session.participants[index].rpc.clone();
    let connection_id = session.participants[index].connection.id.clone();
    let witnesses: Vec<String> = session
        .participants
        .iter()
        .map(|participant| participant.rpc.clone())
        .collect();
    remove(session, index, reason, follows);
    for witness in &witnesses {
        follows.notify(
            witness,
            "participantEvicted",
            json!({ "connectionId": connection_id, "reason": reason }),
        );
    }
    follows.hang_up(&victim);
}

fn remove(session: &mut Session, index: usize, reason: EndReason, follows: &mut Consequences) {
    let mut leaver = session.participants.remove(index);
    for remaining in &mut session.participants {
        remaining.end_subscriptions_to(&leaver.connection.id, reason, follows);
    }
    leaver.end_subscriptions(reason, follows);
    leaver.end_publication(reason, follows);
    for remaining in &session.participants {
        follows.notify(
            &remaining.rpc,
            "participantLeft",
            json!({ "connectionId": leaver.connection.id, "reason": reason }),
        );
    }
    follows.report(EventKind::ParticipantLeft(
        Who::of(&leaver),
        End {
            started_at: leaver.active_at,
            reason,
        },
    ));
}
