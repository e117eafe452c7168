//! The installation of this program that a session belongs to.

use std::fmt;

/// The mark of one installation, part of the id of every session that it opens.
///
/// Several installations, and other applications, may share one video server. By this mark each
/// installation knows its own sessions, and leaves all others alone.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Installation(String);

/// The text is not an installation's mark.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("must have 8 to 32 lowercase letters and digits")]
pub struct InvalidInstallation;

impl Installation {
    /// Reads a mark.
    ///
    /// # Errors
    /// [`InvalidInstallation`] unless it has 8 to 32 lowercase ASCII letters and digits.
    pub fn parse(text: &str) -> Result<Self, InvalidInstallation> {
        let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
        if (8..=32).contains(&text.len()) && text.chars().all(allowed) {
            Ok(Self(text.to_owned()))
        } else {
            Err(InvalidInstallation)
        }
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Installation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mark_has_8_to_32_lowercase_letters_and_digits() {
        for good in ["abcdefgh", "f449b250b96911e0a1855081d0136786"] {
            assert_eq!(Installation::parse(good).unwrap().as_str(), good);
        }
        for bad in [
            "",
            "abcdefg",
            "ABCDEFGH",
            "abcd-efgh",
            "abcd_efgh",
            "abcdefgé",
            &"a".repeat(33),
        ] {
            assert_eq!(Installation::parse(bad), Err(InvalidInstallation), "{bad}");
        }
    }
}
