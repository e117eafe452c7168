//! The audit log: one line for each login, refusal, logout, revocation and administration, under
//! the target `audit`.
//!
//! It says who, from where and why; never a password, token, JWT or hash. It contains a name only
//! if the name is on record or was proved: somebody may have typed a password into the name field.

use strum::{Display, IntoStaticStr};

use crate::domain::{ClientAddress, Role, UserName};

/// What a line of the log reports.
#[derive(Clone, Copy, Debug, PartialEq, Eq, IntoStaticStr)]
#[strum(serialize_all = "lowercase")]
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

/// Why. These texts are fixed: queries of the log group by them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Display)]
pub enum Reason<'a> {
    #[strum(to_string = "right password")]
    RightPassword,
    #[strum(to_string = "wrong password")]
    WrongPassword,
    #[strum(to_string = "unknown user")]
    UnknownUser,
    #[strum(to_string = "disabled user")]
    DisabledUser,
    #[strum(to_string = "removed user")]
    RemovedUser,
    /// The user has another generation by now.
    #[strum(to_string = "changed user")]
    ChangedUser,
    #[strum(to_string = "too many attempts")]
    TooManyAttempts,
    #[strum(to_string = "too many attempts at once")]
    TooManyAttemptsAtOnce,
    #[strum(to_string = "too many joins")]
    TooManyJoins,
    /// The proof of a login was.
    #[strum(to_string = "forged or run out")]
    ForgedOrRunOut,
    #[strum(to_string = "logged out")]
    LoggedOut,
    #[strum(to_string = "another site's page")]
    AnotherSite,
    #[strum(to_string = "somebody else's token")]
    SomebodyElsesToken,
    #[strum(to_string = "their own wish")]
    OwnWish,
    #[strum(to_string = "hash renewed at login")]
    HashRenewed,
    #[strum(to_string = "password changed")]
    PasswordChanged,
    #[strum(to_string = "added as {role}")]
    Added { role: Role },
    #[strum(to_string = "role changed to {role}")]
    RoleChanged { role: Role },
    #[strum(to_string = "disabled")]
    Disabled,
    #[strum(to_string = "enabled")]
    Enabled,
    #[strum(to_string = "moderator of {call:?}")]
    Moderates { call: &'a str },
    #[strum(to_string = "no longer moderator of {call:?}")]
    NoLongerModerates { call: &'a str },
    #[strum(to_string = "removed")]
    Removed,
}

/// Writes a line.
pub fn record(
    event: AuditEvent,
    user: Option<&UserName>,
    address: Option<ClientAddress>,
    reason: Reason<'_>,
) {
    tracing::info!(
        target: "audit",
        event = <&str>::from(event),
        user = user.map(UserName::as_str),
        address = address.map(tracing::field::display),
        reason = %reason,
        "audit"
    );
}
