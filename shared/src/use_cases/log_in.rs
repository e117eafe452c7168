//! The rule "log in".
//!
//! 1. Find the user by name; text that cannot be a user name matches no user.
//! 2. Begin the attempt: see `limit_attempts`. If it has to wait, it is refused here, also with the right
//!    password, and no password is hashed.
//! 3. Compare the password with the user's hash; for an unknown or disabled user, compare it with
//!    nobody's, so that every refusal takes the same work. A wrong password is counted before anybody is
//!    told that it is wrong.
//! 4. If it matches, the attempt does not count. Prove a new login with the role on record, good for
//!    `lifetime`, and only as long as the record is of this generation.
//! 5. Remember the device, if it can keep an id: see `limit_attempts`. The login is good without. A device
//!    that the user has not logged in with gets a new id. The one that it has may be somebody else's, who
//!    put it there, and who would be known by it from now on.
//! 6. If a new hash would take more work than the one on record, put it there; the login is good without.

use crate::chain;
use std::time::Duration;

use super::limit_attempts::{Origin, attempt_failed, attempt_succeeded, begin_attempt};
use crate::audit::{self, AuditEvent, Reason};
use crate::domain::{
    Account, ClientAddress, DeviceId, Login, LoginId, Password, Refusal, Role, UserName,
};
use crate::ports::{
    Attempts, Clock, LoginProofs, PasswordHashing, ProofError, StoreError, UserDirectory,
};

/// How often to try to record the device while other logins of the same user do the same.
const TRIES: usize = 3;

/// Why somebody could not log in.
#[derive(Debug, thiserror::Error)]
pub enum LogInError {
    /// Unknown user, disabled user or wrong password: the answer does not say which.
    #[error("the user name or the password is wrong")]
    InvalidCredentials,
    /// Too many attempts have failed. The next may come after this time.
    #[error("too many attempts have failed")]
    TooManyAttempts(Duration),
    /// So many log in at once that this attempt could not be made yet. None of them needs to have
    /// failed.
    #[error("too many attempts are pending")]
    Busy,
    /// The store failed.
    #[error("could not read or count what decides about the login")]
    Store(#[from] StoreError),
    /// The signature failed.
    #[error("could not prove the login")]
    Proof(#[from] ProofError),
}

impl From<Refusal> for LogInError {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::Wait(wait) => Self::TooManyAttempts(wait),
            Refusal::Busy => Self::Busy,
        }
    }
}

/// A request to log in.
#[derive(Clone, Copy, Debug)]
pub struct LogInAttempt<'a> {
    /// The typed name.
    pub name: &'a str,
    /// The typed password.
    pub password: &'a Password,
    /// The client's address.
    pub address: ClientAddress,
    /// The device that the client names.
    pub device: Option<&'a DeviceId>,
    /// The id that it gets if it is not known, and can keep one.
    pub new_device: Option<&'a DeviceId>,
    /// The id for the login.
    pub id: &'a LoginId,
    /// How long the login lasts.
    pub lifetime: Duration,
}

/// What somebody has who has logged in. Not for logs: the proof is a secret.
pub struct LoggedIn {
    /// The login.
    pub login: Login,
    /// Its proof.
    pub proof: String,
    /// What they may do in calls, for their page. Every request looks it up again.
    pub role: Role,
    /// What the device is known by from now on, if it can keep that.
    pub device: Option<DeviceId>,
}

/// Lets somebody log in: see the rule above.
///
/// # Errors
/// [`LogInError`]
pub async fn log_in(
    users: &impl UserDirectory,
    attempts: &impl Attempts,
    hashing: &impl PasswordHashing,
    proofs: &impl LoginProofs,
    clock: &impl Clock,
    attempt: LogInAttempt<'_>,
) -> Result<LoggedIn, LogInError> {
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
    let refused = |reason| {
        audit::record(
            AuditEvent::Refusal,
            on_record.as_ref(),
            Some(address),
            reason,
        );
    };

    // 2. Begin the attempt.
    let known = account.as_ref().zip(attempt.device);
    let known = known.filter(|(account, device)| account.devices.know(device, clock.now()));
    let origin = match known {
        Some((account, device)) => Origin::KnownDevice(&account.user.name, device),
        None => Origin::Network(name.as_ref(), address),
    };
    let pending = match begin_attempt(attempts, clock, origin).await? {
        Ok(pending) => pending,
        Err(refusal) => {
            refused(match refusal {
                Refusal::Wait(_) => Reason::TooManyAttempts,
                Refusal::Busy => Reason::TooManyAttemptsAtOnce,
            });
            return Err(refusal.into());
        }
    };

    // 3. Compare the password.
    let enabled = account.as_ref().filter(|account| !account.user.disabled);
    let matches = hashing.matches(password, enabled.map(|account| &account.password_hash));
    let Some(account) = enabled.filter(|_| matches) else {
        attempt_failed(attempts, clock, pending).await?;
        refused(match &account {
            None => Reason::UnknownUser,
            Some(account) if account.user.disabled => Reason::DisabledUser,
            Some(_) => Reason::WrongPassword,
        });
        return Err(LogInError::InvalidCredentials);
    };

    // 4. Prove the login.
    if let Err(error) = attempt_succeeded(attempts, clock, pending).await {
        // Others may have to wait for a while because of it. That is better than if this user had
        // to wait now.
        tracing::warn!(
            error = chain(&error),
            "an attempt that succeeded stays pending for a while"
        );
    }
    let now = clock.now();
    let login = Login {
        id: attempt.id.clone(),
        user: account.user.name.clone(),
        generation: account.user.generation,
        authenticated_at: now,
        issued_at: now,
        expires_at: now + attempt.lifetime,
    };
    let proof = proofs.prove(&login)?;
    audit::record(
        AuditEvent::Login,
        Some(&login.user),
        Some(address),
        Reason::RightPassword,
    );

    // 5. Remember the device.
    let device = known.map(|(_, device)| device).or(attempt.new_device);
    if let Some(device) = device {
        let remembered = remember(users, clock, account, device).await;
        if let Err(error) = remembered {
            tracing::warn!(error = chain(&error), "a device stays unknown");
        }
    }

    // 6. Hash the password again.
    if hashing.is_outdated(&account.password_hash) {
        keep_a_new_hash(users, hashing, account, password).await;
    }
    Ok(LoggedIn {
        login,
        role: account.user.role,
        proof,
        device: device.cloned(),
    })
}

async fn remember(
    users: &impl UserDirectory,
    clock: &impl Clock,
    account: &Account,
    device: &DeviceId,
) -> Result<(), StoreError> {
    let mut found = Some(account.clone());
    for _ in 0..TRIES {
        let current = found.filter(|found| found.user.generation == account.user.generation);
        // The user was removed or has a new password: whoever logged in with the old one is a
        // stranger.
        let Some(current) = current else {
            return Ok(());
        };
        let Some(devices) = current.devices.with(device, clock.now()) else {
            return Ok(());
        };
        if users.remember(&current, &devices).await? {
            return Ok(());
        }
        found = users.find(&account.user.name).await?;
    }
    Ok(())
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
        ..
    } = account;
    match hashing.hash(password) {
        Err(error) => tracing::error!(error = chain(&error), "an outdated hash stays on record"),
        Ok(hash) => match users.rehash(&user.name, password_hash, &hash).await {
            Ok(true) => audit::record(
                AuditEvent::Administration,
                Some(&user.name),
                None,
                Reason::HashRenewed,
            ),
            // Somebody has changed the password, or two logins did this at once.
            Ok(false) => (),
            Err(error) => {
                tracing::error!(error = chain(&error), "an outdated hash stays on record")
            }
        },
    }
}
