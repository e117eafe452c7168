//! The rule "log out": the login ends now, for every process, not when its proof runs out.

use crate::domain::Login;
use crate::ports::{Revocations, StoreError};

/// Ends `login`. Doing it twice is fine.
///
/// # Errors
/// [`StoreError`] if it could not be recorded; the login then goes on.
pub async fn log_out(revocations: &impl Revocations, login: &Login) -> Result<(), StoreError> {
    revocations.revoke(&login.id, login.expires_at).await
}
