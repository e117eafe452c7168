//! The rule "leave a call", by oneself or removed by a moderator.
//!
//! 1. Read the session record: its id and `version`. (Before 3, or 3 is worthless.)
//! 2. Remove the token's record, if it is the caller's; moderators may remove anybody's. If it is
//!    not there, go on: an earlier try may have stopped midway.
//! 3. Close the call if everybody has left it (see `close_call`). If somebody joined meanwhile, start
//!    again from 1.
//! 4. If it is closed, close its session at the video server, which ends this connection too.
//! 5. If not, end this one connection at the video server, so that a removed participant is out and
//!    an unused token is dead.

use super::Participant;
use super::close_call::{Closing, close_if_deserted};
use crate::domain::{
    ConnectionId, RecordedToken, Removal, Session, SessionId, SessionName, Timestamp, Token,
};
use crate::ports::{CallStore, StoreError, VideoError, VideoServer};

/// How often a leave starts again before it gives up: each time, somebody joined and left between
/// our steps 1 and 4.
const TRIES: usize = 8;

/// Whose token is to be forgotten.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Whom {
    /// The holder of this token.
    Token(Token),
    /// Whoever has this connection.
    Connection(ConnectionId),
}

/// Why nobody was removed.
#[derive(Debug, thiserror::Error)]
pub enum LeaveError {
    /// The call is not open, and the token is not on record.
    #[error("there is no such call")]
    SessionNotFound,
    /// The call is open, but the token is not on record.
    #[error("there is no such token in the call")]
    TokenNotFound,
    /// The token is somebody else's, and the caller is no moderator.
    #[error("the token belongs to somebody else")]
    NotYours,
    /// The store failed.
    #[error("could not read or write the call's records")]
    Store(#[from] StoreError),
    /// The records are right, but the video server was not told.
    #[error("could not end the connection at the video server")]
    Video(#[from] VideoError),
    /// People came and went too fast; the record is gone, trying again will do for the rest.
    #[error("people joined and left again and again while leaving")]
    Busy,
}

/// Leaves the call `name` on behalf of `by`: see the rule above.
///
/// # Errors
/// [`LeaveError`]; a repeated leave finds nothing and says so.
pub async fn leave_call(
    calls: &impl CallStore,
    video: &impl VideoServer,
    by: &Participant,
    name: &SessionName,
    whom: &Whom,
    now: Timestamp,
) -> Result<(), LeaveError> {
    let mut removed: Option<RecordedToken> = None;
    let mut closing: Option<SessionId> = None;
    for _ in 0..TRIES {
        // 1. Read the session record.
        let session = calls.find(name, now).await?;

        // A close of ours that seemed to fail may have happened, its answer lost. Ids are never
        // used again, so a session that is no longer on record can be closed in any case.
        if let Some(id) = closing.take()
            && session.as_ref().is_none_or(|session| session.id != id)
        {
            video.close(&id).await?;
            match &removed {
                Some(record) if record.session_id != id => (),
                Some(_) => return Ok(()),
                None => return Err(LeaveError::TokenNotFound),
            }
        }

        // 2. Remove the record.
        if removed.is_none() {
            removed = remove(calls, by, name, whom, now).await?;
        }

        // 3. Close the call if everybody has left it.
        if let Some(session) = &session {
            match close_if_deserted(calls, session, now).await? {
                Closing::StillUsed => (),
                Closing::Closed => {
                    // 4. Closed: close its session.
                    video.close(&session.id).await?;
                    return match removed {
                        Some(record) if record.session_id != session.id => {
                            Ok(evict(video, &record).await?)
                        }
                        Some(_) => Ok(()),
                        None => Err(LeaveError::TokenNotFound),
                    };
                }
                Closing::Changed => {
                    closing = Some(session.id.clone());
                    continue;
                }
            }
        }

        // 5. Not closed: end this one connection.
        return match (removed, session) {
            (Some(record), _) => Ok(evict(video, &record).await?),
            (None, Some(session)) => evict_unrecorded(video, by, &session, whom).await,
            (None, None) => Err(LeaveError::SessionNotFound),
        };
    }
    Err(LeaveError::Busy)
}

async fn remove(
    calls: &impl CallStore,
    by: &Participant,
    name: &SessionName,
    whom: &Whom,
    now: Timestamp,
) -> Result<Option<RecordedToken>, LeaveError> {
    let token = match whom {
        Whom::Token(token) => token.clone(),
        Whom::Connection(id) => match calls.find_by_connection(name, id, now).await? {
            Some(record) => record.connection.token,
            None => return Ok(None),
        },
    };
    let owner = (!by.role.may_remove_others()).then_some(&by.user);
    match calls.remove(name, &token, owner).await? {
        Removal::Removed(record) => Ok(Some(record)),
        Removal::NotThere => Ok(None),
        Removal::NotYours => Err(LeaveError::NotYours),
    }
}

async fn evict(video: &impl VideoServer, record: &RecordedToken) -> Result<(), VideoError> {
    // "It was not there" is fine: it is not there now.
    let _was_there = video
        .evict(&record.session_id, &record.connection.id)
        .await?;
    Ok(())
}

/// A moderator's removal that stopped half-way has left a connection without a record.
async fn evict_unrecorded(
    video: &impl VideoServer,
    by: &Participant,
    session: &Session,
    whom: &Whom,
) -> Result<(), LeaveError> {
    match whom {
        Whom::Connection(id) if by.role.may_remove_others() => {
            if video.evict(&session.id, id).await? {
                Ok(())
            } else {
                Err(LeaveError::TokenNotFound)
            }
        }
        Whom::Connection(_) | Whom::Token(_) => Err(LeaveError::TokenNotFound),
    }
}
