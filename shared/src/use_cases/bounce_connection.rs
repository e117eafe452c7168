//! The rule "somebody has connected", as the video server reports it.
//!
//! Only a server reports this where an old token may be used again (see `VideoServer::unlisted_for`). A
//! token is recorded before it is handed out. So whoever connects without a record has left, or was
//! removed, and has come back with the old token.
//!
//! 1. Look for the record of the connection's token. If it is there, they may stay.
//! 2. If not, read the session record. If the call on record has another session, or none, this session
//!    is of an earlier opening: close it at the video server. Everybody in it has come back like this.
//! 3. Otherwise end this one connection.
//!
//! A session record runs out if no sweep has prolonged it for a day, and people may still be in the call.
//! So 2 closes no session for which a token is on record.

use super::reconcile_call::ReconcileError;
use crate::domain::{ConnectionId, SessionId, Timestamp};
use crate::ports::{CallInventory, StoreError, VideoServer};

/// Ends the connection `id` of `session` if it is not on record: see the rule above. It may be repeated.
///
/// # Errors
/// [`ReconcileError`]; the sweep does what was not done.
pub(super) async fn bounce_connection(
    calls: &impl CallInventory,
    video: &impl VideoServer,
    session: &SessionId,
    id: &ConnectionId,
    now: Timestamp,
) -> Result<(), ReconcileError> {
    // 1. The token's record.
    if is_on_record(calls, session, id).await? {
        return Ok(());
    }

    // 2. The session record.
    let name = session.session_name();
    let call = calls.find(name, now).await?;
    if call.is_none_or(|call| call.id != *session) {
        let tokens = calls.tokens(name).await?;
        let is_of_session = tokens
            .readable
            .iter()
            .any(|token| token.session_id == *session);
        if !is_of_session && tokens.unreadable == 0 {
            return Ok(video.close(session).await?);
        }
    }

    // 3. This connection. "It was not there" is fine: it is not there now.
    let _was_there = video.evict(session, id).await?;
    Ok(())
}

async fn is_on_record(
    calls: &impl CallInventory,
    session: &SessionId,
    id: &ConnectionId,
) -> Result<bool, StoreError> {
    let name = session.session_name();
    let Some(found) = calls.find_by_connection(name, id).await? else {
        return Ok(false);
    };
    // The record of a leave that the video server was not told of lets nobody in.
    let record = calls.find_token(name, &found.connection.token).await?;
    Ok(record.is_some_and(|record| record.session_id == *session && !record.is_ended()))
}
