//! The rule "leave a call", by oneself or removed by a moderator.
//!
//! 1. Read the session record: its id and `version`. (Before 4, or 4 is worthless.)
//! 2. Read the token's record: whose it is, and its connection. (Before 3: if the answer to 3 is lost,
//!    the repeated request finds nothing.) Others than moderators may end their own tokens only.
//! 3. Remove the token's record.
//! 4. Close the call if everybody has left it (see `close_call`). If somebody joined meanwhile, start
//!    again from 1.
//! 5. If it is closed, close its session at the video server, which ends this connection too.
//! 6. If not, end this one connection at the video server, so that a removed participant is out and
//!    an unused token is dead.
//!
//! If 3 or a later step fails, put the token's record back as ended (see `TokenRecord::as_ended`): then
//! no sweep takes it for alive, even one that began earlier. It counts for nothing, but a repeated
//! leave finds the connection in it. Without a repetition the sweep ends the connection.
//! The sweep also ends it if this version cannot read the whole record, and so cannot put it back.
//!
//! A token that is not on record has been ended, by whomever: that is what the caller wants. A text
//! that cannot be a token of this call is answered "not found". Both answers follow from the text
//! alone, so nobody learns from them whether the call is open.

use super::Participant;
use super::close_call::{Closing, close_if_deserted};
use crate::chain;
use crate::domain::{
    ConnectionId, RecordedToken, Removal, Session, SessionId, SessionName, Timestamp, Token,
    TokenRecord,
};
use crate::ports::{CallStore, StoreError, VideoError, VideoServer};

/// How often a leave starts again before it gives up. Each time, somebody has joined and left
/// between our steps 1 and 4.
const TRIES: usize = 8;

/// Whose token to end.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Whom {
    /// The holder of this token.
    Token(Token),
    /// The holder of this connection.
    Connection(ConnectionId),
}

/// Why nobody was removed.
#[derive(Debug, thiserror::Error)]
pub enum LeaveError {
    /// The token or connection is not on record, and as far as we can tell never was.
    #[error("there is no such token in the call")]
    TokenNotFound,
    /// The token belongs to somebody else, and the caller is no moderator.
    #[error("the token belongs to somebody else")]
    NotYours,
    /// The store failed.
    #[error("could not read or write the call's records")]
    Store(#[from] StoreError),
    /// The video server could not be told. A repeated leave tells it.
    #[error("could not end the connection at the video server")]
    Video(#[from] VideoError),
    /// People joined and left too fast. The record is removed; trying again will do the rest.
    #[error("people joined and left again and again while leaving")]
    Busy,
}

/// Leaves the call `name` on behalf of `by`: see the rule above.
///
/// # Errors
/// [`LeaveError`]; the leave may be repeated.
pub async fn leave_call(
    calls: &impl CallStore,
    video: &impl VideoServer,
    by: &Participant,
    name: &SessionName,
    whom: &Whom,
    now: Timestamp,
) -> Result<(), LeaveError> {
    let mut record = None;
    let left = leave(calls, video, by, name, whom, now, &mut record).await;
    if let Err(error) = &left
        && !matches!(error, LeaveError::NotYours | LeaveError::TokenNotFound)
        && let Some(record) = &record
    {
        put_back(calls, record).await;
    }
    left
}

/// The steps of the rule. They put the token's record into `record` if they read it.
async fn leave(
    calls: &impl CallStore,
    video: &impl VideoServer,
    by: &Participant,
    name: &SessionName,
    whom: &Whom,
    now: Timestamp,
    record: &mut Option<TokenRecord>,
) -> Result<(), LeaveError> {
    let mut token: Option<Token> = None;
    let mut ended: Option<RecordedToken> = None;
    let mut closing: Option<SessionId> = None;
    for _ in 0..TRIES {
        // 1. Read the session record.
        let session = calls.find(name, now).await?;

        // A close of ours that seemed to fail may have happened, with its answer lost. Ids are
        // never used again, so a session that is no longer on record can be closed in any case.
        let closed_before = closing
            .take()
            .filter(|id| session.as_ref().is_none_or(|session| session.id != *id));
        if let Some(id) = closed_before {
            end(video, ended.as_ref(), Some(&id)).await?;
            return answer(ended.is_some(), name, whom);
        }

        // 2. Read the token's record.
        if record.is_none() {
            (token, *record) = read(calls, by, name, whom).await?;
        }

        // 3. Remove it, even if it cannot be read.
        let owner = (!by.role.may_remove_others()).then_some(&by.user);
        if let Some(token) = &token {
            let removed = match calls.remove(name, token, owner).await? {
                Removal::Removed(removed) => Some(removed),
                Removal::NotThere => record.clone().map(RecordedToken::from),
                Removal::NotYours => return Err(LeaveError::NotYours),
            };
            ended = removed.or(ended);
        }

        // 4. Close the call if everybody has left it.
        let mut closed = None;
        if let Some(session) = &session {
            match close_if_deserted(calls, session, now).await? {
                Closing::StillUsed => (),
                Closing::Closed => closed = Some(&session.id),
                Closing::Changed => {
                    closing = Some(session.id.clone());
                    continue;
                }
            }
        }

        // 5. and 6. Tell the video server.
        end(video, ended.as_ref(), closed).await?;
        return match (&ended, &session) {
            (None, Some(session)) if closed.is_none() => {
                end_unrecorded(video, by, session, whom, name).await
            }
            _ => answer(ended.is_some(), name, whom),
        };
    }
    Err(LeaveError::Busy)
}

/// The token to end, if the caller may end it, and its record, if this version can read it.
async fn read(
    calls: &impl CallStore,
    by: &Participant,
    name: &SessionName,
    whom: &Whom,
) -> Result<(Option<Token>, Option<TokenRecord>), LeaveError> {
    let token = match whom {
        Whom::Token(token) => Some(token.clone()),
        Whom::Connection(id) => {
            let found = calls.find_by_connection(name, id).await?;
            found.map(|found| found.connection.token)
        }
    };
    let record = match &token {
        Some(token) => calls.find_token(name, token).await?,
        None => None,
    };
    match &record {
        Some(record) if record.user != by.user && !by.role.may_remove_others() => {
            Err(LeaveError::NotYours)
        }
        _ => Ok((token, record)),
    }
}

/// Ends the session if it was closed, or else the connection.
async fn end(
    video: &impl VideoServer,
    token: Option<&RecordedToken>,
    closed: Option<&SessionId>,
) -> Result<(), VideoError> {
    if let Some(id) = closed {
        video.close(id).await?;
    }
    match token {
        Some(token) if closed != Some(&token.session_id) => {
            // It does not matter whether it was there: it is not there now.
            let _was_there = video.evict(&token.session_id, &token.connection.id).await?;
        }
        Some(_) | None => (),
    }
    Ok(())
}

/// Puts a token's record back for a repeated leave.
async fn put_back(calls: &impl CallStore, record: &TokenRecord) {
    if let Err(error) = calls.record(&record.as_ended()).await {
        tracing::warn!(error = chain(&error), connection.id = %record.connection.id, "a connection is left to the sweep");
    }
}

fn answer(ended: bool, name: &SessionName, whom: &Whom) -> Result<(), LeaveError> {
    match whom {
        _ if ended => Ok(()),
        Whom::Token(token) if token.is_for(name) => Ok(()),
        Whom::Token(_) | Whom::Connection(_) => Err(LeaveError::TokenNotFound),
    }
}

/// A moderator's removal that stopped in the middle has left a connection without a record.
async fn end_unrecorded(
    video: &impl VideoServer,
    by: &Participant,
    session: &Session,
    whom: &Whom,
    name: &SessionName,
) -> Result<(), LeaveError> {
    match whom {
        Whom::Connection(id) if by.role.may_remove_others() => {
            let was_there = video.evict(&session.id, id).await?;
            answer(was_there, name, whom)
        }
        Whom::Connection(_) | Whom::Token(_) => answer(false, name, whom),
    }
}
