//! The rule "make a call's records true again", for people who left without telling us.
//!
//! 1. Read the session record.
//! 2. List the token records.
//! 3. *Then* ask what the video server has. Records first, video server second: a connection is made
//!    before it is recorded, so what is on record and not at the server is gone. The other order would
//!    forget people who are just joining.
//! 4. Forget the tokens whose connection is gone. Where a token is good though its connection is not
//!    listed (see `VideoServer::unlisted_for`), it is gone if it is not listed and older than that.
//! 5. Close the call if everybody has left it (see `close_call`), and then its session at the video
//!    server. Whoever is connected has not left, even if their token's record has run out.
//!
//! An event is about one session, so it changes nothing of any other. The sweep looks at the whole
//! call.

use std::collections::BTreeMap;

use super::close_call::{Closing, close_if_deserted};
use crate::domain::{Seat, Seats, SessionId, SessionName, Timestamp, TokenRecord};
use crate::ports::{CallInventory, StoreError, VideoError, VideoInventory};

/// What was repaired.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Reconciled {
    /// Tokens whose connection was gone.
    pub(super) tokens_forgotten: usize,
    /// Was the call closed?
    pub(super) closed: bool,
}

/// Why a call was not reconciled.
#[derive(Debug, thiserror::Error)]
pub enum ReconcileError {
    /// The store failed.
    #[error("could not read or write the call's records")]
    Store(#[from] StoreError),
    /// The video server failed.
    #[error("could not ask the video server")]
    Video(#[from] VideoError),
}

/// Reconciles the records of `session`: see the rule above.
///
/// # Errors
/// [`ReconcileError`]; what was repaired before stays repaired.
pub(super) async fn reconcile_call(
    calls: &impl CallInventory,
    video: &impl VideoInventory,
    session: &SessionId,
    now: Timestamp,
) -> Result<Reconciled, ReconcileError> {
    let name = session.session_name();
    let only = Some(session);
    reconcile(calls, video, name, only, now, &Evidence::Asked, &|| false).await
}

/// How we know what the video server has.
pub(super) enum Evidence<'a> {
    /// It is asked in step 3.
    Asked,
    /// It was asked before step 1. That is just as good for a token issued so long before that its
    /// connection must have been made by then, and says nothing about any other. (Nor does it where
    /// connections may come back.)
    Listed {
        /// What it had.
        sessions: &'a BTreeMap<SessionId, Seats>,
        /// Tokens issued until then had their connection when the server was asked.
        made_until: Timestamp,
    },
}

/// The rule for the call `name` (`only`: for this session of it), on this evidence. If `time_is_up`, the
/// rest is left to the next time.
pub(super) async fn reconcile(
    calls: &impl CallInventory,
    video: &impl VideoInventory,
    name: &SessionName,
    only: Option<&SessionId>,
    now: Timestamp,
    evidence: &Evidence<'_>,
    time_is_up: &impl Fn() -> bool,
) -> Result<Reconciled, ReconcileError> {
    let concerns = |id: &SessionId| only.is_none_or(|only| only == id);

    // 1. The session record.
    let session = calls.find(name, now).await?;
    let session = session.filter(|session| concerns(&session.id));

    // 2. The token records.
    let mut tokens = calls.tokens(name).await?.readable;
    tokens.retain(|token| concerns(&token.session_id));

    // 3. Then the video server.
    let mut reconciled = Reconciled::default();
    let mut asked: BTreeMap<SessionId, Option<Seats>> = BTreeMap::new();
    for id in tokens.iter().map(|token| &token.session_id) {
        if !asked.contains_key(id) {
            if time_is_up() {
                return Ok(reconciled);
            }
            let seats = match evidence {
                Evidence::Asked => video.seats(id).await?,
                Evidence::Listed { sessions, .. } => sessions.get(id).cloned(),
            };
            asked.insert(id.clone(), seats);
        }
    }

    // 4. Forget what is gone.
    for token in tokens
        .iter()
        .filter(|token| now - token.issued_at >= video.unlisted_for())
        .filter(|token| is_gone(token, &asked, evidence))
    {
        if time_is_up() {
            return Ok(reconciled);
        }
        calls.remove(name, &token.connection.token, None).await?;
        reconciled.tokens_forgotten += 1;
    }

    // 5. Close the call if everybody has left.
    let is_connected = |token: &TokenRecord| {
        let seat = seat(token, &asked);
        !token.is_ended() && seat.is_some_and(|seat| seat.taken)
    };
    if let Some(session) = session
        && !tokens.iter().any(is_connected)
        && close_if_deserted(calls, &session, now).await? == Closing::Closed
    {
        reconciled.closed = true;
        // Where connections may come back, so may their session.
        let known_to_be_gone =
            video.unlisted_for().is_zero() && asked.get(&session.id).is_some_and(Option::is_none);
        if !known_to_be_gone {
            video.close(&session.id).await?;
        }
    }
    Ok(reconciled)
}

fn is_gone(
    token: &TokenRecord,
    asked: &BTreeMap<SessionId, Option<Seats>>,
    evidence: &Evidence<'_>,
) -> bool {
    let says_something = match evidence {
        Evidence::Asked => true,
        Evidence::Listed { made_until, .. } => token.issued_at <= *made_until,
    };
    says_something && seat(token, asked).is_none()
}

fn seat<'a>(
    token: &TokenRecord,
    asked: &'a BTreeMap<SessionId, Option<Seats>>,
) -> Option<&'a Seat> {
    let seats = asked.get(&token.session_id)?.as_ref()?;
    seats.seats.get(&token.connection.id)
}
