//! The ports in memory, for tests: as exact as the real ones, and their contents can be looked at.
//!
//! Each method takes effect at one moment, as a single-item write does.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::domain::{
    Connection, ConnectionId, Removal, Role, Seat, Seats, Session, SessionId, SessionName,
    Timestamp, Token, TokenRecord, UserName,
};
use crate::ports::{
    CallInventory, CallStore, Cursor, Page, StoreError, VideoError, VideoInventory, VideoServer,
};

/// Calls and tokens in memory.
#[derive(Debug, Default)]
pub struct MemoryCalls {
    contents: Mutex<CallRecords>,
}

/// Everything that a [`MemoryCalls`] holds.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct CallRecords {
    /// The open calls.
    pub sessions: BTreeMap<SessionName, Session>,
    /// The tokens handed out.
    pub tokens: BTreeMap<(SessionName, Token), TokenRecord>,
}

impl From<CallRecords> for MemoryCalls {
    fn from(records: CallRecords) -> Self {
        Self {
            contents: Mutex::new(records),
        }
    }
}

impl MemoryCalls {
    /// What is on record at this moment.
    pub fn records(&self) -> CallRecords {
        self.lock().clone()
    }

    /// What is on record at the end.
    pub fn into_records(self) -> CallRecords {
        let contents = self.contents.into_inner();
        contents.unwrap_or_else(PoisonError::into_inner)
    }

    fn lock(&self) -> MutexGuard<'_, CallRecords> {
        self.contents.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl CallStore for MemoryCalls {
    async fn find_or_open(
        &self,
        name: &SessionName,
        candidate: &SessionId,
        now: Timestamp,
        expires_at: Timestamp,
    ) -> Result<Session, StoreError> {
        let mut contents = self.lock();
        let session = contents
            .sessions
            .entry(name.clone())
            .or_insert_with(|| Session {
                name: name.clone(),
                id: candidate.clone(),
                version: 0,
                opened_at: now,
                expires_at,
            });
        Ok(session.clone())
    }

    async fn find(
        &self,
        name: &SessionName,
        now: Timestamp,
    ) -> Result<Option<Session>, StoreError> {
        let session = self.lock().sessions.get(name).cloned();
        Ok(session.filter(|session| session.expires_at > now))
    }

    async fn record(&self, token: &TokenRecord) -> Result<(), StoreError> {
        let key = (token.session_name.clone(), token.connection.token.clone());
        self.lock().tokens.insert(key, token.clone());
        Ok(())
    }

    async fn confirm(
        &self,
        name: &SessionName,
        id: &SessionId,
        expires_at: Timestamp,
    ) -> Result<bool, StoreError> {
        match self.lock().sessions.get_mut(name) {
            Some(session) if session.id == *id => {
                session.version += 1;
                session.expires_at = expires_at;
                Ok(true)
            }
            Some(_) | None => Ok(false),
        }
    }

    async fn remove(
        &self,
        name: &SessionName,
        token: &Token,
        owner: Option<&UserName>,
    ) -> Result<Removal, StoreError> {
        let mut contents = self.lock();
        let key = (name.clone(), token.clone());
        Ok(match contents.tokens.remove(&key) {
            None => Removal::NotThere,
            Some(record) if owner.is_some_and(|owner| *owner != record.user) => {
                contents.tokens.insert(key, record);
                Removal::NotYours
            }
            Some(record) => Removal::Removed(record),
        })
    }

    async fn find_by_connection(
        &self,
        name: &SessionName,
        id: &ConnectionId,
        now: Timestamp,
    ) -> Result<Option<TokenRecord>, StoreError> {
        let contents = self.lock();
        let mut alive = contents
            .tokens
            .values()
            .filter(|token| token.expires_at > now);
        let found = alive.find(|token| token.session_name == *name && token.connection.id == *id);
        Ok(found.cloned())
    }

    async fn has_tokens(&self, name: &SessionName, now: Timestamp) -> Result<bool, StoreError> {
        let contents = self.lock();
        let mut alive = contents
            .tokens
            .values()
            .filter(|token| token.expires_at > now);
        Ok(alive.any(|token| token.session_name == *name))
    }

    async fn close(&self, session: &Session) -> Result<bool, StoreError> {
        let mut contents = self.lock();
        let unchanged = contents
            .sessions
            .get(&session.name)
            .is_some_and(|now| now.id == session.id && now.version == session.version);
        if unchanged {
            contents.sessions.remove(&session.name);
        }
        Ok(unchanged)
    }
}

impl CallInventory for MemoryCalls {
    async fn tokens(&self, name: &SessionName) -> Result<Vec<TokenRecord>, StoreError> {
        let contents = self.lock();
        let tokens = contents
            .tokens
            .values()
            .filter(|token| token.session_name == *name);
        Ok(tokens.cloned().collect())
    }

    async fn page(&self, _after: Option<&Cursor>) -> Result<Page, StoreError> {
        let contents = self.lock();
        Ok(Page {
            sessions: contents.sessions.values().cloned().collect(),
            tokens: contents.tokens.values().cloned().collect(),
            next: None,
        })
    }

    async fn prolong_call(
        &self,
        name: &SessionName,
        id: &SessionId,
        expires_at: Timestamp,
    ) -> Result<(), StoreError> {
        let mut contents = self.lock();
        let session = contents.sessions.get_mut(name);
        if let Some(session) = session.filter(|session| session.id == *id) {
            session.expires_at = expires_at;
        }
        Ok(())
    }

    async fn prolong_token(
        &self,
        name: &SessionName,
        token: &Token,
        expires_at: Timestamp,
    ) -> Result<(), StoreError> {
        let key = (name.clone(), token.clone());
        if let Some(token) = self.lock().tokens.get_mut(&key) {
            token.expires_at = expires_at;
        }
        Ok(())
    }

    async fn bookmark(&self) -> Result<Option<Cursor>, StoreError> {
        Ok(None)
    }

    async fn set_bookmark(&self, _cursor: Option<&Cursor>) -> Result<(), StoreError> {
        Ok(())
    }
}

/// A video server in memory, with a session's life as `OpenVidu` 2.32 has it.
#[derive(Debug, Default)]
pub struct MemoryVideo {
    contents: Mutex<VideoSessions>,
}

/// Everything that a [`MemoryVideo`] holds.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct VideoSessions {
    /// The sessions, each with its connections: `true` once somebody has connected.
    pub sessions: BTreeMap<SessionId, BTreeMap<ConnectionId, bool>>,
    /// The number of each user's latest connection: ids are never used again.
    pub latest: BTreeMap<String, u64>,
}

impl From<VideoSessions> for MemoryVideo {
    fn from(sessions: VideoSessions) -> Self {
        Self {
            contents: Mutex::new(sessions),
        }
    }
}

impl MemoryVideo {
    /// What the server has at this moment.
    pub fn sessions(&self) -> VideoSessions {
        self.lock().clone()
    }

    /// What the server has at the end.
    pub fn into_sessions(self) -> VideoSessions {
        let contents = self.contents.into_inner();
        contents.unwrap_or_else(PoisonError::into_inner)
    }

    /// Somebody connects with a token; `false`: it is dead (used, taken back, or its session closed).
    pub fn enter(&self, connection: &Connection) -> bool {
        let mut contents = self.lock();
        let mut seats = contents.sessions.values_mut();
        match seats.find_map(|seats| seats.get_mut(&connection.id)) {
            Some(connected) if !*connected => {
                *connected = true;
                true
            }
            Some(_) | None => false,
        }
    }

    /// Somebody's connection ends; with the last one, the session and its unused tokens do too.
    pub fn exit(&self, id: &ConnectionId) {
        let mut contents = self.lock();
        contents.sessions.retain(|_, seats| {
            let was_connected = seats.remove(id) == Some(true);
            !was_connected || seats.values().any(|connected| *connected)
        });
    }

    /// The server stops and starts: everything is gone.
    pub fn restart(&self) {
        self.lock().sessions.clear();
    }

    fn lock(&self) -> MutexGuard<'_, VideoSessions> {
        self.contents.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl VideoServer for MemoryVideo {
    async fn open(&self, id: &SessionId) -> Result<(), VideoError> {
        self.lock().sessions.entry(id.clone()).or_default();
        Ok(())
    }

    async fn connect(
        &self,
        id: &SessionId,
        user: &UserName,
        _role: Role,
    ) -> Result<Option<Connection>, VideoError> {
        let contents = &mut *self.lock();
        let Some(seats) = contents.sessions.get_mut(id) else {
            return Ok(None);
        };
        // Counted for each user, so that the ids do not tell who came first: tests which compare
        // contents see the same in either order.
        let user = user.as_str();
        let user = user.replace(|c: char| !c.is_ascii_alphanumeric(), "-");
        let number = contents.latest.entry(user.clone()).or_default();
        *number += 1;
        let connection = Connection {
            id: ConnectionId::parse(&format!("con_{user}_{number}")).map_err(unreadable)?,
            token: Token::parse(&format!("tok_{user}_{number}")).map_err(unreadable)?,
        };
        seats.insert(connection.id.clone(), false);
        Ok(Some(connection))
    }

    async fn evict(
        &self,
        session: &SessionId,
        connection: &ConnectionId,
    ) -> Result<bool, VideoError> {
        let mut contents = self.lock();
        let Some(seats) = contents.sessions.get_mut(session) else {
            return Ok(false);
        };
        let was_there = seats.remove(connection);
        if was_there == Some(true) && !seats.values().any(|connected| *connected) {
            contents.sessions.remove(session);
        }
        Ok(was_there.is_some())
    }

    async fn close(&self, id: &SessionId) -> Result<(), VideoError> {
        self.lock().sessions.remove(id);
        Ok(())
    }
}

impl VideoInventory for MemoryVideo {
    async fn seats(&self, id: &SessionId) -> Result<Option<Seats>, VideoError> {
        Ok(self.lock().sessions.get(id).map(seats))
    }

    async fn all_seats(&self) -> Result<BTreeMap<SessionId, Seats>, VideoError> {
        let contents = self.lock();
        let all = contents.sessions.iter();
        Ok(all
            .map(|(id, session)| (id.clone(), seats(session)))
            .collect())
    }
}

/// As a listing has them; everything here was made at the beginning of time.
fn seats(session: &BTreeMap<ConnectionId, bool>) -> Seats {
    let created_at = Timestamp::from_unix_seconds(0);
    let seats = session.iter().map(|(id, taken)| {
        let taken = *taken;
        (id.clone(), Seat { taken, created_at })
    });
    Seats {
        created_at,
        seats: seats.collect(),
    }
}

fn unreadable(error: impl std::error::Error + Send + Sync + 'static) -> VideoError {
    VideoError::Unreadable(Box::new(error))
}
