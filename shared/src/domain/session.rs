//! A call, and the session at OpenVidu that carries it.

use std::fmt;

use unicode_normalization::UnicodeNormalization;

use super::Timestamp;

/// The name people give a call: 1 to 64 characters of any script, no control characters.
///
/// Trimmed, and in Unicode NFC, so that two keyboards that compose `é` differently meet in one call.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SessionName(String);

/// The text is not a session name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a session name has 1 to 64 characters and no control characters")]
pub struct InvalidSessionName;

impl SessionName {
    /// Reads a session name.
    ///
    /// # Errors
    /// [`InvalidSessionName`] if nothing is left after trimming, if it is too long, or if it has a
    /// control character.
    pub fn parse(text: &str) -> Result<Self, InvalidSessionName> {
        let name: String = text.trim().nfc().collect();
        if (1..=64).contains(&name.chars().count()) && !name.chars().any(char::is_control) {
            Ok(Self(name))
        } else {
            Err(InvalidSessionName)
        }
    }

    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for SessionName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A session's id at OpenVidu: new for every opening of a call, and its call's name can be read back.
///
/// `<name>-<random>`: the name's ASCII letters and digits as they are, every other byte of its UTF-8
/// as `_hh`, a hyphen, and 64 random bits as 16 hex digits. OpenVidu takes `[a-zA-Z0-9_-]+`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SessionId(String);

impl SessionId {
    /// Makes the id of a new opening of the call `name`.
    pub fn new(name: &SessionName, random: u64) -> Self {
        let mut id = String::new();
        for byte in name.as_str().bytes() {
            if byte.is_ascii_alphanumeric() {
                id.push(char::from(byte));
            } else {
                id.push_str(&format!("_{byte:02x}"));
            }
        }
        Self(format!("{id}-{random:016x}"))
    }

    /// Reads an id back; `None` for an id that is not of our making.
    pub fn parse(text: &str) -> Option<Self> {
        let id = Self(text.to_owned());
        let (_, random) = text.rsplit_once('-')?;
        let random = u64::from_str_radix(random, 16).ok()?;
        (Self::new(&id.decode_name()?, random) == id).then_some(id)
    }

    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The name of the call that this session carries.
    pub fn session_name(&self) -> SessionName {
        // Both constructors have seen to it that there is one.
        self.decode_name()
            .unwrap_or_else(|| SessionName(String::new()))
    }

    fn decode_name(&self) -> Option<SessionName> {
        let (encoded, _) = self.0.rsplit_once('-')?;
        let mut bytes = Vec::with_capacity(encoded.len());
        let mut rest = encoded.bytes();
        while let Some(byte) = rest.next() {
            if byte == b'_' {
                let digits = [rest.next()?, rest.next()?];
                let digits = std::str::from_utf8(&digits).ok()?;
                bytes.push(u8::from_str_radix(digits, 16).ok()?);
            } else {
                bytes.push(byte);
            }
        }
        let name = String::from_utf8(bytes).ok()?;
        SessionName::parse(&name)
            .ok()
            .filter(|parsed| parsed.as_str() == name)
    }
}

impl fmt::Display for SessionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The record of an open call.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Session {
    /// The call's name; one record each.
    pub name: SessionName,
    /// The session at OpenVidu that everybody in the call shares.
    pub id: SessionId,
    /// Grows with every confirmed join, so that a leaver sees that somebody came meanwhile.
    pub version: u64,
    /// When the record is no longer true, unless somebody joins before.
    pub expires_at: Timestamp,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(text: &str) -> SessionName {
        SessionName::parse(text).unwrap()
    }

    #[test]
    fn names_are_trimmed_and_composed() {
        assert_eq!(name("  Session 3\t"), name("Session 3"));
        assert_eq!(name("cafe\u{301}"), name("café"));
        assert_eq!(name("会議 🎉").as_str(), "会議 🎉");
        assert!(SessionName::parse(&"é".repeat(64)).is_ok());
    }

    #[test]
    fn empty_long_and_control_character_names_are_refused() {
        for bad in [
            "",
            "   ",
            "a\u{0}b",
            "a\nb",
            "\u{7f}",
            "a\u{85}b",
            &"x".repeat(65),
        ] {
            assert_eq!(SessionName::parse(bad), Err(InvalidSessionName), "{bad:?}");
        }
    }

    #[test]
    fn an_id_carries_its_calls_name() {
        let id = SessionId::new(&name("Session 3"), 0xabc);
        assert_eq!(id.as_str(), "Session_203-0000000000000abc");
        for text in ["TUTORIAL", "a-b_c", "会議 🎉", "_", "-", "50%/%"] {
            let id = SessionId::new(&name(text), u64::MAX);
            let allowed = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
            assert!(id.as_str().chars().all(allowed), "{id}");
            assert_eq!(id.session_name(), name(text));
            assert_eq!(SessionId::parse(id.as_str()), Some(id));
        }
    }

    #[test]
    fn ids_of_other_makers_are_not_ours() {
        for foreign in [
            "",
            "ses_YnDaGYNcd7",
            "TUTORIAL",
            "TUTORIAL-",
            "TUTORIAL-abc",
            "-0000000000000abc",
            "a_-0000000000000abc",
            "a_zz-0000000000000abc",
            "a_ff-0000000000000abc",
            "a_61-0000000000000abc",
            "TUTORIAL-0000000000000ABC",
            "_20a-0000000000000abc",
        ] {
            assert_eq!(SessionId::parse(foreign), None, "{foreign}");
        }
    }
}
