//! The names of rooms and participants.

use crate::domain::{ConnectionId, Installation, SessionId, SessionName};
use crate::ports::VideoError;

/// The longest name of a room, in bytes.
const LONGEST: usize = 256;

/// The room of a session: `<name>-<installation>-<random>`, with the call's name as it is. In the form of a
/// session's id, names of another script than the Latin would be too long.
///
/// # Errors
/// [`VideoError::NameTooLong`]
pub(super) fn room(id: &SessionId) -> Result<String, VideoError> {
    let (_, rest) = id.as_str().split_once('-').unwrap_or_default();
    let room = format!("{}-{rest}", id.session_name());
    if room.len() <= LONGEST {
        Ok(room)
    } else {
        Err(VideoError::NameTooLong)
    }
}

/// The session of a room; `None` if no installation of this program gives rooms such a name.
pub(super) fn session(room: &str) -> Option<SessionId> {
    let mut parts = room.rsplitn(3, '-');
    let (random, mark, name) = (parts.next()?, parts.next()?, parts.next()?);
    let name = SessionName::parse(name).ok()?;
    let random = u64::from_str_radix(random, 16).ok()?;
    let id = SessionId::new(&name, &Installation::parse(mark).ok()?, random);
    (self::room(&id).ok()? == room).then_some(id)
}

/// The connection of a participant of this identity; `None`: this program does not name participants so.
pub(super) fn connection(identity: &str) -> Option<ConnectionId> {
    let (_, digits) = identity.split_once('_')?;
    let id = ConnectionId::new(u128::from_str_radix(digits, 16).ok()?);
    (id.as_str() == identity).then_some(id)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(name: &str) -> SessionId {
        let mark = Installation::parse("3f9c21d07b58").unwrap();
        SessionId::new(&SessionName::parse(name).unwrap(), &mark, 0xabc)
    }

    #[test]
    fn a_rooms_name_says_which_session_it_carries() {
        for name in ["TUTORIAL", "a-b_c", "Sitzung ä/3", "会議 🎉", "-", "a--b"] {
            let room = room(&id(name)).unwrap();
            assert_eq!(room, format!("{name}-3f9c21d07b58-0000000000000abc"));
            assert_eq!(session(&room), Some(id(name)));
        }
    }

    #[test]
    fn names_of_every_script_fit_and_a_crowd_of_emoji_does_not() {
        for character in ["x", "д", "会"] {
            assert!(room(&id(&character.repeat(64))).is_ok(), "{character}");
        }
        let long = room(&id(&"🎉".repeat(64)));
        assert!(matches!(long, Err(VideoError::NameTooLong)), "{long:?}");
    }

    #[test]
    fn rooms_of_others_are_no_sessions() {
        for room in [
            "",
            "my-room",
            "TUTORIAL",
            "TUTORIAL-0000000000000abc",
            "TUTORIAL-3f9c21d07b58-abc",
            "TUTORIAL-3f9c21d07b58-0000000000000ABC",
            "TUTORIAL-3f9c21d07b58-+000000000000abc",
            " TUTORIAL-3f9c21d07b58-0000000000000abc",
            "TUTORIAL-SHORT-0000000000000abc",
            "-3f9c21d07b58-0000000000000abc",
            "6b1f9d2e-7c43-4f0a-9d55-2f1f0d9c1a11",
        ] {
            assert_eq!(session(room), None, "{room}");
        }
    }

    #[test]
    fn our_participants_are_known_by_their_identity() {
        for random in [0, 0xabc, u128::MAX] {
            let id = ConnectionId::new(random);
            assert_eq!(connection(id.as_str()), Some(id));
        }
        for other in [
            "",
            "con_",
            "ann",
            "EG_x",
            "con_JYzeNjmAdx",
            "con_abc",
            "ses_abc",
        ] {
            assert_eq!(connection(other), None, "{other}");
        }
    }
}
