//! The server that carries the calls' media.

use std::collections::BTreeMap;
use std::fmt::{self, Display};
use std::future::Future;

use super::Source;
use crate::domain::{Connection, ConnectionId, Role, Seats, SessionId, UserName};

/// The video server did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum VideoError {
    /// No connection to it, or it was lost before the whole answer.
    #[error("the video server could not be reached")]
    Unreachable(#[source] Source),
    /// No answer in time; whether the request took effect is unknown.
    #[error("the video server did not answer in time")]
    TimedOut,
    /// It does not accept our credentials.
    #[error("the video server does not accept the configured secret")]
    WrongSecret,
    /// It failed this time. The same request may succeed later.
    #[error("the video server failed this time: it answered {0}")]
    Transient(Refusal),
    /// It answered something that its contract does not promise.
    #[error("the video server answered {0}")]
    Unexpected(Refusal),
    /// Its answer makes no sense, or is too long.
    #[error("the video server's answer could not be read")]
    Unreadable(#[source] Source),
}

/// An answer of the video server that does not do what was asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// What was asked.
    pub request: &'static str,
    /// The HTTP status of the answer.
    pub status: u16,
    /// The beginning of what the server says about it, without secrets; it may say nothing.
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
    /// Makes the session, or finds that it is there.
    fn open(&self, id: &SessionId) -> impl Future<Output = Result<(), VideoError>> + Send;

    /// Makes a connection for `user`; `None`: the server does not have this session.
    fn connect(
        &self,
        id: &SessionId,
        user: &UserName,
        role: Role,
    ) -> impl Future<Output = Result<Option<Connection>, VideoError>> + Send;

    /// Ends a connection, used or not; `false`: it was not there before.
    fn evict(
        &self,
        session: &SessionId,
        connection: &ConnectionId,
    ) -> impl Future<Output = Result<bool, VideoError>> + Send;

    /// Ends a session and everybody's connection to it, if it is there.
    fn close(&self, id: &SessionId) -> impl Future<Output = Result<(), VideoError>> + Send;
}

/// Looking through what the video server has, for whoever puts records right.
pub trait VideoInventory: VideoServer {
    /// The connections of a session, used or not; `None`: the server does not have it.
    fn seats(
        &self,
        id: &SessionId,
    ) -> impl Future<Output = Result<Option<Seats>, VideoError>> + Send;

    /// Tells everybody in a session something that means nothing, if it is there and anybody is in it.
    ///
    /// The server cannot tell those who are gone, so this is when it notices that they are.
    fn nudge(&self, id: &SessionId) -> impl Future<Output = Result<(), VideoError>> + Send;

    /// All sessions of ours, in one request.
    fn all_seats(
        &self,
    ) -> impl Future<Output = Result<BTreeMap<SessionId, Seats>, VideoError>> + Send;
}
