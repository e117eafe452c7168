//! Attempts to log in: where they come from, how they are counted, and when the next may come.

use std::fmt;
use std::net::{IpAddr, Ipv6Addr};
use std::time::Duration;

use super::{Timestamp, UserName};

/// Where somebody is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ClientAddress(Option<IpAddr>);

impl ClientAddress {
    /// Nobody said where.
    pub const UNKNOWN: Self = Self(None);

    /// Reads an address.
    pub fn parse(text: &str) -> Option<Self> {
        let address: IpAddr = text.parse().ok()?;
        Some(Self(Some(address.to_canonical())))
    }

    /// What one customer of a network has at least: the address, or of IPv6 the 64 bits before it.
    pub fn network(self) -> String {
        match self.0 {
            Some(IpAddr::V6(address)) => {
                let [a, b, c, d, ..] = address.segments();
                format!("{}/64", Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0))
            }
            Some(IpAddr::V4(_)) | None => self.to_string(),
        }
    }
}

impl fmt::Display for ClientAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(address) => address.fmt(f),
            None => f.write_str("unknown"),
        }
    }
}

/// What attempts are counted by.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Counter {
    /// One user name from one network.
    Pair(UserName, ClientAddress),
    /// Whatever comes from one network.
    Address(ClientAddress),
    /// One user name from everywhere.
    User(UserName),
}

impl fmt::Display for Counter {
    /// Different for different counters: no user name has a `#`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Pair(user, address) => write!(f, "pair#{user}#{}", address.network()),
            Self::Address(address) => write!(f, "address#{}", address.network()),
            Self::User(user) => write!(f, "user#{user}"),
        }
    }
}

/// How many attempts may fail, and how fast.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limit {
    /// So many may fail without a wait.
    pub free: u32,
    /// How long to wait after those; twice as long after each that fails then.
    pub first_wait: Duration,
    /// Never longer than this.
    pub longest_wait: Duration,
    /// All is forgotten so long after the first attempt, and once somebody had to wait, after the last;
    /// more than the longest wait.
    pub memory: Duration,
}

/// What a counter holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tally {
    /// How many attempts have failed, or may still.
    pub failures: u32,
    /// When the last was made.
    pub last_at: Timestamp,
    /// When all is forgotten.
    pub expires_at: Timestamp,
}

impl Limit {
    /// The tally with one attempt more, made `now`; or how long it has to wait.
    ///
    /// # Errors
    /// The time to wait.
    pub fn count(&self, before: Option<Tally>, now: Timestamp) -> Result<Tally, Duration> {
        let until = now + self.memory;
        let Some(before) = before.filter(|tally| tally.expires_at > now) else {
            return Ok(Tally {
                failures: 1,
                last_at: now,
                expires_at: until,
            });
        };
        let next_at = before.last_at + self.wait_after(before.failures);
        if next_at > now {
            return Err(next_at - now);
        }
        // Many people behind one address, a few of whom mistype every hour, never have to wait.
        let is_free = before.failures < self.free;
        Ok(Tally {
            failures: before.failures.saturating_add(1),
            last_at: now,
            expires_at: if is_free { before.expires_at } else { until },
        })
    }

    /// How long after the last of `failures` attempts the next may come.
    pub fn wait_after(&self, failures: u32) -> Duration {
        if failures < self.free {
            return Duration::ZERO;
        }
        let doubled = 2_u32.checked_pow(failures - self.free);
        let wait = doubled.and_then(|times| self.first_wait.checked_mul(times));
        wait.map_or(self.longest_wait, |wait| wait.min(self.longest_wait))
    }
}

/// Whether an attempt may be made now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Admission {
    /// It may, and is counted; the tally before it, for whoever takes it back.
    Admitted(Option<Tally>),
    /// It may after this time, and is not counted.
    Wait(Duration),
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(text: &str) -> ClientAddress {
        ClientAddress::parse(text).unwrap()
    }

    #[test]
    fn waits_double_up_to_the_longest() {
        let limit = Limit {
            free: 5,
            first_wait: Duration::from_secs(15),
            longest_wait: Duration::from_secs(900),
            memory: Duration::from_secs(3600),
        };
        let waits: Vec<u64> = (0..13).map(|n| limit.wait_after(n).as_secs()).collect();
        assert_eq!(waits, [0, 0, 0, 0, 0, 15, 30, 60, 120, 240, 480, 900, 900]);
        assert_eq!(limit.wait_after(u32::MAX).as_secs(), 900);
    }

    #[test]
    fn failures_are_forgotten_after_the_first_and_once_somebody_had_to_wait_after_the_last() {
        let limit = Limit {
            free: 2,
            first_wait: Duration::from_secs(10),
            longest_wait: Duration::from_secs(15),
            memory: Duration::from_secs(60),
        };
        let tally = |failures, last_at, expires_at| Tally {
            failures,
            last_at: Timestamp::from_unix_seconds(last_at),
            expires_at: Timestamp::from_unix_seconds(expires_at),
        };
        let count = |before, now| limit.count(before, Timestamp::from_unix_seconds(now));
        let wait = |seconds| Err(Duration::from_secs(seconds));
        assert_eq!(count(None, 0), Ok(tally(1, 0, 60)));
        assert_eq!(count(Some(tally(1, 0, 60)), 59), Ok(tally(2, 59, 60)));
        assert_eq!(count(Some(tally(2, 59, 60)), 59), wait(10));
        assert_eq!(count(Some(tally(2, 59, 60)), 60), Ok(tally(1, 60, 120)));
        assert_eq!(count(Some(tally(2, 40, 60)), 50), Ok(tally(3, 50, 110)));
        assert_eq!(count(Some(tally(3, 50, 110)), 64), wait(1));
        assert_eq!(count(Some(tally(3, 50, 110)), 65), Ok(tally(4, 65, 125)));
    }

    #[test]
    fn who_has_a_whole_ipv6_network_is_one_client() {
        assert_eq!(
            address("2001:db8:1:2:3:4:5:6").network(),
            address("2001:db8:1:2::9").network()
        );
        assert_ne!(
            address("2001:db8:1:2::9").network(),
            address("2001:db8:1:3::9").network()
        );
        assert_eq!(address("::ffff:192.0.2.1"), address("192.0.2.1"));
        assert_eq!(ClientAddress::parse("192.0.2.1:80"), None);
    }

    #[test]
    fn counters_have_keys_of_their_own() {
        let ann = UserName::parse("ann").unwrap();
        let keys = [
            Counter::Pair(ann.clone(), address("192.0.2.1")).to_string(),
            Counter::Pair(ann.clone(), ClientAddress::UNKNOWN).to_string(),
            Counter::Address(address("192.0.2.1")).to_string(),
            Counter::User(ann).to_string(),
        ];
        assert_eq!(
            keys,
            [
                "pair#ann#192.0.2.1",
                "pair#ann#unknown",
                "address#192.0.2.1",
                "user#ann"
            ]
        );
    }
}
