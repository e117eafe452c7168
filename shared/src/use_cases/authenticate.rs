//! The rule "who is asking".
//!
//! 1. Read the proof. Its signature and times are checked first, so that a forgery costs no
//!    request.
//! 2. The login must not have been ended, and its user must exist, be enabled, and have the same
//!    generation. One strongly consistent request reads all of this.
//! 3. The user may do what their record says now, not what the proof says.

use crate::audit::{self, AuditEvent, Reason};
use crate::domain::{ClientAddress, Login, Timestamp, User};
use crate::ports::{LoginProofs, Logins, StoreError};

/// Why the caller is unknown.
#[derive(Debug, thiserror::Error)]
pub enum AuthenticateError {
    /// The proof is forged or has expired, or its login was ended.
    #[error("not logged in")]
    NotLoggedIn,
    /// The store failed.
    #[error("could not see whether the login was ended")]
    Store(#[from] StoreError),
}

/// Returns the login that `proof` proves, and its user: see the rule above.
///
/// # Errors
/// [`AuthenticateError`]
pub async fn authenticate(
    proofs: &impl LoginProofs,
    logins: &impl Logins,
    proof: &str,
    address: ClientAddress,
    now: Timestamp,
) -> Result<(Login, User), AuthenticateError> {
    let refused = |user, reason| {
        audit::record(AuditEvent::Refusal, user, Some(address), reason);
        AuthenticateError::NotLoggedIn
    };

    // 1. Read the proof.
    let Some(login) = proofs.read(proof, now) else {
        return Err(refused(None, Reason::ForgedOrRunOut));
    };

    // 2. The login must still be valid.
    let standing = logins.standing(&login.id, &login.user).await?;
    let reason = match standing.user {
        Some(_) if standing.revoked => Reason::LoggedOut,
        Some(user) if user.disabled => {
            return Err(refused(Some(&user.name), Reason::DisabledUser));
        }
        // 3. What the record says now.
        Some(user) if user.generation == login.generation => return Ok((login, user)),
        Some(_) => Reason::ChangedUser,
        None => Reason::RemovedUser,
    };
    Err(refused(Some(&login.user), reason))
}
