//! Somebody who is logged in.

use std::time::Duration;

use super::random_id::random_id;
use super::{Generation, Timestamp, UserName};

random_id! {
    /// Names one login, so that it can be revoked.
    LoginId
}

/// How long a login can last with all its renewals, before the password is asked for again.
pub const LONGEST_LOGIN: Duration = Duration::from_secs(24 * 60 * 60);

/// One login: who it is, what they may do, and until when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Login {
    /// Names the login and all its renewals: logging out ends them all.
    pub id: LoginId,
    pub user: UserName,
    /// The generation of their record at that time.
    pub generation: Generation,
    /// When they gave their password.
    pub authenticated_at: Timestamp,
    /// When this proof of the login was made.
    pub issued_at: Timestamp,
    /// When this proof expires.
    pub expires_at: Timestamp,
}

impl Login {
    /// When the last of its renewals can expire.
    pub fn ends_for_good_at(&self) -> Timestamp {
        self.authenticated_at + LONGEST_LOGIN
    }

    /// The same login for as long again, if it is in its last quarter and may go on.
    pub fn renewed(&self, now: Timestamp) -> Option<Self> {
        let lifetime = self.expires_at - self.issued_at;
        if self.expires_at - now > lifetime / 4 {
            return None;
        }
        let renewed = Self {
            issued_at: now,
            expires_at: self.ends_for_good_at().min(now + lifetime),
            ..self.clone()
        };
        (renewed.expires_at > self.expires_at).then_some(renewed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: u64 = 3600;

    fn login(issued_at: u64, expires_at: u64) -> Login {
        Login {
            id: LoginId::new(7),
            user: UserName::parse("ann").unwrap(),
            generation: Generation::new(1),
            authenticated_at: Timestamp::from_unix_seconds(0),
            issued_at: Timestamp::from_unix_seconds(issued_at),
            expires_at: Timestamp::from_unix_seconds(expires_at),
        }
    }

    #[test]
    fn a_login_is_renewed_in_its_last_quarter_and_stays_the_same_login() {
        let login = login(0, 8 * HOUR);
        let at = |seconds| login.renewed(Timestamp::from_unix_seconds(seconds));
        assert_eq!(at(6 * HOUR - 1), None);
        let renewed = at(6 * HOUR).unwrap();
        assert_eq!(renewed.issued_at.unix_seconds(), 6 * HOUR);
        assert_eq!(renewed.expires_at.unix_seconds(), 14 * HOUR);
        assert_eq!(renewed.id, login.id);
        assert_eq!(renewed.authenticated_at, login.authenticated_at);
    }

    #[test]
    fn no_renewal_lasts_longer_than_a_day_after_the_password() {
        let last = login(14 * HOUR, 22 * HOUR);
        let renewed = last.renewed(Timestamp::from_unix_seconds(21 * HOUR));
        assert_eq!(renewed.unwrap().expires_at.unix_seconds(), 24 * HOUR);
        let ends = login(21 * HOUR, 24 * HOUR);
        assert_eq!(
            ends.renewed(Timestamp::from_unix_seconds(24 * HOUR - 1)),
            None
        );
    }
}
