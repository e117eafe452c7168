//! The clock and the random numbers that rules are handed.

use std::time::{SystemTime, UNIX_EPOCH};

use crate::domain::{Generation, Installation, LoginId, SessionId, SessionName, Timestamp};

/// The time now.
pub fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    Timestamp::from_unix_seconds(since.map_or(0, |since| since.as_secs()))
}

/// A session id that nobody has had before.
pub fn new_session_id(name: &SessionName, installation: &Installation) -> SessionId {
    SessionId::new(name, installation, rand::random())
}

/// A login id that nobody can guess.
pub fn new_login_id() -> LoginId {
    LoginId::new(rand::random())
}

/// A generation that no record has had before.
pub fn new_generation() -> Generation {
    Generation::new(rand::random())
}
