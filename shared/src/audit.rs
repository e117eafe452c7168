//! The audit log: one line for each login, refusal, logout, revocation and administration, under
//! the target `audit`.
//!
//! It says who, from where and why; never a password, token, JWT or hash. It contains a name only
//! if the name is on record or was proved: somebody may have typed a password into the name field.

use std::fmt;

use crate::domain::{ClientAddress, UserName};

/// What a line of the log reports.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AuditEvent {
    /// Somebody logged in.
    Login,
    /// A login or a request was refused.
    Refusal,
    /// Somebody logged out.
    Logout,
    /// Logins were ended by a change to their user.
    Revocation,
    /// A user's record was changed.
    Administration,
}

impl AuditEvent {
    const fn name(self) -> &'static str {
        match self {
            Self::Login => "login",
            Self::Refusal => "refusal",
            Self::Logout => "logout",
            Self::Revocation => "revocation",
            Self::Administration => "administration",
        }
    }
}

/// Writes a line.
pub fn record(
    event: AuditEvent,
    user: Option<&UserName>,
    address: Option<ClientAddress>,
    reason: impl fmt::Display,
) {
    tracing::info!(
        target: "audit",
        event = event.name(),
        user = user.map(UserName::as_str),
        address = address.map(tracing::field::display),
        reason = %reason,
        "audit"
    );
}
