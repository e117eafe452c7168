//! What an actor asks of the world, one step each, and what it is answered, as plain data: so an
//! answer can be kept and given again.

use std::collections::BTreeMap;
use std::fmt;

use shared::domain::{
    Connection, ConnectionId, RecordedToken, Removal, Role, Seats, Session, SessionId, SessionName,
    Timestamp, Token, TokenRecord, UserName, VideoEvent,
};
use shared::ports::{Cursor, Page, SweepRecord, TokenRecords};

/// One step of an actor. It takes effect at one moment.
#[derive(Clone, Debug)]
pub(crate) enum Operation {
    // The ports, method by method.
    FindOrOpen(SessionName, SessionId, Timestamp, Timestamp),
    Find(SessionName, Timestamp),
    Record(TokenRecord),
    Confirm(SessionName, SessionId, Timestamp),
    FindToken(SessionName, Token),
    Remove(SessionName, Token, Option<UserName>),
    FindByConnection(SessionName, ConnectionId),
    HasTokens(SessionName, Timestamp),
    Close(Session),
    Open(SessionId),
    Connect(SessionId, UserName, Role),
    Evict(SessionId, ConnectionId),
    CloseVideo(SessionId),
    Tokens(SessionName),
    Page(Option<Cursor>),
    ProlongCall(SessionName, SessionId, Timestamp),
    ProlongToken(SessionName, Token, Timestamp),
    SweepRecord,
    KeepSweepRecord(SweepRecord),
    Seats(SessionId),
    Nudge(SessionId),
    AllSeats,

    /// Not in the ports: what a wrong version does. See [`crate::flaw`].
    CloseWhateverVersion(Session),

    // What a person's browser does at the video server.
    /// Connects with a token.
    Enter(Connection),
    /// Looks who else is connected.
    LookAround(Option<ConnectionId>),

    /// Waits for a report of the video server's.
    Hear,
}

/// What an operation is answered.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Answer {
    Done,
    Is(bool),
    Session(Option<Session>),
    Removal(Removal),
    Token(Option<RecordedToken>),
    Record(Option<TokenRecord>),
    Connection(Option<Connection>),
    Somebody(Option<ConnectionId>),
    Records(TokenRecords),
    Page(Page),
    SweepRecord(Option<SweepRecord>),
    Seats(Option<Seats>),
    AllSeats(BTreeMap<SessionId, Seats>),
    Event(Option<VideoEvent>),
    /// It failed, perhaps after taking effect.
    Failed,
    /// There is no answer.
    Never,
}

impl Operation {
    /// Goes over the network, from a function to the store or the video server: it can fail.
    pub(crate) fn is_remote(&self) -> bool {
        !matches!(self, Self::Enter(_) | Self::LookAround(_) | Self::Hear)
    }

    /// Is sent again if its answer is lost.
    pub(crate) fn is_repeated(&self) -> bool {
        self.is_remote() && !matches!(self, Self::FindOrOpen(..))
    }

    /// Changes something.
    pub(crate) fn is_write(&self) -> bool {
        !matches!(
            self,
            Self::Find(..)
                | Self::FindToken(..)
                | Self::FindByConnection(..)
                | Self::HasTokens(..)
                | Self::Tokens(_)
                | Self::Page(_)
                | Self::SweepRecord
                | Self::Seats(_)
                | Self::AllSeats
                | Self::LookAround(_)
                | Self::Hear
        )
    }
}

impl fmt::Display for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::FindOrOpen(_, candidate, ..) => write!(f, "find or open {}", short(candidate)),
            Self::Find(..) => write!(f, "find"),
            Self::Record(token) => write!(f, "record {}", seat(&token.connection.id)),
            Self::Confirm(_, id, _) => write!(f, "confirm {}", short(id)),
            Self::FindToken(_, token) => write!(f, "find {}", seat(token.expose())),
            Self::Remove(_, token, None) => write!(f, "remove {}, whosever", seat(token.expose())),
            Self::Remove(_, token, Some(_)) => write!(f, "remove own {}", seat(token.expose())),
            Self::FindByConnection(_, id) => write!(f, "find by connection {}", seat(id)),
            Self::HasTokens(..) => write!(f, "has tokens?"),
            Self::Close(session) => write!(f, "close {} v{}", short(&session.id), session.version),
            Self::CloseWhateverVersion(session) => {
                write!(f, "close {} whatever version", short(&session.id))
            }
            Self::Open(id) => write!(f, "[video] open {}", short(id)),
            Self::Connect(id, ..) => write!(f, "[video] connect to {}", short(id)),
            Self::Evict(_, id) => write!(f, "[video] evict {}", seat(id)),
            Self::CloseVideo(id) => write!(f, "[video] close {}", short(id)),
            Self::Tokens(_) => write!(f, "list tokens"),
            Self::Page(None) => write!(f, "read the first page"),
            Self::Page(Some(_)) => write!(f, "read the next page"),
            Self::ProlongCall(_, id, _) => write!(f, "prolong {}", short(id)),
            Self::ProlongToken(_, token, ..) => write!(f, "prolong {}", seat(token.expose())),
            Self::SweepRecord => write!(f, "read the sweep's record"),
            Self::KeepSweepRecord(record) => write!(f, "keep the sweep's record: {record:?}"),
            Self::Seats(id) => write!(f, "[video] list {}", short(id)),
            Self::Nudge(id) => write!(f, "[video] nudge {}", short(id)),
            Self::AllSeats => write!(f, "[video] list all"),
            Self::Enter(connection) => write!(f, "[browser] enter as {}", seat(&connection.id)),
            Self::LookAround(_) => write!(f, "[browser] look who is there"),
            Self::Hear => write!(f, "hear"),
        }
    }
}

impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Done => write!(f, "done"),
            Self::Is(answer) => write!(f, "{answer}"),
            Self::Session(Some(session)) => {
                write!(f, "{} v{}", short(&session.id), session.version)
            }
            Self::Removal(Removal::Removed(_)) => write!(f, "removed"),
            Self::Removal(Removal::NotThere) => write!(f, "not there"),
            Self::Removal(Removal::NotYours) => write!(f, "not yours"),
            Self::Token(Some(token)) => write!(f, "{}", seat(&token.connection.id)),
            Self::Record(Some(token)) => write!(f, "{}", seat(&token.connection.id)),
            Self::Connection(Some(connection)) => write!(f, "{}", seat(&connection.id)),
            Self::Somebody(Some(id)) => write!(f, "{}", seat(id)),
            Self::Records(tokens) => write!(f, "{}", seats(&tokens.readable)),
            Self::Page(page) => {
                let sessions = page.sessions.iter().map(|session| short(&session.id));
                let sessions = sessions.collect::<Vec<_>>().join(", ");
                write!(f, "[{sessions}] with {}", seats(&page.tokens))
            }
            Self::Seats(Some(there)) => write!(f, "[{}]", list(there)),
            Self::AllSeats(sessions) => {
                let sessions = sessions.iter();
                let sessions =
                    sessions.map(|(id, there)| format!("{} [{}]", short(id), list(there)));
                write!(f, "{}", sessions.collect::<Vec<_>>().join(", "))
            }
            Self::Event(Some(VideoEvent::Left(_, id))) => write!(f, "{} has left", seat(id)),
            Self::Event(Some(VideoEvent::Ended(id))) => write!(f, "{} has ended", short(id)),
            Self::SweepRecord(Some(record)) => write!(f, "{record:?}"),
            Self::Session(None)
            | Self::Token(None)
            | Self::Record(None)
            | Self::Connection(None)
            | Self::Somebody(None)
            | Self::SweepRecord(None)
            | Self::Seats(None)
            | Self::Event(None) => write!(f, "none"),
            Self::Failed => write!(f, "failed"),
            Self::Never => write!(f, "no answer"),
        }
    }
}

/// A session's id without its call's name and leading zeros.
pub(crate) fn short(id: &SessionId) -> &str {
    let random = id.as_str().rsplit('-').next().unwrap_or_default();
    random.trim_start_matches('0')
}

/// A connection's id, or its token, without what all have in common.
pub(crate) fn seat(id: impl fmt::Display) -> String {
    id.to_string().split_off(4)
}

fn seats(tokens: &[TokenRecord]) -> String {
    let tokens = tokens.iter().map(|token| seat(&token.connection.id));
    format!("[{}]", tokens.collect::<Vec<_>>().join(", "))
}

fn list(there: &Seats) -> String {
    let there = there.seats.keys().map(seat);
    there.collect::<Vec<_>>().join(", ")
}
