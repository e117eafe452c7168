//! The faults that a schedule may contain, and how many.

/// How many faults there may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Faults {
    /// An actor stops for good: its future is dropped.
    pub(crate) crashes: u8,
    /// The video server restarts, and has lost every session.
    pub(crate) restarts: u8,
    /// A request takes effect, but its answer is lost. It is sent again, and the second answer
    /// counts.
    pub(crate) lost_replies: u8,
    /// A request fails, before or after taking effect.
    pub(crate) failures: u8,
    /// A request is never answered, whether it took effect or not. Its sender is cancelled at the
    /// deadline.
    pub(crate) hangs: u8,
    /// A browser connects anew, by the same token.
    pub(crate) reconnections: u8,
    /// Rooms that nobody is in run out.
    pub(crate) time_outs: u8,
}

/// No faults.
pub(crate) const NO_FAULTS: Faults = Faults {
    crashes: 0,
    restarts: 0,
    lost_replies: 0,
    failures: 0,
    hangs: 0,
    reconnections: 0,
    time_outs: 0,
};

impl Faults {
    pub(crate) fn and_a_crash(self) -> Self {
        Self { crashes: 1, ..self }
    }

    pub(crate) fn and_a_restart(self) -> Self {
        Self {
            restarts: 1,
            ..self
        }
    }

    pub(crate) fn and_a_lost_answer(self) -> Self {
        Self {
            lost_replies: 1,
            ..self
        }
    }

    pub(crate) fn and_a_failure(self) -> Self {
        Self {
            failures: 1,
            ..self
        }
    }

    pub(crate) fn and_a_reconnection(self) -> Self {
        Self {
            reconnections: 1,
            ..self
        }
    }

    pub(crate) fn and_a_time_out(self) -> Self {
        Self {
            time_outs: 1,
            ..self
        }
    }

    pub(crate) fn and_a_hang(self) -> Self {
        Self { hangs: 1, ..self }
    }
}
