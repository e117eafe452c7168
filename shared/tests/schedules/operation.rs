//! What an actor asks of the world, one step each, and what it is answered, as plain data: so an
//! answer can be kept and given again.

use std::fmt;

use shared::domain::{
    Connection, ConnectionId, Removal, Role, Session, SessionId, SessionName, Timestamp, Token,
    TokenRecord, UserName,
};

/// One step of an actor. It takes effect at one moment.
#[derive(Clone, Debug)]
pub(crate) enum Operation {
    // The ports, method by method.
    FindOrOpen(SessionName, SessionId, Timestamp, Timestamp),
    Find(SessionName, Timestamp),
    Record(TokenRecord),
    Confirm(SessionName, SessionId, Timestamp),
    Remove(SessionName, Token, Option<UserName>),
    FindByConnection(SessionName, ConnectionId, Timestamp),
    HasTokens(SessionName, Timestamp),
    Close(Session),
    Open(SessionId),
    Connect(SessionId, UserName, Role),
    Evict(SessionId, ConnectionId),
    CloseVideo(SessionId),

    /// Not in the ports: what a wrong version does. See [`crate::flaw`].
    CloseWhateverVersion(Session),

    // What a person's browser does at the video server.
    /// Connects with a token.
    Enter(Connection),
    /// Looks who else is connected.
    LookAround(Option<ConnectionId>),
}

/// What an operation is answered.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Answer {
    Done,
    Is(bool),
    Session(Option<Session>),
    Removal(Removal),
    Record(Option<TokenRecord>),
    Connection(Option<Connection>),
    Somebody(Option<ConnectionId>),
    /// It failed, perhaps after taking effect.
    Failed,
}

impl Operation {
    /// Goes over the network, from a function to the store or the video server: it can fail.
    pub(crate) fn is_remote(&self) -> bool {
        !matches!(self, Self::Enter(_) | Self::LookAround(_))
    }

    /// Changes something.
    pub(crate) fn is_write(&self) -> bool {
        !matches!(
            self,
            Self::Find(..) | Self::FindByConnection(..) | Self::HasTokens(..) | Self::LookAround(_)
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
            Self::Remove(_, token, None) => write!(f, "remove {}, whosever", seat(token.expose())),
            Self::Remove(_, token, Some(_)) => write!(f, "remove own {}", seat(token.expose())),
            Self::FindByConnection(_, id, _) => write!(f, "find by connection {}", seat(id)),
            Self::HasTokens(..) => write!(f, "has tokens?"),
            Self::Close(session) => write!(f, "close {} v{}", short(&session.id), session.version),
            Self::CloseWhateverVersion(session) => {
                write!(f, "close {} whatever version", short(&session.id))
            }
            Self::Open(id) => write!(f, "[video] open {}", short(id)),
            Self::Connect(id, ..) => write!(f, "[video] connect to {}", short(id)),
            Self::Evict(_, id) => write!(f, "[video] evict {}", seat(id)),
            Self::CloseVideo(id) => write!(f, "[video] close {}", short(id)),
            Self::Enter(connection) => write!(f, "[browser] enter as {}", seat(&connection.id)),
            Self::LookAround(_) => write!(f, "[browser] look who is there"),
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
            Self::Record(Some(token)) => write!(f, "{}", seat(&token.connection.id)),
            Self::Connection(Some(connection)) => write!(f, "{}", seat(&connection.id)),
            Self::Somebody(Some(id)) => write!(f, "{}", seat(id)),
            Self::Session(None)
            | Self::Record(None)
            | Self::Connection(None)
            | Self::Somebody(None) => write!(f, "none"),
            Self::Failed => write!(f, "failed"),
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
