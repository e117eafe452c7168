//! Leaving a session, being evicted from it, and its end.
//!
//! 1. A participant's streams and subscriptions end first. Then the others are notified.
//! 2. A participant who is evicted is notified, like everybody else. Then their WebSocket is
//!    closed.
//! 3. The session ends when the last participant leaves, and its unused tokens end with it.
//! 4. If the notifications of a leave evict everybody else, the session ends too, before the leave
//!    is reported. A real server then crashes, because it looks for the session that it has just
//!    removed.

use super::notices::Notice;
use super::{Missing, Rooms};
use crate::effect::{Consequences, Effect, End, EventKind, Who};
use crate::model::{EndReason, RpcId, Session};
use crate::refusal::Refusal;

/// The server threw a `NullPointerException` after its work.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Crash;

/// The result for the caller, and the effects.
pub(crate) type Change = (Result<(), Crash>, Vec<Effect>);

impl Rooms {
    /// A participant leaves.
    pub(crate) fn leave(&mut self, rpc: &str, now: u64) -> Result<Change, Refusal> {
        let (session, index) = self.participant_mut(rpc)?;
        let mut follows = Consequences::of(session, now);
        let left = remove(session, index, EndReason::Disconnect, &mut follows);
        self.forget_ended();
        Ok((left, follows.into_effects()))
    }

    /// A participant is gone without leaving. Does nothing if they are not in a session.
    pub(crate) fn lose(&mut self, rpc: &str, now: u64) -> Vec<Effect> {
        let Ok((session, index)) = self.participant_mut(rpc) else {
            return Vec::new();
        };
        let mut follows = Consequences::of(session, now);
        // Nobody waits for an answer, so the crash has no effect.
        let _ = throw_out(session, index, EndReason::NetworkDisconnect, &mut follows);
        self.forget_ended();
        follows.into_effects()
    }

    /// A moderator evicts a participant.
    pub(crate) fn force_disconnect(
        &mut self,
        moderator: &str,
        connection_id: &str,
        now: u64,
    ) -> Result<Change, Refusal> {
        let (session, index) = self.participant_mut(moderator)?;
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
        let mut follows = Consequences::of(session, now);
        let reason = EndReason::ForceDisconnectByUser;
        let thrown_out = throw_out(session, victim, reason, &mut follows);
        self.forget_ended();
        Ok((thrown_out, follows.into_effects()))
    }

    /// Over REST: evicts a participant, or makes an unused token worthless.
    pub(crate) fn remove_connection(
        &mut self,
        session_id: &str,
        connection_id: &str,
        now: u64,
    ) -> Result<Change, Missing> {
        let session = self.sessions.get_mut(session_id).ok_or(Missing::Session)?;
        if let Some(victim) = position(session, connection_id) {
            let mut follows = Consequences::of(session, now);
            let reason = EndReason::ForceDisconnectByServer;
            let thrown_out = throw_out(session, victim, reason, &mut follows);
            self.forget_ended();
            return Ok((thrown_out, follows.into_effects()));
        }
        let unused = session
            .pending
            .iter()
            .position(|connection| connection.id == connection_id)
            .ok_or(Missing::Part)?;
        session.pending.remove(unused);
        Ok((Ok(()), Vec::new()))
    }

    /// Over REST: ends a session with everybody in it.
    pub(crate) fn close_session(
        &mut self,
        session_id: &str,
        now: u64,
    ) -> Result<Vec<Effect>, Missing> {
        let mut session = self.sessions.remove(session_id).ok_or(Missing::Session)?;
        let mut follows = Consequences::of(&session, now);
        let reason = EndReason::SessionClosedByServer;
        for rpc in session.audience(None) {
            // The notification may have evicted them already, if they were away.
            if let Some(index) = session.participants.iter().position(|it| it.rpc == rpc) {
                let _ = throw_out(&mut session, index, reason, &mut follows);
            }
        }
        report_end(&session, reason, &mut follows);
        Ok(follows.into_effects())
    }

    /// Removes the sessions whose end has just been reported.
    pub(super) fn forget_ended(&mut self) {
        self.sessions.retain(|_, session| !session.ended);
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

/// Evicts a participant and closes their WebSocket.
fn throw_out(
    session: &mut Session,
    index: usize,
    reason: EndReason,
    follows: &mut Consequences,
) -> Result<(), Crash> {
    let victim = session.participants[index].rpc.clone();
    evict(session, index, reason, follows)?;
    follows.hang_up(&victim);
    Ok(())
}

/// Evicts a participant, who is notified too.
pub(super) fn evict(
    session: &mut Session,
    index: usize,
    reason: EndReason,
    follows: &mut Consequences,
) -> Result<(), Crash> {
    let id = session.participants[index].connection.id.clone();
    let audience: Vec<RpcId> = session.audience(None);
    remove(session, index, reason, follows)?;
    let evicted = Notice::of_end("participantEvicted", &id, reason);
    session.tell(&audience, &evicted, follows);
    Ok(())
}

fn remove(
    session: &mut Session,
    index: usize,
    reason: EndReason,
    follows: &mut Consequences,
) -> Result<(), Crash> {
    let mut leaver = session.participants.remove(index);
    for remaining in &mut session.participants {
        remaining.end_subscriptions_to(&leaver.connection.id, reason, follows);
    }
    leaver.end_subscriptions(reason, follows);
    leaver.end_publication(reason, follows);
    let was_last = session.participants.is_empty();
    let left = Notice::of_end("participantLeft", &leaver.connection.id, reason);
    session.tell_all(&left, follows);
    follows.report(EventKind::ParticipantLeft(
        Who::of(&leaver),
        End {
            started_at: leaver.active_at,
            reason,
        },
    ));
    if session.ended {
        return Err(Crash);
    }
    // A caller that closes the session reports its end itself.
    if was_last && reason != EndReason::SessionClosedByServer {
        session.ended = true;
        report_end(session, EndReason::LastParticipantLeft, follows);
    }
    Ok(())
}
