//! Who may log in, and what they may do in a call.

use std::collections::BTreeSet;
use std::fmt;

use strum::{Display, EnumString, IntoStaticStr};

use super::random_id::is_hex;
use super::{KnownDevices, PasswordHash, SessionName};

/// The name with which somebody logs in: 1 to 64 letters, digits and `. _ - @`.
///
/// The alphabet is this small because pages of `OpenVidu`'s tutorials put the name into HTML
/// without escaping it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UserName(String);

/// The text is not a user name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a user name has 1 to 64 letters, digits, dots, underscores, hyphens or at signs")]
pub struct InvalidUserName;

impl UserName {
    /// Reads a user name.
    ///
    /// # Errors
    /// [`InvalidUserName`] if it is empty, too long, or has any other character.
    pub fn parse(text: &str) -> Result<Self, InvalidUserName> {
        let allowed = |c: char| c.is_ascii_alphanumeric() || "._-@".contains(c);
        if (1..=64).contains(&text.len()) && text.chars().all(allowed) {
            Ok(Self(text.to_owned()))
        } else {
            Err(InvalidUserName)
        }
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for UserName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What somebody may do in a call. It comes from the user's record, never from the client.
#[derive(Display, EnumString, IntoStaticStr)]
#[strum(serialize_all = "UPPERCASE")]
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// Watches only.
    Subscriber,
    /// Watches and publishes.
    Publisher,
    /// Watches, publishes, and may remove others.
    Moderator,
}

/// The text is not a role.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a role is SUBSCRIBER, PUBLISHER or MODERATOR")]
pub struct UnknownRole;

impl Role {
    /// Reads a role as [`Role::as_str`] writes it.
    ///
    /// # Errors
    /// [`UnknownRole`] for any other text.
    pub fn parse(text: &str) -> Result<Self, UnknownRole> {
        text.parse().map_err(|_| UnknownRole)
    }

    /// The role's name, which is the same at OpenVidu, on the wire and in the table.
    pub fn as_str(self) -> &'static str {
        self.into()
    }

    /// May this role remove other people from a call?
    pub const fn may_remove_others(self) -> bool {
        matches!(self, Self::Moderator)
    }
}

/// Ties a login to the state of its user's record: 64 random bits, new with each change that ends
/// the logins before it.
///
/// It is a number and not a time, because the clocks of administrators and functions differ, and a
/// login in the very second of the change must end too. It is random and not a counter, so that a
/// user who is removed and added again gets another one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Generation(u64);

impl Generation {
    pub const fn new(random: u64) -> Self {
        Self(random)
    }

    /// Reads a generation back; `None` for anything that its `Display` does not write.
    pub fn parse(text: &str) -> Option<Self> {
        let number = is_hex(text, 16).then(|| u64::from_str_radix(text, 16));
        number?.ok().map(Self)
    }
}

impl fmt::Display for Generation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

/// A user without the password.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct User {
    /// The name they log in with.
    pub name: UserName,
    /// Their role in calls.
    pub role: Role,
    /// The calls in which they are moderators, whatever their role.
    pub moderates: BTreeSet<SessionName>,
    /// They may not log in, and their logins do not count.
    pub disabled: bool,
    /// Logins of any other generation have ended.
    pub generation: Generation,
}

impl User {
    /// Their role in `call`.
    pub fn role_in(&self, call: &SessionName) -> Role {
        if self.moderates.contains(call) {
            Role::Moderator
        } else {
            self.role
        }
    }
}

/// A user's whole record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    pub user: User,
    pub password_hash: PasswordHash,
    pub devices: KnownDevices,
}

impl Account {
    /// The record of a user who has never logged in.
    pub fn new(user: User, password_hash: PasswordHash) -> Self {
        Self {
            user,
            password_hash,
            devices: KnownDevices::default(),
        }
    }
}

/// One change to a user's record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum UserChange {
    Password(PasswordHash),
    Role(Role),
    /// They may no longer log in, or may log in again.
    Disabled(bool),
    /// They become a moderator in this call.
    Moderates(SessionName),
    /// They get their own role in this call back.
    NoLongerModerates(SessionName),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn user_names_are_short_plain_and_safe_in_html() {
        for good in [
            "publisher1",
            "a",
            "Ann.Lee_x-y@example.org",
            &"x".repeat(64),
        ] {
            assert_eq!(
                UserName::parse(good).map(|name| name.0),
                Ok(good.to_owned())
            );
        }
        for bad in ["", " ", "a b", "<b>", "ñ", "a\n", "a\"b", &"x".repeat(65)] {
            assert_eq!(UserName::parse(bad), Err(InvalidUserName), "{bad:?}");
        }
    }

    #[test]
    fn a_role_reads_back_as_it_is_written() {
        for role in [Role::Subscriber, Role::Publisher, Role::Moderator] {
            assert_eq!(Role::parse(role.as_str()), Ok(role));
        }
        assert_eq!(Role::parse("moderator"), Err(UnknownRole));
    }

    #[test]
    fn a_generation_reads_back_as_it_is_written() {
        for number in [0, 7, u64::MAX] {
            let generation = Generation::new(number);
            assert_eq!(Generation::parse(&generation.to_string()), Some(generation));
        }
        for bad in ["", "7", "+000000000000007", "000000000000000G"] {
            assert_eq!(Generation::parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn a_role_can_be_given_for_a_call() {
        let tutorial = SessionName::parse("TUTORIAL").unwrap();
        let user = User {
            name: UserName::parse("ann").unwrap(),
            role: Role::Subscriber,
            moderates: [tutorial.clone()].into(),
            disabled: false,
            generation: Generation::new(1),
        };
        assert_eq!(user.role_in(&tutorial), Role::Moderator);
        let other = SessionName::parse("tutorial").unwrap();
        assert_eq!(user.role_in(&other), Role::Subscriber);
    }
}
