//! The rule "change who may log in".
//!
//! 1. Adding never overwrites: an existing user stays as they are.
//! 2. A new password, a new role or disabling ends the user's logins in the same step. A role in
//!    one call does not: it is read with every request about that call.
//! 3. Each change that was made is in the audit log.

use crate::audit::{self, AuditEvent, Reason};
use crate::domain::{Account, Generation, Timestamp, UserChange, UserName};
use crate::ports::{StoreError, UserAdministration};

/// Adds a user. `false`: there is one with that name.
///
/// # Errors
/// [`StoreError`]
pub async fn add_user(
    users: &impl UserAdministration,
    account: &Account,
    now: Timestamp,
) -> Result<bool, StoreError> {
    // 1. Never overwrite.
    let added = users.add(account, now).await?;
    if added {
        let user = &account.user;
        administered(&user.name, Reason::Added { role: user.role });
    }
    Ok(added)
}

/// Changes a user's record. `false`: there is no such user.
///
/// # Errors
/// [`StoreError`]
pub async fn change_user(
    users: &impl UserAdministration,
    name: &UserName,
    change: &UserChange,
    generation: Generation,
    now: Timestamp,
) -> Result<bool, StoreError> {
    // 2. Does it end their logins?
    let (ends_logins, reason) = match change {
        UserChange::Password(_) => (true, Reason::PasswordChanged),
        UserChange::Role(role) => (true, Reason::RoleChanged { role: *role }),
        UserChange::Disabled(true) => (true, Reason::Disabled),
        UserChange::Disabled(false) => (false, Reason::Enabled),
        UserChange::Moderates(call) => {
            let call = call.as_str();
            (false, Reason::Moderates { call })
        }
        UserChange::NoLongerModerates(call) => {
            let call = call.as_str();
            (false, Reason::NoLongerModerates { call })
        }
    };
    let generation = ends_logins.then_some(generation);
    let changed = users.change(name, change, generation, now).await?;

    // 3. Log it.
    if changed {
        administered(name, reason);
        if ends_logins {
            audit::record(AuditEvent::Revocation, Some(name), None, reason);
        }
    }
    Ok(changed)
}

/// Removes a user. `false`: there was no such user.
///
/// # Errors
/// [`StoreError`]
pub async fn delete_user(
    users: &impl UserAdministration,
    name: &UserName,
) -> Result<bool, StoreError> {
    let removed = users.remove(name).await?;
    if removed {
        administered(name, Reason::Removed);
        audit::record(AuditEvent::Revocation, Some(name), None, Reason::Removed);
    }
    Ok(removed)
}

fn administered(name: &UserName, reason: Reason<'_>) {
    audit::record(AuditEvent::Administration, Some(name), None, reason);
}
