//! Somebody who is logged in.

use std::fmt;

use super::{Role, Timestamp, UserName};

/// Names one login, so that it can be revoked: 128 random bits as 32 hex digits.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct LoginId(String);

impl LoginId {
    /// Makes the id of a new login.
    pub fn new(random: u128) -> Self {
        Self(format!("{random:032x}"))
    }

    /// Reads an id back; `None` for anything that [`LoginId::new`] does not make.
    pub fn parse(text: &str) -> Option<Self> {
        let hex = |c: char| c.is_ascii_digit() || ('a'..='f').contains(&c);
        (text.len() == 32 && text.chars().all(hex)).then(|| Self(text.to_owned()))
    }

    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for LoginId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// One login: who it is, what they may do, and until when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Login {
    /// Names it.
    pub id: LoginId,
    /// Who logged in.
    pub user: UserName,
    /// Their role at that time.
    pub role: Role,
    /// When it ends by itself.
    pub expires_at: Timestamp,
}
