//! What an actor asks of the world, one action each, and what it is answered, as plain data: so a reply
//! can be kept and given again.

use std::fmt;

use shared::domain::{
    Connection, ConnectionId, Removal, Seats, Session, SessionId, TokenRecord, VideoEvent,
};
use testing::{Answer, Operation};

/// One step of an actor. It takes effect at one moment.
#[derive(Clone, Debug)]
pub(crate) enum Action {
    /// Calls a method of a port.
    Port(Operation),
    /// Not in the ports: what a wrong version does. See [`crate::flaw`].
    CloseWhateverVersion(Session),
    /// A person's browser connects with a token.
    Enter(Connection),
    /// A person's browser looks who else is connected.
    LookAround(Option<ConnectionId>),
    /// Waits for a report of the video server's.
    Hear,
}

impl From<Operation> for Action {
    fn from(operation: Operation) -> Self {
        Self::Port(operation)
    }
}

/// What an action is answered.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Reply {
    Port(Answer),
    Somebody(Option<ConnectionId>),
    Event(Option<VideoEvent>),
    /// It failed, perhaps after taking effect.
    Failed,
    /// There is no answer.
    Never,
}

impl From<Answer> for Reply {
    fn from(answer: Answer) -> Self {
        Self::Port(answer)
    }
}

impl Reply {
    /// Does it say yes?
    pub(crate) fn is_yes(&self) -> bool {
        *self == Self::Port(Answer::Is(true))
    }

    /// Does it say no?
    pub(crate) fn is_no(&self) -> bool {
        *self == Self::Port(Answer::Is(false))
    }
}

impl Action {
    /// Goes over the network, from a function to the store or the video server: it can fail.
    pub(crate) fn is_remote(&self) -> bool {
        !matches!(self, Self::Enter(_) | Self::LookAround(_) | Self::Hear)
    }

    /// Is sent again if its answer is lost.
    pub(crate) fn is_repeated(&self) -> bool {
        self.is_remote() && !matches!(self, Self::Port(Operation::FindOrOpen(..)))
    }

    /// Changes something.
    pub(crate) fn is_write(&self) -> bool {
        match self {
            Self::Port(operation) => !matches!(
                operation,
                Operation::Find(..)
                    | Operation::FindToken(..)
                    | Operation::FindByConnection(..)
                    | Operation::HasTokens(..)
                    | Operation::Tokens(_)
                    | Operation::Page(_)
                    | Operation::SweepRecord()
                    | Operation::Seats(_)
                    | Operation::AllSeats()
            ),
            Self::CloseWhateverVersion(_) | Self::Enter(_) => true,
            Self::LookAround(_) | Self::Hear => false,
        }
    }
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Port(operation) => write!(f, "{} {}", operation.method(), about(operation)),
            Self::CloseWhateverVersion(session) => {
                write!(f, "close {} whatever version", short(&session.id))
            }
            Self::Enter(connection) => write!(f, "[browser] enter as {}", seat(&connection.id)),
            Self::LookAround(_) => write!(f, "[browser] look who is there"),
            Self::Hear => write!(f, "hear"),
        }
    }
}

/// What an operation is about, if that differs from one to the next.
fn about(operation: &Operation) -> String {
    match operation {
        Operation::FindOrOpen(_, id, ..)
        | Operation::Confirm(_, id, _)
        | Operation::ProlongCall(_, id, _)
        | Operation::Open(id)
        | Operation::Connect(id, ..)
        | Operation::CloseVideo(id)
        | Operation::Seats(id)
        | Operation::Nudge(id) => short(id).to_owned(),
        Operation::Record(TokenRecord { connection, .. }) => seat(&connection.id),
        Operation::FindByConnection(_, id) | Operation::Evict(_, id) => seat(id),
        Operation::FindToken(_, token)
        | Operation::ProlongToken(_, token, ..)
        | Operation::Remove(_, token, Some(_)) => seat(token.key()),
        Operation::Remove(_, token, None) => format!("{}, whosever", seat(token.key())),
        Operation::Close(session) => format!("{} v{}", short(&session.id), session.version),
        Operation::Page(Some(_)) => "after the first".to_owned(),
        Operation::KeepSweepRecord(record) => format!("{record:?}"),
        _ => String::new(),
    }
}

impl fmt::Display for Reply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Port(answer) => write!(f, "{}", text(answer)),
            Self::Somebody(Some(id)) => write!(f, "{}", seat(id)),
            Self::Event(Some(VideoEvent::Joined(_, id))) => write!(f, "{} has joined", seat(id)),
            Self::Event(Some(VideoEvent::Left(_, id))) => write!(f, "{} has left", seat(id)),
            Self::Event(Some(VideoEvent::Ended(id))) => write!(f, "{} has ended", short(id)),
            Self::Somebody(None) | Self::Event(None) => write!(f, "none"),
            Self::Failed => write!(f, "failed"),
            Self::Never => write!(f, "no answer"),
        }
    }
}

fn text(answer: &Answer) -> String {
    match answer {
        Answer::Done(()) => "done".to_owned(),
        Answer::Is(answer) => answer.to_string(),
        Answer::Opened(session) | Answer::Session(Some(session)) => {
            format!("{} v{}", short(&session.id), session.version)
        }
        Answer::Removal(Removal::Removed(_)) => "removed".to_owned(),
        Answer::Token(Some(token)) => seat(&token.connection.id),
        Answer::Record(Some(token)) => seat(&token.connection.id),
        Answer::Connection(Some(connection)) => seat(&connection.id),
        Answer::Records(tokens) => seats(&tokens.readable),
        Answer::Page(page) => {
            let sessions = page.sessions.iter().map(|session| short(&session.id));
            let sessions = sessions.collect::<Vec<_>>().join(", ");
            format!("[{sessions}] with {}", seats(&page.tokens))
        }
        Answer::Seats(Some(there)) => format!("[{}]", list(there)),
        Answer::AllSeats(listing) => {
            let sessions = listing.sessions.iter();
            let sessions = sessions.map(|(id, there)| format!("{} [{}]", short(id), list(there)));
            sessions.collect::<Vec<_>>().join(", ")
        }
        other => format!("{other:?}"),
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
