//! The rule "a connection has ended", as the video server reports it.
//!
//! It is a leave (see `leave_call`) by whoever had the connection. It does not ask whose it is, and the
//! connection is gone at the video server.
//!
//! 1. Read the session record: its id and `version`.
//! 2. Remove the record of the connection's token. If it is not there, go on: an earlier try may have
//!    stopped midway.
//! 3. If the call on record has another session, the report is of an earlier opening: stop.
//! 4. Close the call if everybody has left it (see `close_call`). If somebody joined meanwhile, start
//!    again from 1.
//! 5. If it is closed, close its session at a video server where connections may come back (see
//!    `VideoServer::unlisted_for`): somebody may be in it who is not on record. Other servers have closed
//!    it with its last connection, so nothing is asked of them.

use super::close_call::{Closing, close_if_deserted};
use crate::domain::{ConnectionId, SessionId, Timestamp};
use crate::ports::{CallStore, StoreError, VideoError, VideoServer};

/// How often it starts again before it leaves the rest to the sweep.
const TRIES: usize = 8;

/// Why a connection was not forgotten.
#[derive(Debug, thiserror::Error)]
pub enum ForgetError {
    /// The store failed.
    #[error("could not read or write the call's records")]
    Store(#[from] StoreError),
    /// The video server failed.
    #[error("could not close the session at the video server")]
    Video(#[from] VideoError),
    /// People came and went too fast; the record is gone, the sweep does the rest.
    #[error("people joined and left again and again")]
    Busy,
}

/// Forgets the connection `id` of `session`: see the rule above. It may be repeated.
///
/// # Errors
/// [`ForgetError`]
pub(super) async fn forget_connection(
    calls: &impl CallStore,
    video: &impl VideoServer,
    session: &SessionId,
    id: &ConnectionId,
    now: Timestamp,
) -> Result<(), ForgetError> {
    let name = session.session_name();
    let mut closing = false;
    for _ in 0..TRIES {
        // 1. The session record.
        let on_record = calls.find(name, now).await?;

        // 2. The token's record.
        if let Some(token) = calls.find_by_connection(name, id).await?
            && token.session_id == *session
        {
            calls.remove(name, &token.connection.token, None).await?;
        }

        // 3. Is it this session?
        let Some(call) = on_record.filter(|call| call.id == *session) else {
            // A close of ours that seemed to fail may have happened, its answer lost.
            if closing {
                close(video, session).await?;
            }
            return Ok(());
        };

        // 4. Close it if everybody has left.
        match close_if_deserted(calls, &call, now).await? {
            Closing::StillUsed => return Ok(()),
            // 5. Then close its session.
            Closing::Closed => return Ok(close(video, session).await?),
            Closing::Changed => closing = true,
        }
    }
    Err(ForgetError::Busy)
}

async fn close(video: &impl VideoServer, session: &SessionId) -> Result<(), VideoError> {
    if video.unlisted_for().is_zero() {
        return Ok(());
    }
    video.close(session).await
}
