//! A call, and the session at OpenVidu that carries it.

use std::fmt;
use std::time::Duration;

use super::random_id::is_hex;
use super::visible_text::visible;
use super::{Installation, Timestamp};

/// Longer than any join can last, with a margin for clocks that differ.
pub const LONGEST_JOIN: Duration = Duration::from_secs(120);

/// The name of a call: 1 to 64 characters of any script.
///
/// Two names that look alike are the same name: `visible_text.rs` says when.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SessionName(String);

/// The text is not a session name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a session name has 1 to 64 characters that can be seen, and none that controls text")]
pub struct InvalidSessionName;

impl SessionName {
    /// Reads a session name.
    ///
    /// # Errors
    /// [`InvalidSessionName`] if nothing that can be seen is left, if it is too long, or if it has a
    /// character that controls text.
    pub fn parse(text: &str) -> Result<Self, InvalidSessionName> {
        visible(text, 64).map(Self).ok_or(InvalidSessionName)
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for SessionName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The id of a session at OpenVidu. Each opening of a call has a new one, which contains the call's name.
///
/// `<name>-<installation>-<random>`: the name's ASCII letters and digits as they are, every other byte
/// of its UTF-8 as `_hh`; the [`Installation`]'s mark; 64 random bits as 16 hex digits. OpenVidu takes
/// `[a-zA-Z0-9_-]+`.
///
/// An earlier version made ids without a mark. Calls keep such an id until they close, so these ids are
/// still read.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SessionId {
    text: String,
    name: SessionName,
}

impl SessionId {
    /// Makes the id of a new opening of the call `name`.
    pub fn new(name: &SessionName, installation: &Installation, random: u64) -> Self {
        Self {
            text: format!("{}-{installation}-{random:016x}", encode(name)),
            name: name.clone(),
        }
    }

    /// Reads an id. `None` if it does not have this form.
    ///
    /// A valid form does not mean that the session is ours: see [`is_of`](Self::is_of).
    pub fn parse(text: &str) -> Option<Self> {
        let (encoded, rest) = text.split_once('-')?;
        let random = match rest.split_once('-') {
            Some((installation, random)) => {
                Installation::parse(installation).ok()?;
                random
            }
            None => rest,
        };
        let name = decode(encoded)?;
        (is_hex(random, 16) && encode(&name) == encoded).then(|| Self {
            text: text.to_owned(),
            name,
        })
    }

    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The name of the call that this session carries.
    pub const fn session_name(&self) -> &SessionName {
        &self.name
    }

    /// Did this installation open the session?
    pub fn is_of(&self, installation: &Installation) -> bool {
        let mut parts = self.text.split('-').skip(1);
        let mark = parts.next();
        // An id without a mark has no third part.
        parts.next().is_some() && mark == Some(installation.as_str())
    }
}

fn encode(name: &SessionName) -> String {
    let mut encoded = String::new();
    for byte in name.as_str().bytes() {
        if byte.is_ascii_alphanumeric() {
            encoded.push(char::from(byte));
        } else {
            encoded.push_str(&format!("_{byte:02x}"));
        }
    }
    encoded
}

fn decode(encoded: &str) -> Option<SessionName> {
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
    SessionName::parse(&String::from_utf8(bytes).ok()?).ok()
}

impl fmt::Display for SessionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// The record of an open call.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Session {
    /// The call's name. There is one record per name.
    pub name: SessionName,
    /// The session at OpenVidu that everybody in the call shares.
    pub id: SessionId,
    /// Grows with every confirmed join, so that a leaver sees that somebody has joined.
    pub version: u64,
    /// When the call was opened.
    pub opened_at: Timestamp,
    /// When the record expires, unless somebody joins before.
    pub expires_at: Timestamp,
}

impl Session {
    /// May somebody still be opening the call? Nobody has joined it, and their join may still
    /// succeed.
    pub fn is_being_opened(&self, now: Timestamp) -> bool {
        self.version == 0 && now < self.opened_at + LONGEST_JOIN
    }
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
        assert_eq!(name("会議 🎉").to_string(), "会議 🎉");
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
    fn names_that_deceive_the_eye_are_refused() {
        for bad in [
            "\u{200b}",
            "\u{feff}",
            "\u{3164}",
            "\u{200d}",
            "\u{fe0f}",
            "\u{2800}",
            "\u{a0} \u{3000}",
            "Board\u{200b}",
            "a\u{202e}gnp.exe",
            "a\u{2066}b",
            "a\u{2028}b",
            "a\u{ad}b",
            "a\u{34f}b",
            "a\u{fff9}b",
            "a\u{13430}b",
            "a\u{1bca0}b",
            "a\u{1d173}b",
            "a\u{1d17a}b",
            "a\u{e0041}",
        ] {
            assert_eq!(SessionName::parse(bad), Err(InvalidSessionName), "{bad:?}");
        }
        // The Arabic year sign is visible.
        for good in ["שלום", "\u{601}1447", "1\u{20e3}"] {
            assert_eq!(name(good).as_str(), good);
        }
    }

    #[test]
    fn names_that_look_alike_are_one_name() {
        for (one, other) in [
            // Joiners without effect, and those of emoji and of Persian.
            ("Bo\u{200d}ard\u{200c}", "Board"),
            ("👩\u{200d}💻", "👩💻"),
            ("می\u{200c}خواهم", "میخواهم"),
            // Variation selectors of emoji, Mongolian letters and Han characters.
            ("❤\u{fe0f} 1\u{fe0f}", "❤ 1"),
            ("ᠠ\u{180b}", "ᠠ"),
            ("葛\u{e0100}", "葛"),
            // Nothing hides behind them.
            ("\u{200d} a \u{200c}", "a"),
            ("cafe\u{200d}\u{301}", "café"),
            // Spaces.
            ("会議\u{3000}1", "会議 1"),
            ("a  b\u{a0}\u{2003}c\u{2800}", "a b c"),
        ] {
            assert_eq!(name(one).as_str(), other, "{one:?}");
        }
    }

    fn installation(mark: &str) -> Installation {
        Installation::parse(mark).unwrap()
    }

    #[test]
    fn an_id_carries_its_calls_name() {
        let ours = installation("3f9c21d07b58");
        let id = SessionId::new(&name("Session 3"), &ours, 0xabc);
        assert_eq!(id.as_str(), "Session_203-3f9c21d07b58-0000000000000abc");
        for text in ["TUTORIAL", "a-b_c", "会議 🎉", "_", "-", "50%/%"] {
            let id = SessionId::new(&name(text), &ours, u64::MAX);
            let allowed = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
            assert!(id.as_str().chars().all(allowed), "{id}");
            assert_eq!(*id.session_name(), name(text));
            assert_eq!(SessionId::parse(id.as_str()), Some(id));
        }
    }

    #[test]
    fn a_call_is_being_opened_until_somebody_joins_or_no_join_lasts_so_long() {
        let opened_at = Timestamp::from_unix_seconds(1_800_000_000);
        let session = |version| Session {
            name: name("call"),
            id: SessionId::new(&name("call"), &installation("3f9c21d07b58"), 1),
            version,
            opened_at,
            expires_at: opened_at + Duration::from_secs(1000),
        };
        assert!(session(0).is_being_opened(opened_at));
        assert!(session(0).is_being_opened(opened_at + LONGEST_JOIN - Duration::from_secs(1)));
        assert!(!session(0).is_being_opened(opened_at + LONGEST_JOIN));
        assert!(!session(1).is_being_opened(opened_at));
    }

    #[test]
    fn an_id_of_an_earlier_version_carries_its_calls_name() {
        let id = SessionId::parse("Session_203-0000000000000abc").unwrap();
        assert_eq!(*id.session_name(), name("Session 3"));
        assert_eq!(id.as_str(), "Session_203-0000000000000abc");
    }

    #[test]
    fn only_the_mark_says_whose_a_session_is() {
        let ours = installation("3f9c21d07b58");
        let id = SessionId::new(&name("call"), &ours, 1);
        assert!(id.is_of(&ours));
        assert!(SessionId::parse(id.as_str()).unwrap().is_of(&ours));
        for foreign in [
            "call-3f9c21d07b59-0000000000000001",
            "call-3f9c21d07b5-0000000000000001",
            "call-0000000000000001",
            "3f9c21d07b58-0000000000000001",
        ] {
            assert!(
                !SessionId::parse(foreign).unwrap().is_of(&ours),
                "{foreign}"
            );
        }
        // A mark that looks like the random part of an id without a mark.
        let hex = installation("0000000000000001");
        assert!(
            !SessionId::parse("call-0000000000000001")
                .unwrap()
                .is_of(&hex)
        );
    }

    #[test]
    fn other_texts_are_no_ids() {
        for text in [
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
            "TUTORIAL-+000000000000abc",
            "_20a-0000000000000abc",
            "TUTORIAL-short-0000000000000abc",
            "TUTORIAL-3F9C21D07B58-0000000000000abc",
            "TUTORIAL-3f9c21d07b58-",
            "TUTORIAL-3f9c21d07b58-abc",
            "a-b-3f9c21d07b58-0000000000000abc",
        ] {
            assert_eq!(SessionId::parse(text), None, "{text}");
        }
    }
}
