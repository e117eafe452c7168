//! The rule "log in".
//!
//! 1. Find the user by name; a text that is no user name is nobody's.
//! 2. Count the attempt: see `limit_attempts`. Who has to wait is refused here, also with the right
//!    password, and no password is hashed.
//! 3. Compare the password with the user's hash; for an unknown or disabled user, compare it with
//!    nobody's, so that every refusal takes the same work.
//! 4. If it matches, the attempt was none that failed. Prove a new login with the role on record, good
//!    for `lifetime`, and only as long as the record is of this generation.
//! 5. If a new hash would take more work than the one on record, put it there; the login is good without.

use crate::chain;
use std::time::Duration;

use super::limit_attempts::{attempt_succeeded, count_attempt};
use crate::audit::{self, AuditEvent};
use crate::domain::{Account, ClientAddress, Login, LoginId, Password, Timestamp, UserName};
use crate::ports::{Attempts, LoginProofs, PasswordHashing, ProofError, StoreError, UserDirectory};

/// Why somebody could not log in.
#[derive(Debug, thiserror::Error)]
pub enum LogInError {
    /// Unknown user, disabled user or wrong password: nobody is told which.
    #[error("the user name or the password is wrong")]
    InvalidCredentials,
    /// Too many attempts have failed; the next may come after this time.
    #[error("too many attempts have failed")]
    TooManyAttempts(Duration),
    /// The store failed.
    #[error("could not read or count what decides about the login")]
    Store(#[from] StoreError),
    /// The signature failed.
    #[error("could not prove the login")]
    Proof(#[from] ProofError),
}

/// Somebody's wish to log in.
#[derive(Clone, Copy, Debug)]
pub struct LogInAttempt<'a> {
    /// What was typed for the name.
    pub name: &'a str,
    /// What was typed for the password.
    pub password: &'a Password,
    /// Where from.
    pub address: ClientAddress,
    /// How long the login is to last.
    pub lifetime: Duration,
    /// Now.
    pub now: Timestamp,
}

/// Lets somebody log in: see the rule above. Returns the login, named `id`, and its proof.
///
/// # Errors
/// [`LogInError`]
pub async fn log_in(
    users: &impl UserDirectory,
    attempts: &impl Attempts,
    hashing: &impl PasswordHashing,
    proofs: &impl LoginProofs,
    id: LoginId,
    attempt: LogInAttempt<'_>,
) -> Result<(Login, String), LogInError> {
    let LogInAttempt {
        password, address, ..
    } = attempt;

    // 1. Find the user.
    let name = UserName::parse(attempt.name).ok();
    let account = match &name {
        Some(name) => users.find(name).await?,
        None => None,
    };
    let on_record = account.as_ref().map(|account| account.user.name.clone());
    let refused = |reason: &str| {
        audit::record(
            AuditEvent::Refusal,
            on_record.as_ref(),
            Some(address),
            reason,
        );
    };

    // 2. Count the attempt.
    let counted = match count_attempt(attempts, name.as_ref(), address, attempt.now).await? {
        Ok(counted) => counted,
        Err(wait) => {
            refused("too many attempts");
            return Err(LogInError::TooManyAttempts(wait));
        }
    };

    // 3. Compare the password.
    let enabled = account.as_ref().filter(|account| !account.user.disabled);
    let matches = hashing.matches(password, enabled.map(|account| &account.password_hash));
    let Some(account) = enabled.filter(|_| matches) else {
        refused(match &account {
            None => "unknown user",
            Some(account) if account.user.disabled => "disabled user",
            Some(_) => "wrong password",
        });
        return Err(LogInError::InvalidCredentials);
    };

    // 4. Prove the login.
    if let Err(error) = attempt_succeeded(attempts, counted).await {
        // They may have to wait next time, which is better than now.
        tracing::warn!(
            error = chain(&error),
            "an attempt that succeeded stays counted"
        );
    }
    let login = Login {
        id,
        user: account.user.name.clone(),
        role: account.user.role,
        generation: account.user.generation,
        authenticated_at: attempt.now,
        issued_at: attempt.now,
        expires_at: attempt.now + attempt.lifetime,
    };
    let proof = proofs.prove(&login)?;
    audit::record(
        AuditEvent::Login,
        Some(&login.user),
        Some(address),
        "right password",
    );

    // 5. Hash it anew.
    if hashing.is_outdated(&account.password_hash) {
        keep_a_new_hash(users, hashing, account, password).await;
    }
    Ok((login, proof))
}

async fn keep_a_new_hash(
    users: &impl UserDirectory,
    hashing: &impl PasswordHashing,
    account: &Account,
    password: &Password,
) {
    let Account {
        user,
        password_hash,
    } = account;
    match hashing.hash(password) {
        Err(error) => tracing::error!(error = chain(&error), "an outdated hash stays on record"),
        Ok(hash) => match users.rehash(&user.name, password_hash, &hash).await {
            Ok(true) => audit::record(
                AuditEvent::Administration,
                Some(&user.name),
                None,
                "hash renewed at login",
            ),
            // Somebody changed the password, or this was done twice at once.
            Ok(false) => (),
            Err(error) => {
                tracing::error!(error = chain(&error), "an outdated hash stays on record")
            }
        },
    }
}
