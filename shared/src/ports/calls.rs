//! Open calls, and the tokens handed out for them.

use std::future::Future;

use super::StoreError;
use crate::domain::{
    ConnectionId, RecordedToken, Removal, Session, SessionId, SessionName, Timestamp, Token,
    TokenRecord, UserName,
};

/// Open calls and the tokens handed out for them. Every read sees all earlier writes.
pub trait CallStore: Sync {
    /// Opens the call with the id `candidate` unless it is open; returns the session that is on record.
    ///
    /// Atomic: the first of several callers decides the id, and all get that id.
    ///
    /// Never repeat it with the same candidate: meanwhile the call may have been opened with that id and
    /// closed again, and no id is used twice. Only a [`StoreError::Throttled`] request may be repeated.
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

    /// Raises the call's version and extends it to `expires_at`, if its session is still `id`.
    ///
    /// Atomic. `false`: the call has been closed, or closed and opened again.
    fn confirm(
        &self,
        name: &SessionName,
        id: &SessionId,
        expires_at: Timestamp,
    ) -> impl Future<Output = Result<bool, StoreError>> + Send;

    /// The record of a token, even an expired one.
    fn find_token(
        &self,
        name: &SessionName,
        token: &Token,
    ) -> impl Future<Output = Result<Option<TokenRecord>, StoreError>> + Send;

    /// Removes a token's record, if it belongs to `owner` (`None`: to anybody).
    ///
    /// Atomic. `NotThere` does not prove that somebody else removed it: this is also the answer if the
    /// record was removed, but its connection could not be read. There is never an error after the removal.
    fn remove(
        &self,
        name: &SessionName,
        token: &Token,
        owner: Option<&UserName>,
    ) -> impl Future<Output = Result<Removal, StoreError>> + Send;

    /// The token of the connection `id`, even an expired one.
    fn find_by_connection(
        &self,
        name: &SessionName,
        id: &ConnectionId,
    ) -> impl Future<Output = Result<Option<RecordedToken>, StoreError>> + Send;

    /// Is any token on record for this call at `now`?
    fn has_tokens(
        &self,
        name: &SessionName,
        now: Timestamp,
    ) -> impl Future<Output = Result<bool, StoreError>> + Send;

    /// Closes the call, if its id and version are still those of `session`.
    ///
    /// Atomic. `false`: somebody has joined, or it is closed already (perhaps by this very request,
    /// repeated after a lost answer).
    fn close(&self, session: &Session) -> impl Future<Output = Result<bool, StoreError>> + Send;
}

/// Lists calls, for the rules that repair records.
///
/// A record that cannot be read never makes these fail: it is counted, logged and left as it is. A later
/// version of this program may have written it.
pub trait CallInventory: CallStore {
    /// Every token on record for this call, including expired ones.
    fn tokens(
        &self,
        name: &SessionName,
    ) -> impl Future<Output = Result<TokenRecords, StoreError>> + Send;

    /// A page of all records: the one after `after`, or the first.
    fn page(&self, after: Option<&Cursor>)
    -> impl Future<Output = Result<Page, StoreError>> + Send;

    /// Moves the end of an open call to `expires_at`, if its session is still `id`.
    fn prolong_call(
        &self,
        name: &SessionName,
        id: &SessionId,
        expires_at: Timestamp,
    ) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// Moves the end of a token to `expires_at`, if it is on record and was not ended (see
    /// [`TokenRecord::is_ended`]). A token that had expired is valid again.
    ///
    /// Atomic.
    fn prolong_token(
        &self,
        name: &SessionName,
        token: &Token,
        expires_at: Timestamp,
    ) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// What the last sweep stored. `None`: these records have never been swept, or it cannot be read.
    fn sweep_record(&self) -> impl Future<Output = Result<Option<SweepRecord>, StoreError>> + Send;

    /// Stores this for the next sweep.
    fn keep_sweep_record(
        &self,
        record: &SweepRecord,
    ) -> impl Future<Output = Result<(), StoreError>> + Send;
}

/// The tokens on record for a call.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct TokenRecords {
    pub readable: Vec<TokenRecord>,
    pub unreadable: usize,
}

/// What a sweep stores among the records of calls for the next one. It is lost if they are.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct SweepRecord {
    /// Since when these records have been swept without a long break. They do not tell what the video
    /// server had before.
    pub since: Timestamp,
    /// When they were last swept, to within some minutes; `None`: an earlier version wrote this.
    pub swept_at: Option<Timestamp>,
    /// Where the last sweep stopped in the records, if it did not reach the end.
    pub next_page: Option<Cursor>,
    /// The last session that the last sweep checked for orphans, if it did not check all.
    pub orphans_after: Option<SessionId>,
}

impl SweepRecord {
    /// The record of the first sweep.
    pub const fn new(since: Timestamp) -> Self {
        Self {
            since,
            swept_at: Some(since),
            next_page: None,
            orphans_after: None,
        }
    }
}

/// A page of all records of calls.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Page {
    pub sessions: Vec<Session>,
    pub tokens: Vec<TokenRecord>,
    pub unreadable: usize,
    /// Where the next page begins. `None`: this was the last.
    pub next: Option<Cursor>,
}

/// A position in all records of calls.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Cursor {
    /// The call.
    pub session_name: String,
    /// The record in it.
    pub record: String,
}
