//! The rule "log out": the login and all its renewals end now and for all processes, not only when
//! their proofs expire.

use crate::audit::{self, AuditEvent, Reason};
use crate::domain::{ClientAddress, Login};
use crate::ports::{EndedLogins, StoreError};

/// Ends `login`. It may be repeated.
///
/// # Errors
/// [`StoreError`] if the end could not be recorded. Then the login goes on.
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
        Reason::OwnWish,
    );
    Ok(())
}
