//! The rules of a server, as pure state transitions: the time is an argument, and every effect is a
//! returned `Effect`. No sockets, no media, and no JSON except in notifications.

mod join;
mod leave;
mod notices;
mod publications;
mod signals;
mod subscriptions;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

pub(crate) use join::{Joined, Joiner};
pub(crate) use leave::{Change, Crash};
pub(crate) use signals::{Signal, Undelivered};
pub(crate) use subscriptions::Reconnection;

use crate::effect::{Consequences, Effect, EventKind};
use crate::model::{Connection, Participant, Session, SessionProperties};
use crate::refusal::Refusal;

/// All sessions of the server, by id.
#[derive(Default)]
pub(crate) struct Rooms {
    sessions: BTreeMap<String, Session>,
}

/// A session with that id exists, joined or not.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct AlreadyExists;

/// What a request named and the server does not have.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Missing {
    Session,
    /// The session exists; the connection or stream does not.
    Part,
}

impl Rooms {
    pub(crate) fn sessions(&self) -> impl Iterator<Item = &Session> {
        self.sessions.values()
    }

    pub(crate) fn session(&self, id: &str) -> Option<&Session> {
        self.sessions.get(id)
    }

    /// Creates an empty session. If two callers use the same id, the second gets an error.
    pub(crate) fn create_session(
        &mut self,
        id: &str,
        properties: SessionProperties,
        now: u64,
    ) -> Result<Vec<Effect>, AlreadyExists> {
        if self.sessions.contains_key(id) {
            return Err(AlreadyExists);
        }
        let session = Session::new(id.to_owned(), now, properties);
        let mut follows = Consequences::of(&session, now);
        follows.report(EventKind::SessionCreated);
        self.sessions.insert(session.id.clone(), session);
        Ok(follows.into_effects())
    }

    /// Adds a token for one join. A new token does not extend the session's life.
    pub(crate) fn add_connection(
        &mut self,
        session_id: &str,
        connection: Connection,
    ) -> Result<(), Missing> {
        let session = self.sessions.get_mut(session_id).ok_or(Missing::Session)?;
        session.pending.push(connection);
        Ok(())
    }

    /// Removes sessions, with their tokens, that are `threshold` old and that nobody ever joined.
    /// As on a real server, no event reports it.
    pub(crate) fn collect_garbage(&mut self, now: u64, threshold: u64) -> usize {
        let before = self.sessions.len();
        self.sessions.retain(|_, session| {
            session.joined || now.saturating_sub(session.created_at) < threshold
        });
        before - self.sessions.len()
    }

    /// The participant of this JSON-RPC session, and their session.
    pub(crate) fn participant(&self, rpc: &str) -> Option<(&Session, &Participant)> {
        self.sessions
            .values()
            .find_map(|session| Some((session, session.participant_by_rpc(rpc)?)))
    }

    /// Notes that the WebSocket of this JSON-RPC session was closed or replaced.
    pub(crate) fn set_away(&mut self, rpc: &str, away: bool) {
        if let Ok((session, index)) = self.participant_mut(rpc) {
            session.participants[index].away = away;
        }
    }

    /// The session of this JSON-RPC session and the index of its participant, for changes.
    fn participant_mut(&mut self, rpc: &str) -> Result<(&mut Session, usize), Refusal> {
        self.sessions
            .values_mut()
            .find_map(|session| {
                let index = session
                    .participants
                    .iter()
                    .position(|each| each.rpc == rpc)?;
                Some((session, index))
            })
            .ok_or_else(|| not_joined(rpc))
    }
}

/// The error for a method that needs a session, called outside one.
pub(crate) fn not_joined(rpc: &str) -> Refusal {
    Refusal::new(
        Refusal::TRANSPORT,
        format!(
            "No connection found for participant with privateId {rpc}. \
             Method 'Session.connect()' must be the first operation called in any session"
        ),
    )
}
