//! The rule "join a call".
//!
//! 1. **Find or open.** One write: the first joiner decides the session id, and everybody else
//!    reads it. If the answer is lost, ask again with another id. By then others may have opened,
//!    left and closed the call under the first id, and an id that came back would come back with
//!    old versions. A throttled request had no effect: repeat it with the same id.
//! 2. **Connect.** Ask the video server for a connection in that session. The opener makes the
//!    session there first. If the server does not have the session (never made, restarted, or
//!    everybody left), make it with the same id and ask again. If it is gone each time, the call on
//!    record may be another by now: start again from 1.
//! 3. **Record** the token.
//! 4. **Confirm**, after 3 and never before: raise the call's version, if its session is still the
//!    one we connected to. Only then hand the token out. If it is not (the last participant left
//!    meanwhile), take back what was done, and start again from 1.
//!
//! Before each repetition wait for a random time, longer each time: many may join at once.
//!
//! If a step fails, take back what was done: remove the token's record, close the call if we opened
//! it and nobody else has joined, and end the connection at the video server. If the session is no
//! longer on record, end the session instead: nobody will ever be in it. The sweep does what fails
//! here.
//!
//! Why in this order: a leaver reads the version *before* it looks for tokens, and closes only that
//! version. So either it sees our record (3) and does not close, or it closes before our confirm
//! (4), which then fails, or our confirm comes first and its close fails.

use crate::chain;
use std::time::Duration;

use super::close_call::{Closing, close_if_unused};
use crate::domain::{
    Connection, Nickname, Role, Session, SessionId, SessionName, Timestamp, TokenRecord, UserName,
};
use crate::ports::{Backoff, CallStore, StoreError, VideoError, VideoServer};

/// How long a call and its tokens stay on record after the last confirmed join.
pub const CALL_LIFETIME: Duration = Duration::from_secs(24 * 60 * 60);

/// How often a join starts again before it gives up. Each time, the last participant has left
/// between our steps 1 and 4.
const TRIES: usize = 8;

/// How many ids a join proposes to the store. Each time, the answer was lost.
const IDS: usize = 2;

/// How often a throttled request is repeated.
const THROTTLED: usize = 5;

/// How often a join makes the session at the video server before it starts again. Each time,
/// everyone left between making and connecting.
const OPENINGS: usize = 3;

/// Who joins, and in which role.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Participant {
    /// Their user name.
    pub user: UserName,
    /// Their role in the call.
    pub role: Role,
    /// How they want to be called in it, if they say so.
    pub nickname: Option<Nickname>,
}

/// The result of a join.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Joined {
    /// The session that everybody in the call shares.
    pub session_id: SessionId,
    /// Their own way into it.
    pub connection: Connection,
    /// How often the join started again because the last participant had left.
    pub restarts: usize,
    /// How often the video server did not have the session that was on record.
    pub recreations: usize,
}

/// Why somebody could not join.
#[derive(Debug, thiserror::Error)]
pub enum JoinError {
    /// The store failed.
    #[error("could not read or write the call's records")]
    Store(#[from] StoreError),
    /// The video server failed.
    #[error("could not get a connection from the video server")]
    Video(#[from] VideoError),
    /// The user joins too often; the next join may come after this time.
    #[error("the user joins too often")]
    TooMany(Duration),
    /// People came and went too fast; trying again will do.
    #[error("the call was closed again and again while joining it")]
    Busy,
}

/// Joins the call `name`: see the rule above. `new_session_id` returns a new id each time.
///
/// # Errors
/// [`JoinError`]; then nothing is left on record, or only what the sweep removes.
pub async fn join_call(
    calls: &impl CallStore,
    video: &impl VideoServer,
    backoff: &impl Backoff,
    new_session_id: impl Fn(&SessionName) -> SessionId,
    who: &Participant,
    name: &SessionName,
    now: Timestamp,
) -> Result<Joined, JoinError> {
    let expires_at = now + CALL_LIFETIME;
    let mut recreations = 0;
    for restarts in 0..TRIES {
        if restarts > 0 {
            tracing::info!(session.name = %name, "the call was closed while joining it: starting again");
            backoff.wait(restarts).await;
        }

        // 1. Find or open.
        let (session, opener) = find_or_open(calls, backoff, &new_session_id, name, now).await?;

        // 2. Connect.
        let connection = match connect(video, backoff, &session.id, opener, who).await {
            Ok(Some((connection, openings))) => {
                recreations += openings;
                connection
            }
            Ok(None) => {
                take_back_session(calls, video, &session, opener, now).await;
                continue;
            }
            Err(error) => {
                take_back_session(calls, video, &session, opener, now).await;
                return Err(error.into());
            }
        };

        // 3. Record.
        let record = TokenRecord {
            session_name: name.clone(),
            session_id: session.id.clone(),
            connection,
            role: who.role,
            user: who.user.clone(),
            issued_at: now,
            expires_at,
        };
        if let Err(error) = calls.record(&record).await {
            take_back_record(calls, &record).await;
            let closed = take_back_opening(calls, &session, opener, now).await;
            take_back_connection(video, &record, closed).await;
            return Err(error.into());
        }

        // 4. Confirm.
        match calls.confirm(name, &session.id, expires_at).await {
            Ok(true) => {
                return Ok(Joined {
                    session_id: session.id,
                    connection: record.connection,
                    restarts,
                    recreations,
                });
            }
            Ok(false) => {
                take_back_record(calls, &record).await;
                take_back_connection(video, &record, true).await;
            }
            Err(error) => {
                take_back_record(calls, &record).await;
                let closed = take_back_opening(calls, &session, opener, now).await;
                take_back_connection(video, &record, closed).await;
                return Err(error.into());
            }
        }
    }
    Err(JoinError::Busy)
}

/// Returns the session, and whether we opened it.
async fn find_or_open(
    calls: &impl CallStore,
    backoff: &impl Backoff,
    new_session_id: impl Fn(&SessionName) -> SessionId,
    name: &SessionName,
    now: Timestamp,
) -> Result<(Session, bool), StoreError> {
    let expires_at = now + CALL_LIFETIME;
    let mut candidate = new_session_id(name);
    let (mut ids, mut throttled) = (1, 0);
    loop {
        match calls.find_or_open(name, &candidate, now, expires_at).await {
            Ok(session) => {
                let opener = session.id == candidate;
                return Ok((session, opener));
            }
            Err(StoreError::Throttled(_)) if throttled < THROTTLED => {
                throttled += 1;
                backoff.wait(throttled).await;
            }
            Err(error @ StoreError::Unavailable(_)) if ids < IDS => {
                tracing::warn!(error = chain(&error), session.name = %name, "asking again with another id");
                ids += 1;
                candidate = new_session_id(name);
            }
            Err(error) => return Err(error),
        }
    }
}

/// Returns the connection, and how often the session had to be made although it was on record.
/// `None` if it was gone each time after it had been made.
async fn connect(
    video: &impl VideoServer,
    backoff: &impl Backoff,
    id: &SessionId,
    opener: bool,
    who: &Participant,
) -> Result<Option<(Connection, usize)>, VideoError> {
    if opener {
        video.open(id).await?;
    }
    for openings in 0..=OPENINGS {
        let nickname = who.nickname.as_ref();
        if let Some(connection) = video.connect(id, &who.user, who.role, nickname).await? {
            return Ok(Some((connection, openings)));
        }
        if openings < OPENINGS {
            tracing::info!(session.id = %id, "the video server does not have the session: making it");
            backoff.wait(openings + 1).await;
            video.open(id).await?;
        }
    }
    Ok(None)
}

async fn take_back_record(calls: &impl CallStore, record: &TokenRecord) {
    let token = &record.connection.token;
    if let Err(error) = calls.remove(&record.session_name, token, None).await {
        tracing::warn!(
            error = chain(&error),
            connection.id = %record.connection.id,
            "a token's record is left to the sweep"
        );
    }
}

/// Closes the call if we opened it and nobody else has joined. Returns whether it is closed.
async fn take_back_opening(
    calls: &impl CallStore,
    opened: &Session,
    opener: bool,
    now: Timestamp,
) -> bool {
    if !opener {
        return false;
    }
    let closing = async {
        // The version may be 1 by now: the answer to our confirm may have been lost.
        match calls.find(&opened.name, now).await? {
            Some(session) if session.id == opened.id => close_if_unused(calls, &session, now).await,
            Some(_) | None => Ok(Closing::Changed),
        }
    };
    match closing.await {
        Ok(closing) => closing == Closing::Closed,
        Err(error) => {
            tracing::warn!(error = chain(&error), session.id = %opened.id, "an empty call is left to the sweep");
            false
        }
    }
}

/// Closes the call and its session, if we opened it and nobody else has joined.
async fn take_back_session(
    calls: &impl CallStore,
    video: &impl VideoServer,
    opened: &Session,
    opener: bool,
    now: Timestamp,
) {
    if take_back_opening(calls, opened, opener, now).await
        && let Err(error) = video.close(&opened.id).await
    {
        tracing::warn!(error = chain(&error), session.id = %opened.id, "an empty session is left to the sweep");
    }
}

/// Ends the connection, or the whole session if it is no longer on record: ids are never used
/// again, so nobody will ever be in it.
async fn take_back_connection(video: &impl VideoServer, record: &TokenRecord, off_record: bool) {
    let (session, connection) = (&record.session_id, &record.connection.id);
    let ended = if off_record {
        video.close(session).await
    } else {
        video.evict(session, connection).await.map(|_| ())
    };
    if let Err(error) = ended {
        tracing::warn!(error = chain(&error), connection.id = %connection, "a connection is left to the sweep");
    }
}
