//! The moment by which an invocation must have answered.

use std::time::Duration;

use tokio::time::Instant;

/// The moment by which some work must be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Deadline(Instant);

impl Deadline {
    /// The deadline that is `time` from now.
    pub fn after(time: Duration) -> Self {
        Self(Instant::now() + time)
    }

    /// The time that is left; zero once the deadline has passed.
    pub fn left(self) -> Duration {
        self.0.saturating_duration_since(Instant::now())
    }

    /// Has the deadline passed?
    pub fn has_passed(self) -> bool {
        self.left().is_zero()
    }

    /// Runs `work` until the deadline. If it is not done by then, drops it and returns `None`.
    pub async fn limit<T>(self, work: impl Future<Output = T>) -> Option<T> {
        tokio::time::timeout_at(self.0, work).await.ok()
    }
}

#[cfg(test)]
mod tests {
    use std::future::{pending, ready};

    use tokio::time::advance;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn time_runs_out_once() {
        let deadline = Deadline::after(Duration::from_secs(2));
        assert_eq!(deadline.left(), Duration::from_secs(2));
        advance(Duration::from_secs(1)).await;
        assert_eq!(deadline.left(), Duration::from_secs(1));
        assert!(!deadline.has_passed());
        advance(Duration::from_secs(5)).await;
        assert_eq!(deadline.left(), Duration::ZERO);
        assert!(deadline.has_passed());
    }

    #[tokio::test(start_paused = true)]
    async fn work_that_takes_too_long_is_dropped() {
        let deadline = Deadline::after(Duration::from_secs(2));
        assert_eq!(deadline.limit(ready(7)).await, Some(7));
        assert_eq!(deadline.limit(pending::<u8>()).await, None);
        assert!(deadline.has_passed());
    }
}
