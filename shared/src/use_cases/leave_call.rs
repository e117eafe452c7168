//! The rule "leave a call", by oneself or removed by a moderator.
//!
//! 1. Read the session record: its id and `version`. (Before 3, or 4 is worthless.)
//! 2. Remove the token's record, if it is the caller's; moderators may remove anybody's. If it is
//!    not there, go on all the same: an earlier try may have stopped half-way.
//! 3. Are any tokens left on record?
//! 4. If none: close the call on record, if its id and version are still those of 1, then close its
//!    session at the video server (which ends this connection too). If they are not, somebody
//!    joined: start again from 1.
//! 5. If some: end this one connection at the video server, so that a removed person is out and an
//!    unused token is dead.

use crate::domain::{
    ConnectionId, Removal, Session, SessionId, SessionName, Timestamp, Token, TokenRecord,
};
use crate::ports::{CallStore, StoreError, VideoError, VideoServer};

use super::Participant;

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
    let mut removed: Option<TokenRecord> = None;
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
        }

        // 2. Remove the record.
        if removed.is_none() {
            removed = remove(calls, by, name, whom, now).await?;
        }
        let Some(session) = session else {
            return match removed {
                Some(record) => Ok(evict(video, &record).await?),
                None => Err(LeaveError::SessionNotFound),
            };
        };

        // 3. Are any tokens left?
        if calls.has_tokens(name, now).await? {
            // 5. Some: end this one connection.
            return match removed {
                Some(record) => Ok(evict(video, &record).await?),
                None => evict_unrecorded(video, by, &session, whom).await,
            };
        }

        // 4. None: close.
        if calls.close(&session).await? {
            video.close(&session.id).await?;
            return match removed {
                Some(record) if record.session_id != session.id => Ok(evict(video, &record).await?),
                Some(_) => Ok(()),
                None => Err(LeaveError::TokenNotFound),
            };
        }
        closing = Some(session.id);
    }
    Err(LeaveError::Busy)
}

/// Steps 1, 3 and 4 on the records alone: for who opened a call and then could not join it.
pub(super) async fn close_if_empty(
    calls: &impl CallStore,
    name: &SessionName,
    now: Timestamp,
) -> Result<(), StoreError> {
    if let Some(session) = calls.find(name, now).await?
        && !calls.has_tokens(name, now).await?
    {
        // If this fails, somebody joined: then it is theirs.
        calls.close(&session).await?;
    }
    Ok(())
}

async fn remove(
    calls: &impl CallStore,
    by: &Participant,
    name: &SessionName,
    whom: &Whom,
    now: Timestamp,
) -> Result<Option<TokenRecord>, LeaveError> {
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

async fn evict(video: &impl VideoServer, record: &TokenRecord) -> Result<(), VideoError> {
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
