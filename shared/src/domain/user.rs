//! Who may log in, and what they may do in a call.

use std::fmt;

use secrecy::SecretString;

/// The name somebody logs in with: 1 to 64 of letters, digits and `. _ - @`.
///
/// The alphabet is this small because pages of `OpenVidu`'s tutorials put the name into HTML as it is.
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

    /// The name as text.
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
        match text {
            "SUBSCRIBER" => Ok(Self::Subscriber),
            "PUBLISHER" => Ok(Self::Publisher),
            "MODERATOR" => Ok(Self::Moderator),
            _ => Err(UnknownRole),
        }
    }

    /// The role's name, the same at OpenVidu, on the wire and in the table.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Subscriber => "SUBSCRIBER",
            Self::Publisher => "PUBLISHER",
            Self::Moderator => "MODERATOR",
        }
    }

    /// May this role remove other people from a call?
    pub const fn may_remove_others(self) -> bool {
        matches!(self, Self::Moderator)
    }
}

/// A password as somebody typed it.
#[derive(Clone, Debug)]
pub struct Password(SecretString);

impl Password {
    /// Wraps what was typed; any text is a password.
    pub fn new(text: String) -> Self {
        Self(text.into())
    }

    /// The text, for hashing and nothing else.
    pub fn expose(&self) -> &str {
        use secrecy::ExposeSecret;
        self.0.expose_secret()
    }
}

/// A password's argon2id hash as a PHC string.
#[derive(Clone, PartialEq, Eq)]
pub struct PasswordHash(String);

impl PasswordHash {
    /// Wraps a PHC string; a broken one matches no password.
    pub fn from_phc(phc: String) -> Self {
        Self(phc)
    }

    /// The PHC string.
    pub fn as_phc(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for PasswordHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PasswordHash(REDACTED)")
    }
}

/// A user's record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct User {
    /// The name they log in with.
    pub name: UserName,
    /// What they may do in calls.
    pub role: Role,
    /// Checks their password.
    pub password_hash: PasswordHash,
    /// May not log in.
    pub disabled: bool,
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
    fn secrets_do_not_show_in_debug_output() {
        let shown = format!(
            "{:?} {:?}",
            Password::new("hunter2".into()),
            PasswordHash::from_phc("$argon2id$hunter2".into())
        );
        assert!(!shown.contains("hunter2"), "{shown}");
    }
}
