//! The rule "a connection has ended", as the video server reports it.
//!
//! It is a leave (see `leave_call`) of whoever had the connection, without asking whose it is. The
//! video server is told nothing: the connection is gone there, and with the last one the session.
//!
//! 1. Read the session record: its id and `version`.
//! 2. Remove the record of the connection's token. If it is not there, go on all the same.
//! 3. Are any tokens left on record?
//! 4. If none: close the call on record, if its id and version are still those of 1. If they are
//!    not, somebody joined: start again from 1.

use crate::domain::{ConnectionId, SessionName, Timestamp};
use crate::ports::{CallStore, StoreError};

/// How often it starts again before it leaves the rest to the sweep.
const TRIES: usize = 8;

/// Why a connection was not forgotten.
#[derive(Debug, thiserror::Error)]
pub enum ForgetError {
    /// The store failed.
    #[error("could not read or write the call's records")]
    Store(#[from] StoreError),
    /// People came and went too fast; the record is gone, the sweep does the rest.
    #[error("people joined and left again and again")]
    Busy,
}

/// Forgets the connection `id` of the call `name`: see the rule above. Doing it twice is fine.
///
/// # Errors
/// [`ForgetError`]
pub async fn forget_connection(
    calls: &impl CallStore,
    name: &SessionName,
    id: &ConnectionId,
    now: Timestamp,
) -> Result<(), ForgetError> {
    for _ in 0..TRIES {
        // 1. The session record.
        let session = calls.find(name, now).await?;

        // 2. The token's record.
        if let Some(record) = calls.find_by_connection(name, id, now).await? {
            calls.remove(name, &record.connection.token, None).await?;
        }

        // 3. Are any left?
        let Some(session) = session else {
            return Ok(());
        };
        if calls.has_tokens(name, now).await? {
            return Ok(());
        }

        // 4. None: close.
        if calls.close(&session).await? {
            return Ok(());
        }
    }
    Err(ForgetError::Busy)
}
