//! The rules of a server's life, as state transitions: what was, what happens, what follows.
//! Pure: the time is an argument and every consequence a returned `Effect`. No sockets, no media,
//! no JSON beyond the notifications browsers are sent.

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

/// Every session of the server, by id.
#[derive(Default)]
pub(crate) struct Rooms {
    sessions: BTreeMap<String, Session>,
}

/// A session by that id is there, joined or not.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct AlreadyExists;

/// What a request named and the server does not have.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Missing {
    Session,
    /// The session is there; the connection or stream is not.
    Part,
}

impl Rooms {
    pub(crate) fn sessions(&self) -> impl Iterator<Item = &Session> {
        self.sessions.values()
    }

    pub(crate) fn session(&self, id: &str) -> Option<&Session> {
        self.sessions.get(id)
    }

    /// Opens a session that nobody is in yet. Two creators of one id: the second is told.
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

    /// Adds a token that is good for one join. Making one does not lengthen the session's life.
    pub(crate) fn add_connection(
        &mut self,
        session_id: &str,
        connection: Connection,
    ) -> Result<(), Missing> {
        let session = self.sessions.get_mut(session_id).ok_or(Missing::Session)?;
        session.pending.push(connection);
        Ok(())
    }

    /// Forgets the sessions nobody ever joined that are `threshold` old, with their tokens.
    /// No event tells of it, as on a real server.
    pub(crate) fn collect_garbage(&mut self, now: u64, threshold: u64) -> usize {
        let before = self.sessions.len();
        self.sessions.retain(|_, session| {
            session.joined || now.saturating_sub(session.created_at) < threshold
        });
        before - self.sessions.len()
    }

    /// The session and the person that this JSON-RPC session is in.
    pub(crate) fn seat(&self, rpc: &str) -> Option<(&Session, &Participant)> {
        self.sessions
            .values()
            .find_map(|session| Some((session, session.seated(rpc)?)))
    }

    /// The WebSocket of this JSON-RPC session is closed, or it has another one.
    pub(crate) fn set_away(&mut self, rpc: &str, away: bool) {
        if let Ok((session, index)) = self.seat_mut(rpc) {
            session.participants[index].away = away;
        }
    }

    /// The session of this JSON-RPC session and its place in it, to change them.
    fn seat_mut(&mut self, rpc: &str) -> Result<(&mut Session, usize), Refusal> {
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

/// What a method gets that is called outside a session.
pub(crate) fn not_joined(rpc: &str) -> Refusal {
    Refusal::new(
        Refusal::TRANSPORT,
        format!(
            "No connection found for participant with privateId {rpc}. \
             Method 'Session.connect()' must be the first operation called in any session"
        ),
    )
}
