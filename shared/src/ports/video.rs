//! The server that carries the calls' media.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::{self, Display};
use std::future::Future;
use std::time::Duration;

use super::Source;
use crate::domain::{
    Connection, ConnectionId, InvalidToken, Nickname, Role, Seats, SessionId, Token, UserName,
};

/// The video server did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum VideoError {
    /// It could not be reached, or the connection was lost before the answer was complete.
    #[error("the video server could not be reached")]
    Unreachable(#[source] Source),
    /// It did not answer in time. It is unknown whether the request took effect.
    #[error("the video server did not answer in time")]
    TimedOut,
    /// It does not accept our credentials.
    #[error("the video server does not accept the configured secret")]
    WrongSecret,
    /// It takes no session whose call has so long a name.
    #[error("the call's name is too long for the video server")]
    NameTooLong,
    /// It failed this time. The same request may succeed later.
    #[error("the video server failed this time: it answered {0}")]
    Transient(Refusal),
    /// It gave an answer that its contract does not promise.
    #[error("the video server answered {0}")]
    Unexpected(Refusal),
    /// Its answer cannot be understood, or is too long.
    #[error("the video server's answer could not be read")]
    Unreadable(#[source] Source),
}

/// An answer of the video server that refuses the request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The request, in words.
    pub request: &'static str,
    /// The HTTP status of the answer.
    pub status: u16,
    /// The beginning of the server's message, without secrets. It may be empty.
    pub words: String,
}

impl Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} to {}", self.status, self.request)?;
        if self.words.is_empty() {
            return Ok(());
        }
        write!(f, ": {}", self.words)
    }
}

/// The server that carries the calls' media.
pub trait VideoServer: Sync {
    /// How long a token is good though its connection is not listed.
    ///
    /// Zero: the server makes and lists a connection together with its token, and ends both for good.
    ///
    /// Otherwise it lists only who is connected. A connection may come back after its end, with the same
    /// token, even if it was evicted, and makes its session anew if need be. A token that was not used for
    /// so long is dead, unless somebody is connected with it.
    fn unlisted_for(&self) -> Duration;

    /// Reads a token, as a client gives it back.
    ///
    /// # Errors
    /// [`InvalidToken`] if the server makes no such tokens.
    fn token(&self, text: &str) -> Result<Token, InvalidToken>;

    /// Makes the session, or finds that it is there.
    fn open(&self, id: &SessionId) -> impl Future<Output = Result<(), VideoError>> + Send;

    /// Makes a connection for `user`, or a token that will make one; `None`: the server does not have this
    /// session.
    ///
    /// Others see the nickname, or without one the user's name. A server at which browsers say themselves
    /// how they want to be called takes no notice of it.
    fn connect(
        &self,
        id: &SessionId,
        user: &UserName,
        role: Role,
        nickname: Option<&Nickname>,
    ) -> impl Future<Output = Result<Option<Connection>, VideoError>> + Send;

    /// Ends a connection, used or not; `false`: it was not listed before.
    fn evict(
        &self,
        session: &SessionId,
        connection: &ConnectionId,
    ) -> impl Future<Output = Result<bool, VideoError>> + Send;

    /// Ends a session and all its connections, if it exists.
    fn close(&self, id: &SessionId) -> impl Future<Output = Result<(), VideoError>> + Send;
}

/// Lists what the video server has, for the rules that repair records.
pub trait VideoInventory: VideoServer {
    /// The connections of a session, used or not; `None`: the server does not have it.
    fn seats(
        &self,
        id: &SessionId,
    ) -> impl Future<Output = Result<Option<Seats>, VideoError>> + Send;

    /// Sends everybody in a session a message without meaning, if anybody is in it.
    ///
    /// A server that notices only when it cannot send to somebody that they are gone, notices it now.
    fn nudge(&self, id: &SessionId) -> impl Future<Output = Result<(), VideoError>> + Send;

    /// All sessions whose id has our form, in one request.
    fn all_seats(&self) -> impl Future<Output = Result<Listing, VideoError>> + Send;
}

/// All that a video server has.
///
/// A session that cannot be read does not hide the others.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Listing {
    /// The sessions, and the connections in them.
    pub sessions: BTreeMap<SessionId, Seats>,
    /// Sessions that exist, but cannot be read.
    pub unreadable: BTreeSet<SessionId>,
    /// How many sessions cannot be read, including those whose id has another form.
    pub unreadable_count: usize,
}
