//! The step "close a call that everybody has left", which several rules end with.
//!
//! Before it, the rule reads the session record: its id and `version`.
//!
//! 1. If somebody may still be opening the call, leave it alone. (The opener itself skips this.)
//! 2. Is any token on record? Then somebody uses the call.
//! 3. If not: close the call on record, if its id and `version` are still those that were read. If
//!    they are not, somebody joined meanwhile.
//!
//! `join_call` says why nobody is in a call that this closes.

use crate::domain::{Session, Timestamp};
use crate::ports::{CallStore, StoreError};

/// What happened to the call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Closing {
    /// Somebody uses it, or is opening it.
    StillUsed,
    /// It is closed on record. Its session at the video server is no longer needed.
    Closed,
    /// Its record has changed: somebody joined, or an earlier try closed it and the answer was
    /// lost.
    Changed,
}

/// Closes the call if everybody has left it: see above. `session` must have been read before.
pub(super) async fn close_if_deserted(
    calls: &impl CallStore,
    session: &Session,
    now: Timestamp,
) -> Result<Closing, StoreError> {
    // 1. Is somebody opening it?
    if session.is_being_opened(now) {
        return Ok(Closing::StillUsed);
    }
    close_if_unused(calls, session, now).await
}

/// The same, for the opener, whose join has failed.
pub(super) async fn close_if_unused(
    calls: &impl CallStore,
    session: &Session,
    now: Timestamp,
) -> Result<Closing, StoreError> {
    // 2. Is any token on record?
    if calls.has_tokens(&session.name, now).await? {
        return Ok(Closing::StillUsed);
    }

    // 3. None: close.
    Ok(if calls.close(session).await? {
        Closing::Closed
    } else {
        Closing::Changed
    })
}
