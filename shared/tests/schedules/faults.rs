//! What may go wrong in a schedule, and how often.

/// How much may go wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Faults {
    /// An actor stops for good: its future is dropped.
    pub(crate) crashes: u8,
    /// The video server stops and starts, and has lost every session.
    pub(crate) restarts: u8,
    /// A request takes effect, but its answer is lost; it is sent again, and that answer counts.
    pub(crate) lost_replies: u8,
    /// A request fails, before or after taking effect.
    pub(crate) failures: u8,
    /// A request is never answered, whether it took effect or not: whoever sent it is cancelled at
    /// its deadline.
    pub(crate) hangs: u8,
}

/// Everything goes well.
pub(crate) const NO_FAULTS: Faults = Faults {
    crashes: 0,
    restarts: 0,
    lost_replies: 0,
    failures: 0,
    hangs: 0,
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

    pub(crate) fn and_a_hang(self) -> Self {
        Self { hangs: 1, ..self }
    }
}
