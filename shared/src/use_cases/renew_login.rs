//! The rule "stay logged in": a request in the last quarter of a login's time gets a new proof of
//! the same login, until a day after the user gave their password.

use crate::domain::{Login, Timestamp};
use crate::ports::{LoginProofs, ProofError};

/// The renewed login and its proof, if it is time.
///
/// # Errors
/// [`ProofError`]
pub fn renew_login(
    proofs: &impl LoginProofs,
    login: &Login,
    now: Timestamp,
) -> Result<Option<(Login, String)>, ProofError> {
    let Some(renewed) = login.renewed(now) else {
        return Ok(None);
    };
    let proof = proofs.prove(&renewed)?;
    Ok(Some((renewed, proof)))
}
