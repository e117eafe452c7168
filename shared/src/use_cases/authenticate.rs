//! The rule "who is asking".
//!
//! 1. Read the proof: its signature and times come first, so that a forgery costs no request.
//! 2. The login must not have been ended.

use crate::domain::{Login, Timestamp};
use crate::ports::{LoginProofs, Revocations, StoreError};

/// Why it is not known who is asking.
#[derive(Debug, thiserror::Error)]
pub enum AuthenticateError {
    /// The proof is forged, has run out, or its login was ended.
    #[error("not logged in")]
    NotLoggedIn,
    /// The store failed.
    #[error("could not see whether the login was ended")]
    Store(#[from] StoreError),
}

/// Says whose login `proof` proves: see the rule above.
///
/// # Errors
/// [`AuthenticateError`]
pub async fn authenticate(
    proofs: &impl LoginProofs,
    revocations: &impl Revocations,
    proof: &str,
    now: Timestamp,
) -> Result<Login, AuthenticateError> {
    // 1. Read the proof.
    let login = proofs
        .read(proof, now)
        .ok_or(AuthenticateError::NotLoggedIn)?;

    // 2. It must not have been ended.
    if revocations.is_revoked(&login.id).await? {
        return Err(AuthenticateError::NotLoggedIn);
    }
    Ok(login)
}
