//! Passwords: typed, chosen, and stored.

use std::fmt;

use secrecy::{ExposeSecret, SecretString};
use unicode_normalization::UnicodeNormalization;

/// A password as typed, normalised (NFKC) so that the same keys give the same password on every
/// device.
#[derive(Clone, Debug)]
pub struct Password(SecretString);

impl Password {
    /// Any text is a password.
    pub fn new(text: &str) -> Self {
        Self(text.nfkc().collect::<String>().into())
    }

    /// The text, for hashing and nothing else.
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }
}

/// A password that somebody may choose: 8 to 256 characters, and no other rules.
///
/// The program `users` also refuses common passwords; it has a list of them.
#[derive(Clone, Debug)]
pub struct NewPassword(Password);

/// The password may not be chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidNewPassword {
    /// It could be guessed too fast.
    #[error("a password has at least 8 characters")]
    TooShort,
    /// It would only cost processor time.
    #[error("a password has at most 256 characters")]
    TooLong,
}

impl NewPassword {
    /// Checks what was chosen.
    ///
    /// # Errors
    /// [`InvalidNewPassword`]
    pub fn parse(text: &str) -> Result<Self, InvalidNewPassword> {
        let password = Password::new(text);
        match password.expose().chars().count() {
            0..8 => Err(InvalidNewPassword::TooShort),
            8..=256 => Ok(Self(password)),
            257.. => Err(InvalidNewPassword::TooLong),
        }
    }
}

impl AsRef<Password> for NewPassword {
    fn as_ref(&self) -> &Password {
        &self.0
    }
}

/// A password's argon2id hash as a PHC string.
#[derive(Clone, PartialEq, Eq)]
pub struct PasswordHash(String);

impl PasswordHash {
    /// Wraps a PHC string. A broken one matches no password.
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_has_8_to_256_characters_of_any_script() {
        for good in [
            "12345678".to_owned(),
            "пароль12".to_owned(),
            "        ".to_owned(),
            "x".repeat(256),
            "🔑".repeat(256),
        ] {
            assert!(NewPassword::parse(&good).is_ok(), "{good}");
        }
        for (bad, error) in [
            (String::new(), InvalidNewPassword::TooShort),
            ("pass".to_owned(), InvalidNewPassword::TooShort),
            ("ééééééé".to_owned(), InvalidNewPassword::TooShort),
            ("x".repeat(257), InvalidNewPassword::TooLong),
        ] {
            assert_eq!(NewPassword::parse(&bad).err(), Some(error), "{bad}");
        }
    }

    #[test]
    fn characters_are_counted_after_normalisation() {
        // Seven letters, each with a combining accent: fourteen characters as typed.
        let decomposed = "e\u{301}".repeat(7);
        assert_eq!(
            NewPassword::parse(&decomposed).err(),
            Some(InvalidNewPassword::TooShort)
        );
        // One ligature stands for several characters.
        assert!(NewPassword::parse("ﬃﬃﬃ").is_ok());
    }

    #[test]
    fn the_same_keys_are_the_same_password_on_every_device() {
        assert_eq!(
            Password::new("cafe\u{301}").expose(),
            Password::new("caf\u{e9}").expose()
        );
        assert_eq!(Password::new("ｐａｓｓ").expose(), "pass");
    }

    #[test]
    fn secrets_do_not_show_in_debug_output() {
        let shown = format!(
            "{:?} {:?} {:?}",
            Password::new("hunter22"),
            NewPassword::parse("hunter22"),
            PasswordHash::from_phc("$argon2id$hunter22".into())
        );
        assert!(!shown.contains("hunter22"), "{shown}");
    }
}
