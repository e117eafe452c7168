//! Attempts to log in: where they come from, how they are counted, and when the next one may come.

use std::fmt;
use std::net::{IpAddr, Ipv6Addr};
use std::time::Duration;

use super::{DeviceId, Timestamp, UserName};

/// The address of a client, if it is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ClientAddress(Option<IpAddr>);

impl ClientAddress {
    pub const UNKNOWN: Self = Self(None);

    /// Reads an address.
    pub fn parse(text: &str) -> Option<Self> {
        let address: IpAddr = text.parse().ok()?;
        Some(Self(Some(address.to_canonical())))
    }

    /// The network that attempts are counted by: an IPv4 address, or an IPv6 /64.
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

/// What a counter counts.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Counter {
    /// One user name from one network.
    Pair(UserName, ClientAddress),
    /// One network, whatever the names.
    Address(ClientAddress),
    /// One user name, from every network that has failed with it this often.
    User(UserName, u32),
    /// One user name from one device that the user has logged in with.
    Device(UserName, DeviceId),
}

impl fmt::Display for Counter {
    /// Unique for each counter, because no user name contains a `#`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Pair(user, address) => write!(f, "pair#{user}#{}", address.network()),
            Self::Address(address) => write!(f, "address#{}", address.network()),
            Self::User(user, failures) => write!(f, "user#{user}#{failures}"),
            Self::Device(user, device) => write!(f, "device#{user}#{device}"),
        }
    }
}

/// How many attempts may fail, and how fast.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limit {
    /// How many attempts may fail before anybody has to wait.
    pub free: u32,
    /// The first wait; each further failure doubles it.
    pub first_wait: Duration,
    pub longest_wait: Duration,
    /// How long failures are remembered: from the first attempt, or from the last failure once a wait was
    /// imposed. Must exceed `longest_wait`.
    pub memory: Duration,
}

/// After this long an attempt is no longer pending: its function was killed. Must exceed the time-out of
/// the function `login`.
pub const LONGEST_ATTEMPT: Duration = Duration::from_secs(15);

/// What a counter holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tally {
    /// How many attempts have failed.
    pub failures: u32,
    /// How many attempts have begun and not ended: each may still fail.
    pub pending: u32,
    /// When the last one failed.
    pub failed_at: Timestamp,
    /// When those that are still pending count as killed.
    pub pending_until: Timestamp,
    /// When the failures are forgotten.
    pub expires_at: Timestamp,
}

/// Why an attempt must not be made now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// Too many have failed; the next may come after this time.
    Wait(Duration),
    /// As many are pending as may still fail. As soon as one succeeds, the next may come.
    Busy,
}

/// How an attempt ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It failed, and counts.
    Failed,
    /// It succeeded or was not made: it does not count.
    Uncounted,
    /// It succeeded, and the failures before it no longer count either.
    Cleared,
}

/// The place of a pending attempt in a counter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// How many attempts had failed or were pending when it began.
    pub before: u32,
}

impl Limit {
    /// The tally with one more pending attempt.
    ///
    /// # Errors
    /// [`Refusal`]
    pub fn begin(&self, before: Option<Tally>, now: Timestamp) -> Result<(Tally, Place), Refusal> {
        let before = self.at(before, now);
        if before.failures >= self.free {
            let next_at = before.failed_at + self.wait_after(before.failures);
            if next_at > now {
                return Err(Refusal::Wait(next_at - now));
            }
        }
        // One at a time, once somebody has to wait.
        let most = self.free.max(before.failures.saturating_add(1));
        let counted = before.failures.saturating_add(before.pending);
        if counted >= most {
            return Err(Refusal::Busy);
        }
        let tally = Tally {
            pending: before.pending + 1,
            pending_until: now + LONGEST_ATTEMPT,
            ..before
        };
        Ok((tally, Place { before: counted }))
    }

    /// The tally after one of its pending attempts has ended.
    ///
    /// A failure counts even if it took so long that the attempt is no longer pending.
    pub fn end(&self, tally: Tally, outcome: Outcome, now: Timestamp) -> Tally {
        let pending = tally.pending.saturating_sub(1);
        match outcome {
            Outcome::Failed => Tally {
                failures: tally.failures.saturating_add(1),
                pending,
                failed_at: now,
                // So the few in an office who mistype their password every hour never add up.
                expires_at: match tally.failures < self.free {
                    true => tally.expires_at,
                    false => now + self.memory,
                },
                ..tally
            },
            Outcome::Uncounted | Outcome::Cleared if tally.pending == 0 => tally,
            Outcome::Uncounted => Tally { pending, ..tally },
            Outcome::Cleared => Tally {
                failures: 0,
                pending,
                expires_at: now + self.memory,
                ..tally
            },
        }
    }

    /// How long after the last of `failures` attempts the next one may come.
    pub fn wait_after(&self, failures: u32) -> Duration {
        if failures < self.free {
            return Duration::ZERO;
        }
        let doubled = 2_u32.checked_pow(failures - self.free);
        let wait = doubled.and_then(|times| self.first_wait.checked_mul(times));
        wait.map_or(self.longest_wait, |wait| wait.min(self.longest_wait))
    }

    /// What still counts of `tally`.
    fn at(&self, tally: Option<Tally>, now: Timestamp) -> Tally {
        let mut tally = tally.unwrap_or(Tally {
            failures: 0,
            pending: 0,
            failed_at: now,
            pending_until: now,
            expires_at: now,
        });
        if tally.expires_at <= now {
            tally.failures = 0;
            tally.expires_at = now + self.memory;
        }
        if tally.pending_until <= now {
            tally.pending = 0;
        }
        tally
    }
}

/// May an attempt be made now?
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Admission {
    /// Yes, and it is pending now.
    Admitted(Place),
    /// No, and nothing has changed.
    Refused(Refusal),
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

    const LIMIT: Limit = Limit {
        free: 2,
        first_wait: Duration::from_secs(10),
        longest_wait: Duration::from_secs(15),
        memory: Duration::from_secs(60),
    };

    fn at(seconds: u64) -> Timestamp {
        Timestamp::from_unix_seconds(seconds)
    }

    /// The tally after an attempt that took no time.
    fn tried(tally: Option<Tally>, outcome: Outcome, seconds: u64) -> Result<Tally, Refusal> {
        let (tally, _) = LIMIT.begin(tally, at(seconds))?;
        Ok(LIMIT.end(tally, outcome, at(seconds)))
    }

    fn failed(tally: Option<Tally>, seconds: u64) -> Result<Tally, Refusal> {
        tried(tally, Outcome::Failed, seconds)
    }

    #[test]
    fn failures_expire_after_the_first_or_after_the_last_once_somebody_had_to_wait() {
        let wait = |seconds| Err(Refusal::Wait(Duration::from_secs(seconds)));
        let state = |tally: Tally| (tally.failures, tally.expires_at.unix_seconds());
        let one = failed(None, 0).unwrap();
        assert_eq!(state(one), (1, 60));
        let two = failed(Some(one), 40).unwrap();
        assert_eq!(state(two), (2, 60));
        assert_eq!(failed(Some(two), 40), wait(10));
        assert_eq!(state(failed(Some(two), 60).unwrap()), (1, 120));
        let three = failed(Some(two), 50).unwrap();
        assert_eq!(state(three), (3, 110));
        assert_eq!(failed(Some(three), 64), wait(1));
        assert_eq!(state(failed(Some(three), 65).unwrap()), (4, 125));
    }

    #[test]
    fn pending_attempts_may_still_fail_but_make_nobody_wait() {
        let (one, place) = LIMIT.begin(None, at(0)).unwrap();
        assert_eq!(place.before, 0);
        let (two, place) = LIMIT.begin(Some(one), at(0)).unwrap();
        assert_eq!(place.before, 1);
        assert_eq!(LIMIT.begin(Some(two), at(0)), Err(Refusal::Busy));
        for outcome in [Outcome::Uncounted, Outcome::Cleared] {
            let ended = LIMIT.end(two, outcome, at(1));
            assert_eq!((ended.failures, ended.pending), (0, 1));
            assert!(LIMIT.begin(Some(ended), at(1)).is_ok());
        }
        let ended = LIMIT.end(two, Outcome::Failed, at(1));
        assert_eq!(LIMIT.begin(Some(ended), at(1)), Err(Refusal::Busy));
    }

    #[test]
    fn after_a_wait_one_attempt_is_made_at_a_time() {
        let tally = failed(failed(None, 0).ok(), 0).unwrap();
        let (one, _) = LIMIT.begin(Some(tally), at(10)).unwrap();
        assert_eq!(LIMIT.begin(Some(one), at(10)), Err(Refusal::Busy));
        let right = LIMIT.end(one, Outcome::Uncounted, at(10));
        assert_eq!(
            right,
            Tally {
                pending_until: at(25),
                ..tally
            },
            "nobody waits for it"
        );
        assert!(LIMIT.begin(Some(right), at(10)).is_ok());
    }

    #[test]
    fn an_attempt_whose_function_was_killed_is_no_longer_pending_but_its_failure_counts() {
        let (one, _) = LIMIT.begin(None, at(0)).unwrap();
        let (two, _) = LIMIT.begin(Some(one), at(0)).unwrap();
        assert_eq!(LIMIT.begin(Some(two), at(14)), Err(Refusal::Busy));
        let (next, place) = LIMIT.begin(Some(two), at(15)).unwrap();
        assert_eq!((next.pending, place.before), (1, 0));
        // The three were slow, not killed, and all fail.
        let ended = (0..3).fold(next, |tally, _| LIMIT.end(tally, Outcome::Failed, at(16)));
        assert_eq!((ended.failures, ended.pending), (3, 0));
    }

    #[test]
    fn the_right_password_clears_the_failures_only_while_it_is_pending() {
        let tally = failed(None, 0).unwrap();
        let (one, _) = LIMIT.begin(Some(tally), at(10)).unwrap();
        let cleared = LIMIT.end(one, Outcome::Cleared, at(12));
        assert_eq!((cleared.failures, cleared.pending), (0, 0));
        assert_eq!(cleared.expires_at, at(72));
        // Others may have failed since it counted as killed.
        assert_eq!(LIMIT.end(tally, Outcome::Cleared, at(12)), tally);
    }

    #[test]
    fn failures_are_forgotten_while_others_are_pending() {
        let tally = failed(None, 0).unwrap();
        let (one, _) = LIMIT.begin(Some(tally), at(59)).unwrap();
        let (two, place) = LIMIT.begin(Some(one), at(60)).unwrap();
        assert_eq!((two.failures, two.pending, place.before), (0, 2, 1));
    }

    #[test]
    fn a_whole_ipv6_network_counts_as_one_client() {
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
    fn different_counters_have_different_keys() {
        let ann = UserName::parse("ann").unwrap();
        let keys = [
            Counter::Pair(ann.clone(), address("192.0.2.1")).to_string(),
            Counter::Pair(ann.clone(), ClientAddress::UNKNOWN).to_string(),
            Counter::Address(address("192.0.2.1")).to_string(),
            Counter::User(ann.clone(), 3).to_string(),
            Counter::Device(ann, DeviceId::new(7)).to_string(),
        ];
        assert_eq!(
            keys,
            [
                "pair#ann#192.0.2.1",
                "pair#ann#unknown",
                "address#192.0.2.1",
                "user#ann#3",
                "device#ann#00000000000000000000000000000007"
            ]
        );
    }
}
