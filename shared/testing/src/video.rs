//! The video server in memory.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use shared::domain::{
    Connection, ConnectionId, InvalidToken, Nickname, Role, Seat, Seats, SessionId, Timestamp,
    Token, UserName,
};
use shared::ports::{Listing, VideoError, VideoInventory, VideoServer};

use crate::calls::lock;

/// A video server in memory, with a session's life as `OpenVidu` 2.32 has it, or as LiveKit has it.
#[derive(Debug, Default)]
pub struct MemoryVideo {
    contents: Mutex<VideoSessions>,
    notes: Mutex<Notes>,
}

/// What tests tell a [`MemoryVideo`] about time and about others.
#[derive(Debug, Default)]
struct Notes {
    clock: Timestamp,
    made_at: BTreeMap<String, Timestamp>,
    foreign: BTreeSet<ConnectionId>,
    ghosts: BTreeSet<ConnectionId>,
    nudges: Vec<SessionId>,
    nicknames: BTreeMap<ConnectionId, Nickname>,
}

/// Whose rules a [`MemoryVideo`] follows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Kind {
    /// A connection is listed from its making, is good once, and ends its session with it if it is the last.
    #[default]
    OpenVidu,
    /// Only who is connected is listed. A token stays good, whatever happens, and makes its session anew.
    LiveKit,
}

/// Everything that a [`MemoryVideo`] holds.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct VideoSessions {
    /// The sessions with their connections: `true` once somebody has connected.
    pub sessions: BTreeMap<SessionId, BTreeMap<ConnectionId, bool>>,
    /// The number of each user's latest connection: ids are never used again.
    pub latest: BTreeMap<String, u64>,
    /// Whose rules hold.
    pub kind: Kind,
}

impl From<VideoSessions> for MemoryVideo {
    fn from(sessions: VideoSessions) -> Self {
        Self {
            contents: Mutex::new(sessions),
            notes: Mutex::default(),
        }
    }
}

impl MemoryVideo {
    /// A server with the rules of LiveKit.
    pub fn livekit() -> Self {
        let kind = Kind::LiveKit;
        VideoSessions {
            kind,
            ..VideoSessions::default()
        }
        .into()
    }

    /// What is made from now on is made at this time, and so is what it began with.
    pub fn set_clock(&self, time: Timestamp) {
        lock(&self.notes).clock = time;
    }

    /// Adds a connection of somebody else, for example an IP camera.
    pub fn add_foreign(&self, session: &SessionId, id: &ConnectionId) {
        let mut contents = self.lock();
        let seats = contents.sessions.entry(session.clone()).or_default();
        seats.insert(id.clone(), true);
        self.note(id.as_str());
        lock(&self.notes).foreign.insert(id.clone());
    }

    /// The nickname that somebody's connection was asked for with.
    pub fn nickname_of(&self, id: &ConnectionId) -> Option<Nickname> {
        lock(&self.notes).nicknames.get(id).cloned()
    }

    fn note(&self, id: &str) {
        let mut notes = lock(&self.notes);
        let clock = notes.clock;
        notes.made_at.entry(id.to_owned()).or_insert(clock);
    }

    /// What the server has now.
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
        if contents.kind == Kind::LiveKit {
            let Some((session, id)) = opens(connection.token.expose()) else {
                return false;
            };
            let joined_at = lock(&self.notes).clock;
            let made_at = &mut lock(&self.notes).made_at;
            made_at.entry(session.to_string()).or_insert(joined_at);
            made_at.insert(id.to_string(), joined_at);
            contents
                .sessions
                .entry(session)
                .or_default()
                .insert(id, true);
            return true;
        }
        let mut seats = contents.sessions.values_mut();
        match seats.find_map(|seats| seats.get_mut(&connection.id)) {
            Some(connected) if !*connected => {
                *connected = true;
                true
            }
            Some(_) | None => false,
        }
    }

    /// Somebody's connection ends. With the last one, a session of `OpenVidu` and its unused tokens do too.
    pub fn exit(&self, id: &ConnectionId) {
        let mut contents = self.lock();
        if contents.kind == Kind::LiveKit {
            for seats in contents.sessions.values_mut() {
                seats.remove(id);
            }
            return;
        }
        contents.sessions.retain(|_, seats| {
            let was_connected = seats.remove(id) == Some(true);
            !was_connected || seats.values().any(|connected| *connected)
        });
    }

    /// Resets a connection: the server keeps it until it has to send them something.
    pub fn reset(&self, id: &ConnectionId) {
        lock(&self.notes).ghosts.insert(id.clone());
    }

    /// The sessions that were nudged, in order.
    pub fn nudges(&self) -> Vec<SessionId> {
        lock(&self.notes).nudges.clone()
    }

    /// Restarts the server: everything is gone.
    pub fn restart(&self) {
        self.lock().sessions.clear();
    }

    fn lock(&self) -> MutexGuard<'_, VideoSessions> {
        lock(&self.contents)
    }
}

impl VideoServer for MemoryVideo {
    fn unlisted_for(&self) -> Duration {
        match self.lock().kind {
            Kind::OpenVidu => Duration::ZERO,
            Kind::LiveKit => Duration::from_secs(240),
        }
    }

    fn token(&self, text: &str) -> Result<Token, InvalidToken> {
        match self.lock().kind {
            Kind::OpenVidu => Token::parse(text),
            Kind::LiveKit => {
                let (session, id) = opens(text).ok_or(InvalidToken)?;
                Ok(Token::of_connection(text.to_owned(), session, id))
            }
        }
    }

    async fn open(&self, id: &SessionId) -> Result<(), VideoError> {
        self.lock().sessions.entry(id.clone()).or_default();
        self.note(id.as_str());
        Ok(())
    }

    async fn connect(
        &self,
        id: &SessionId,
        user: &UserName,
        _role: Role,
        nickname: Option<&Nickname>,
    ) -> Result<Option<Connection>, VideoError> {
        let contents = &mut *self.lock();
        if contents.kind == Kind::LiveKit {
            contents.sessions.entry(id.clone()).or_default();
            self.note(id.as_str());
        }
        let Some(seats) = contents.sessions.get_mut(id) else {
            return Ok(None);
        };
        // Counted per user, so that the ids do not show who came first. Tests that compare contents
        // see the same in either order.
        let user = user.as_str();
        let user = user.replace(|c: char| !c.is_ascii_alphanumeric(), "-");
        let number = contents.latest.entry(user.clone()).or_default();
        *number += 1;
        let connection =
            ConnectionId::parse(&format!("con_{user}_{number}")).map_err(unreadable)?;
        if let Some(nickname) = nickname {
            let nicknames = &mut lock(&self.notes).nicknames;
            nicknames.insert(connection.clone(), nickname.clone());
        }
        if contents.kind == Kind::LiveKit {
            let text = format!("{id} {connection}");
            return Ok(Some(Connection {
                token: Token::of_connection(text, id.clone(), connection.clone()),
                id: connection,
            }));
        }
        let connection = Connection {
            id: connection,
            token: Token::parse(&format!("tok_{user}_{number}")).map_err(unreadable)?,
        };
        seats.insert(connection.id.clone(), false);
        self.note(connection.id.as_str());
        Ok(Some(connection))
    }

    async fn evict(
        &self,
        session: &SessionId,
        connection: &ConnectionId,
    ) -> Result<bool, VideoError> {
        let contents = &mut *self.lock();
        let Some(seats) = contents.sessions.get_mut(session) else {
            return Ok(false);
        };
        let was_there = seats.remove(connection);
        if contents.kind == Kind::OpenVidu
            && was_there == Some(true)
            && !seats.values().any(|connected| *connected)
        {
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
        let contents = self.lock();
        let session = contents.sessions.get(id);
        Ok(session.map(|session| seats(id, session, &lock(&self.notes))))
    }

    async fn nudge(&self, id: &SessionId) -> Result<(), VideoError> {
        let seats = self.lock().sessions.get(id).cloned().unwrap_or_default();
        let mut ghosts = {
            let mut notes = lock(&self.notes);
            notes.nudges.push(id.clone());
            std::mem::take(&mut notes.ghosts)
        };
        ghosts.retain(|ghost| {
            let is_here = seats.contains_key(ghost);
            if is_here {
                self.exit(ghost);
            }
            !is_here
        });
        lock(&self.notes).ghosts.append(&mut ghosts);
        Ok(())
    }

    async fn all_seats(&self) -> Result<Listing, VideoError> {
        let contents = self.lock();
        let notes = lock(&self.notes);
        let all = contents.sessions.iter();
        let all = all.map(|(id, session)| (id.clone(), seats(id, session, &notes)));
        Ok(Listing {
            sessions: all.collect(),
            ..Listing::default()
        })
    }
}

/// What a token of a [`Kind::LiveKit`] opens.
fn opens(token: &str) -> Option<(SessionId, ConnectionId)> {
    let (session, id) = token.split_once(' ')?;
    Some((SessionId::parse(session)?, ConnectionId::parse(id).ok()?))
}

/// As a listing has them.
fn seats(id: &SessionId, session: &BTreeMap<ConnectionId, bool>, notes: &Notes) -> Seats {
    let made_at = |id: &str| notes.made_at.get(id).copied().unwrap_or(notes.clock);
    let seats = session.iter().map(|(id, taken)| {
        let seat = Seat {
            taken: *taken,
            ours: !notes.foreign.contains(id),
            created_at: made_at(id.as_str()),
        };
        (id.clone(), seat)
    });
    Seats {
        created_at: made_at(id.as_str()),
        seats: seats.collect(),
    }
}

fn unreadable(error: impl std::error::Error + Send + Sync + 'static) -> VideoError {
    VideoError::Unreadable(Box::new(error))
}
