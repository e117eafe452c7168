//! The clock, the random numbers and the waiting that rules get as arguments.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use rand::RngExt;

use crate::domain::{
    DeviceId, Generation, Installation, JoinId, LoginId, SessionId, SessionName, Timestamp,
};
use crate::ports::{Backoff, Clock};

/// The current time.
pub fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    Timestamp::from_unix_seconds(since.map_or(0, |since| since.as_secs()))
}

/// A session id that was never used before.
pub fn new_session_id(name: &SessionName, installation: &Installation) -> SessionId {
    SessionId::new(name, installation, rand::random())
}

/// The clock of this machine.
#[derive(Clone, Copy, Debug)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        now()
    }

    async fn pause(&self, time: Duration) {
        let part = rand::rng().random_range(0.5..1.0);
        tokio::time::sleep(time.mul_f64(part)).await;
    }
}

/// A new device id.
pub fn new_device_id() -> DeviceId {
    DeviceId::new(rand::random())
}

/// A join id that nobody has had before.
pub fn new_join_id() -> JoinId {
    JoinId::new(rand::random())
}

/// A login id that nobody can guess.
pub fn new_login_id() -> LoginId {
    LoginId::new(rand::random())
}

/// A generation that no record has had before.
pub fn new_generation() -> Generation {
    Generation::new(rand::random())
}

/// Exponential back-off with full jitter.
#[derive(Clone, Copy, Debug)]
pub struct JitteredBackoff;

impl JitteredBackoff {
    /// The longest wait before the first repetition.
    const FIRST: Duration = Duration::from_millis(50);

    /// The longest wait of all.
    const LONGEST: Duration = Duration::from_secs(1);

    /// The longest wait before the repetition with this number.
    fn longest(repetition: usize) -> Duration {
        let doublings = u32::try_from(repetition.saturating_sub(1)).unwrap_or(u32::MAX);
        let factor = 2_u32.saturating_pow(doublings);
        Self::FIRST.saturating_mul(factor).min(Self::LONGEST)
    }
}

impl Backoff for JitteredBackoff {
    async fn wait(&self, repetition: usize) {
        let share: f64 = rand::random();
        tokio::time::sleep(Self::longest(repetition).mul_f64(share)).await;
    }
}

#[cfg(test)]
mod tests {
    use tokio::time::Instant;

    use super::*;

    #[test]
    fn the_longest_wait_doubles_up_to_a_second() {
        let longest = [1, 2, 3, 5, 6, 1000].map(JitteredBackoff::longest);
        assert_eq!(
            longest.map(|longest| longest.as_millis()),
            [50, 100, 200, 800, 1000, 1000]
        );
    }

    #[tokio::test(start_paused = true)]
    async fn waits_differ_and_stay_below_the_longest() {
        let mut waits = std::collections::BTreeSet::new();
        for _ in 0..32 {
            let begun = Instant::now();
            JitteredBackoff.wait(6).await;
            waits.insert(begun.elapsed());
        }
        // A paused clock advances in whole milliseconds.
        assert!(
            waits
                .iter()
                .all(|wait| *wait <= Duration::from_millis(1001))
        );
        assert!(waits.len() > 2, "{waits:?}");
    }
}
