//! The name that somebody chooses for one call.

use super::visible_text::visible;

/// How somebody wants to be called: 1 to 64 characters of any script. It says nothing about who they are.
///
/// As in a call's name, nothing in it is invisible or changes how the text around it looks.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Nickname(String);

/// The text is not a nickname.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a nickname has 1 to 64 characters that can be seen, and none that controls text")]
pub struct InvalidNickname;

impl Nickname {
    /// Reads a nickname.
    ///
    /// # Errors
    /// [`InvalidNickname`]
    pub fn parse(text: &str) -> Result<Self, InvalidNickname> {
        visible(text, 64).map(Self).ok_or(InvalidNickname)
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_nickname_is_what_others_see() {
        for (typed, seen) in [
            ("  Ann\u{a0} B. ", "Ann B."),
            ("cafe\u{301}", "café"),
            ("会議 🎉", "会議 🎉"),
            (&"🎉".repeat(64), &"🎉".repeat(64)),
        ] {
            assert_eq!(Nickname::parse(typed).unwrap().as_str(), seen);
        }
        for bad in [
            "",
            " ",
            "\u{200b}",
            "Ann\u{202e}nnA",
            "a\nb",
            &"x".repeat(65),
        ] {
            assert_eq!(Nickname::parse(bad), Err(InvalidNickname), "{bad:?}");
        }
    }
}
