//! The time in milliseconds since 1970, as in OpenVidu's JSON. It follows tokio's clock, so a test
//! that pauses that clock controls the time here too.

use std::time::{SystemTime, UNIX_EPOCH};

use tokio::time::Instant;

/// A wall clock that follows tokio's clock.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Clock {
    epoch_ms: u64,
    start: Instant,
}

impl Clock {
    pub(crate) fn start() -> Self {
        let since_epoch = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default();
        Self {
            epoch_ms: u64::try_from(since_epoch.as_millis()).unwrap_or_default(),
            start: Instant::now(),
        }
    }

    pub(crate) fn now_ms(&self) -> u64 {
        let elapsed = self.start.elapsed().as_millis();
        self.epoch_ms + u64::try_from(elapsed).unwrap_or_default()
    }
}
