//! What the rules need from the world. Each method is named by what it guarantees; its doc is the
//! contract that every implementation keeps.
//!
//! Every method is safe to repeat, unless it says otherwise: an answer may be lost on the way and the
//! request sent again.

use std::collections::BTreeMap;
use std::fmt::{self, Display};
use std::future::Future;
use std::time::Duration;

use crate::domain::{
    Account, Admission, Connection, ConnectionId, Counter, Generation, KnownDevices, Limit, Login,
    LoginId, Outcome, Password, PasswordHash, Place, RecordedToken, Removal, Role, Seats, Session,
    SessionId, SessionName, Timestamp, Token, TokenRecord, User, UserChange, UserName,
};

/// Where an error came from, for the log.
pub type Source = Box<dyn std::error::Error + Send + Sync>;

/// A store did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// It could not be reached, was too slow, or refused; whether the request took effect is unknown.
    #[error("the store did not answer")]
    Unavailable(#[source] Source),
    /// It refused because it has too many requests, before the request took effect.
    #[error("the store has too many requests")]
    Throttled(#[source] Source),
    /// It holds something that this program never writes.
    #[error("the store holds a record that cannot be read: {0}")]
    Unreadable(&'static str),
}

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

/// A login could not be proved.
#[derive(Debug, thiserror::Error)]
#[error("the login could not be signed")]
pub struct ProofError(#[source] pub Source);

/// Waiting before something is tried again.
pub trait Backoff: Sync {
    /// Waits before the repetition of this number, counted from 1: longer each time, and for a random
    /// time, so that many who failed together do not try again together.
    fn wait(&self, repetition: usize) -> impl Future<Output = ()> + Send;
}

/// Calls that are open and the tokens handed out for them. Every read sees every earlier write.
pub trait CallStore: Sync {
    /// Opens the call with the id `candidate` unless it is open; returns the session that is on record.
    ///
    /// Atomic: of all who come at once, one decides the id and everybody gets that one.
    ///
    /// Never sent twice with the same candidate: by the second time the call may have been opened with
    /// it and closed again, and an id must not come back. Only a [`StoreError::Throttled`] request may
    /// be repeated.
    fn find_or_open(
        &self,
        name: &SessionName,
        candidate: &SessionId,
        now: Timestamp,
        expires_at: Timestamp,
    ) -> impl Future<Output = Result<Session, StoreError>> + Send;

    /// The session on record, if the call is open at `now`.
    fn find(
        &self,
        name: &SessionName,
        now: Timestamp,
    ) -> impl Future<Output = Result<Option<Session>, StoreError>> + Send;

    /// Records a token.
    fn record(&self, token: &TokenRecord) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// Raises the call's version and pushes its end on to `expires_at`, if its session is still `id`.
    ///
    /// Atomic. `false`: the call has been closed, or closed and opened anew.
    fn confirm(
        &self,
        name: &SessionName,
        id: &SessionId,
        expires_at: Timestamp,
    ) -> impl Future<Output = Result<bool, StoreError>> + Send;

    /// The record of a token, also one that has run out.
    fn find_token(
        &self,
        name: &SessionName,
        token: &Token,
    ) -> impl Future<Output = Result<Option<TokenRecord>, StoreError>> + Send;

    /// Removes a token's record, if it belongs to `owner` (`None`: whosever it is).
    ///
    /// Atomic. `NotThere` does not prove that somebody else removed it. It is also the answer if the
    /// record is gone and did not say legibly which connection it was of; no error follows the removal.
    fn remove(
        &self,
        name: &SessionName,
        token: &Token,
        owner: Option<&UserName>,
    ) -> impl Future<Output = Result<Removal, StoreError>> + Send;

    /// The token that made the connection `id`, if it is on record at `now`.
    fn find_by_connection(
        &self,
        name: &SessionName,
        id: &ConnectionId,
        now: Timestamp,
    ) -> impl Future<Output = Result<Option<RecordedToken>, StoreError>> + Send;

    /// Is any token on record for this call at `now`?
    fn has_tokens(
        &self,
        name: &SessionName,
        now: Timestamp,
    ) -> impl Future<Output = Result<bool, StoreError>> + Send;

    /// Closes the call, if its id and version are still those of `session`.
    ///
    /// Atomic. `false`: somebody joined, or it is closed already (perhaps by this very request,
    /// repeated after a lost answer).
    fn close(&self, session: &Session) -> impl Future<Output = Result<bool, StoreError>> + Send;
}

/// Looking through calls, for whoever puts them right.
///
/// A record that cannot be read, perhaps of a later version of this program, never fails these: it is
/// counted, logged and left as it is.
pub trait CallInventory: CallStore {
    /// Every token on record for this call, those that have run out included.
    fn tokens(
        &self,
        name: &SessionName,
    ) -> impl Future<Output = Result<TokenRecords, StoreError>> + Send;

    /// A part of all records, small enough for memory: the one after `after`, or the first.
    fn page(&self, after: Option<&Cursor>)
    -> impl Future<Output = Result<Page, StoreError>> + Send;

    /// Pushes the end of an open call on, without anybody joining, if its session is still `id`.
    fn prolong_call(
        &self,
        name: &SessionName,
        id: &SessionId,
        expires_at: Timestamp,
    ) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// Pushes the end of a token on, if it is still on record.
    fn prolong_token(
        &self,
        name: &SessionName,
        token: &Token,
        expires_at: Timestamp,
    ) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// What sweeps keep among the records; `None`: these records have never been swept.
    fn sweep_record(&self) -> impl Future<Output = Result<Option<SweepRecord>, StoreError>> + Send;

    /// Keeps this for the next sweep.
    fn keep_sweep_record(
        &self,
        record: &SweepRecord,
    ) -> impl Future<Output = Result<(), StoreError>> + Send;
}

/// The tokens on record for a call.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct TokenRecords {
    /// Those that can be read.
    pub readable: Vec<TokenRecord>,
    /// How many cannot.
    pub unreadable: usize,
}

/// What sweeps keep among the records of calls, and lose with them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct SweepRecord {
    /// When these records were first swept. They say nothing about what the video server had before.
    pub since: Timestamp,
    /// Where the last sweep stopped among the records, if it did not get to the end.
    pub next_page: Option<Cursor>,
    /// The last session in which the last sweep looked for orphans, if it did not get through all.
    pub orphans_after: Option<SessionId>,
}

impl SweepRecord {
    /// The record of sweeps that begin now.
    pub const fn new(since: Timestamp) -> Self {
        Self {
            since,
            next_page: None,
            orphans_after: None,
        }
    }
}

/// A part of all records of calls.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Page {
    /// Open calls.
    pub sessions: Vec<Session>,
    /// Tokens.
    pub tokens: Vec<TokenRecord>,
    /// How many records cannot be read.
    pub unreadable: usize,
    /// Where the next part begins; `None`: this was the last.
    pub next: Option<Cursor>,
}

/// A place among all records of calls, for the store to find again.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Cursor {
    /// The call.
    pub session_name: String,
    /// The record in it.
    pub record: String,
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

/// The people who may log in.
pub trait UserDirectory: Sync {
    /// The user's record.
    fn find(
        &self,
        name: &UserName,
    ) -> impl Future<Output = Result<Option<Account>, StoreError>> + Send;

    /// Keeps the same password under another hash, if it is still kept under `old`.
    ///
    /// Atomic. `false`: it has been changed meanwhile, and stays changed.
    fn rehash(
        &self,
        name: &UserName,
        old: &PasswordHash,
        new: &PasswordHash,
    ) -> impl Future<Output = Result<bool, StoreError>> + Send;

    /// Keeps these as the devices of `account`, if neither they nor the generation has changed since it was
    /// read.
    ///
    /// Atomic. `false`: one of them has, or this request was repeated after a lost answer.
    fn remember(
        &self,
        account: &Account,
        devices: &KnownDevices,
    ) -> impl Future<Output = Result<bool, StoreError>> + Send;
}

/// Changing who may log in.
pub trait UserAdministration: UserDirectory {
    /// Adds a user; `false`: there is one by that name, and it stays as it is.
    fn add(
        &self,
        account: &Account,
        now: Timestamp,
    ) -> impl Future<Output = Result<bool, StoreError>> + Send;

    /// Changes a user's record, and in the same step ends their logins if there is a new `generation`.
    ///
    /// `false`: there is no such user.
    fn change(
        &self,
        name: &UserName,
        change: &UserChange,
        generation: Option<Generation>,
        now: Timestamp,
    ) -> impl Future<Output = Result<bool, StoreError>> + Send;

    /// Removes a user, and with the record their logins; `false`: there was no such user.
    fn remove(&self, name: &UserName) -> impl Future<Output = Result<bool, StoreError>> + Send;

    /// Everybody, by name.
    fn all(&self) -> impl Future<Output = Result<Vec<User>, StoreError>> + Send;
}

/// Whether logins still stand. Every read sees every earlier write, from any process.
pub trait Logins: Sync {
    /// Ends a login; kept until `until`, when the last of its renewals would have ended by itself.
    fn revoke(
        &self,
        id: &LoginId,
        until: Timestamp,
    ) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// All that decides whether the login `id` of `user` stands, in one request.
    fn standing(
        &self,
        id: &LoginId,
        user: &UserName,
    ) -> impl Future<Output = Result<Standing, StoreError>> + Send;
}

/// All that decides whether a login stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    /// It was ended.
    pub revoked: bool,
    /// The user, if there still is one.
    pub user: Option<User>,
}

/// Counts attempts to log in. Every count sees every earlier one, from any process.
///
/// After a lost answer and a repeated request, what a counter holds may be off by one in either direction.
pub trait Attempts: Sync {
    /// Begins an attempt, which is pending from now on, unless `limit` refuses it.
    ///
    /// Atomic: however many begin at once, no more are pending or have failed than `limit` lets.
    fn begin(
        &self,
        counter: &Counter,
        limit: &Limit,
        now: Timestamp,
    ) -> impl Future<Output = Result<Admission, StoreError>> + Send;

    /// Ends the attempt that has this place.
    fn end(
        &self,
        counter: &Counter,
        limit: &Limit,
        place: Place,
        outcome: Outcome,
        now: Timestamp,
    ) -> impl Future<Output = Result<(), StoreError>> + Send;
}

/// The time, for rules that have to wait.
pub trait Clock: Sync {
    /// The time now.
    fn now(&self) -> Timestamp;

    /// Waits for a random time between half of `time` and all of it: many who wait for the same thing
    /// shall not ask for it in the same moment.
    fn pause(&self, time: Duration) -> impl Future<Output = ()> + Send;
}

/// A password could not be hashed.
#[derive(Debug, thiserror::Error)]
#[error("the password could not be hashed")]
pub struct HashError(#[source] pub Source);

/// Compares passwords with their hashes.
pub trait PasswordHashing: Sync {
    /// Is `hash` the hash of `password`?
    ///
    /// `None` (nobody's hash) is never true and takes the same work as a real one.
    fn matches(&self, password: &Password, hash: Option<&PasswordHash>) -> bool;

    /// Does `hash` take less work than a new one would?
    fn is_outdated(&self, hash: &PasswordHash) -> bool;

    /// Hashes a password with a new salt.
    ///
    /// # Errors
    /// [`HashError`] if the system has no randomness or no memory.
    fn hash(&self, password: &Password) -> Result<PasswordHash, HashError>;
}

/// The text that proves a login.
pub trait LoginProofs: Sync {
    /// Proves a login.
    ///
    /// # Errors
    /// [`ProofError`] if it could not be signed.
    fn prove(&self, login: &Login) -> Result<String, ProofError>;

    /// Reads a proof; `None` if it was forged, has ended by `now`, or is not one at all.
    fn read(&self, proof: &str, now: Timestamp) -> Option<Login>;
}
