//! The rule "log in".
//!
//! 1. Find the user by name; a text that is no user name is nobody's.
//! 2. Compare the password with their hash; for an unknown or disabled user, compare it with
//!    nobody's, so that every refusal takes the same work.
//! 3. If it matches, prove a new login with the role on record, good for `lifetime`.

use std::time::Duration;

use crate::domain::{Login, LoginId, Password, Timestamp, UserName};
use crate::ports::{LoginProofs, PasswordHashing, ProofError, StoreError, UserDirectory};

/// Why somebody could not log in.
#[derive(Debug, thiserror::Error)]
pub enum LogInError {
    /// Unknown user, disabled user or wrong password: nobody is told which.
    #[error("the user name or the password is wrong")]
    InvalidCredentials,
    /// The store failed.
    #[error("could not read the user's record")]
    Store(#[from] StoreError),
    /// The signature failed.
    #[error("could not prove the login")]
    Proof(#[from] ProofError),
}

/// Logs `name` in: see the rule above. Returns the login and its proof.
///
/// # Errors
/// [`LogInError`]
#[expect(
    clippy::too_many_arguments,
    reason = "three ports, what was typed, and what the rule may not make up"
)]
pub async fn log_in(
    users: &impl UserDirectory,
    hashing: &impl PasswordHashing,
    proofs: &impl LoginProofs,
    name: &str,
    password: &Password,
    id: LoginId,
    lifetime: Duration,
    now: Timestamp,
) -> Result<(Login, String), LogInError> {
    // 1. Find the user.
    let user = match UserName::parse(name) {
        Ok(name) => users.find(&name).await?,
        Err(_) => None,
    };
    let user = user.filter(|user| !user.disabled);

    // 2. Compare the password.
    let hash = user.as_ref().map(|user| &user.password_hash);
    let matches = hashing.matches(password, hash);

    // 3. Prove the login.
    let Some(user) = user.filter(|_| matches) else {
        return Err(LogInError::InvalidCredentials);
    };
    let login = Login {
        id,
        user: user.name,
        role: user.role,
        expires_at: now + lifetime,
    };
    let proof = proofs.prove(&login, now)?;
    Ok((login, proof))
}
