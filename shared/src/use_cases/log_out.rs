//! The rule "log out": the login and all its renewals end now, for every process, not when their proofs
//! run out.

use crate::audit::{self, AuditEvent};
use crate::domain::{ClientAddress, Login};
use crate::ports::{EndedLogins, StoreError};

/// Ends `login`. Doing it twice is fine.
///
/// # Errors
/// [`StoreError`] if it could not be recorded; the login then goes on.
pub async fn log_out(
    logins: &impl EndedLogins,
    login: &Login,
    address: ClientAddress,
) -> Result<(), StoreError> {
    logins.revoke(&login.id, login.ends_for_good_at()).await?;
    audit::record(
        AuditEvent::Logout,
        Some(&login.user),
        Some(address),
        "their own wish",
    );
    Ok(())
}
