//! The rule "make a call's records true again", for those of whom nobody has told us.
//!
//! 1. Read the session record.
//! 2. List the token records.
//! 3. *Then* ask what the video server has. Records first, video server second: a connection is made
//!    before it is recorded, so what is on record and not at the server is gone. The other way round
//!    would forget people who are just joining.
//! 4. Forget the tokens whose connection is gone.
//! 5. Close as a leave does: if no tokens are left, close the call on record, if its id and version
//!    are still those of 1, then its session at the video server.

use std::collections::BTreeMap;

use crate::domain::{Seats, SessionId, SessionName, Timestamp, TokenRecord};
use crate::ports::{CallInventory, StoreError, VideoError, VideoInventory};

/// What was put right.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Reconciled {
    /// Tokens whose connection was gone.
    pub tokens_forgotten: usize,
    /// Was the call closed?
    pub closed: bool,
}

/// Why a call was left as it is.
#[derive(Debug, thiserror::Error)]
pub enum ReconcileError {
    /// The store failed.
    #[error("could not read or write the call's records")]
    Store(#[from] StoreError),
    /// The video server failed.
    #[error("could not ask the video server")]
    Video(#[from] VideoError),
}

/// Reconciles the call `name`: see the rule above.
///
/// # Errors
/// [`ReconcileError`]; what was put right by then stays right.
pub async fn reconcile_call(
    calls: &impl CallInventory,
    video: &impl VideoInventory,
    name: &SessionName,
    now: Timestamp,
) -> Result<Reconciled, ReconcileError> {
    reconcile(calls, video, name, now, &Evidence::Asked).await
}

/// How it is known what the video server has.
pub(super) enum Evidence<'a> {
    /// It is asked in step 3.
    Asked,
    /// It was asked before step 1. That is just as good for a token issued so long before that its
    /// connection must have been made by then, and says nothing about any other.
    Listed {
        /// What it had.
        sessions: &'a BTreeMap<SessionId, Seats>,
        /// Tokens issued until then had their connection when the server was asked.
        made_until: Timestamp,
    },
}

/// The rule, on this evidence.
pub(super) async fn reconcile(
    calls: &impl CallInventory,
    video: &impl VideoInventory,
    name: &SessionName,
    now: Timestamp,
    evidence: &Evidence<'_>,
) -> Result<Reconciled, ReconcileError> {
    // 1. The session record.
    let session = calls.find(name, now).await?;

    // 2. The token records.
    let tokens = calls.tokens(name).await?;

    // 3. Then the video server.
    let mut asked: BTreeMap<SessionId, Option<Seats>> = BTreeMap::new();
    for id in tokens.iter().map(|token| &token.session_id) {
        if !asked.contains_key(id) {
            let seats = match evidence {
                Evidence::Asked => video.seats(id).await?,
                Evidence::Listed { sessions, .. } => sessions.get(id).cloned(),
            };
            asked.insert(id.clone(), seats);
        }
    }

    // 4. Forget what is gone.
    let mut reconciled = Reconciled::default();
    for token in tokens
        .iter()
        .filter(|token| is_gone(token, &asked, evidence))
    {
        calls.remove(name, &token.connection.token, None).await?;
        reconciled.tokens_forgotten += 1;
    }

    // 5. Close the call if nobody is left.
    if let Some(session) = session
        && !calls.has_tokens(name, now).await?
        && calls.close(&session).await?
    {
        reconciled.closed = true;
        let known_to_be_gone = asked.get(&session.id).is_some_and(Option::is_none);
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
    let seats = asked.get(&token.session_id).and_then(Option::as_ref);
    says_something && !seats.is_some_and(|seats| seats.seats.contains_key(&token.connection.id))
}
