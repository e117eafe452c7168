//! One operation of a use case goes wrong.

use std::sync::atomic::{AtomicUsize, Ordering};

use testing::{Fate, Faults, Operation};
use tokio::sync::Notify;

/// What goes wrong during a use case: the operation with this number, if it comes that far.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Fault {
    pub(crate) operation: usize,
    /// It is never answered; otherwise it fails.
    pub(crate) hangs: bool,
    pub(crate) after_effect: bool,
}

/// One run of a use case, and what goes wrong meanwhile.
pub(crate) struct Run {
    fault: Option<Fault>,
    operations: AtomicUsize,
    hangs: Notify,
}

impl Run {
    pub(crate) fn with(fault: Option<Fault>) -> Self {
        Self {
            fault,
            operations: AtomicUsize::new(0),
            hangs: Notify::new(),
        }
    }

    /// Runs the use case; `None`: it hung, and was cancelled as a function is at its deadline.
    pub(crate) async fn of<T>(&self, use_case: impl Future<Output = T>) -> Option<T> {
        tokio::select! {
            outcome = use_case => Some(outcome),
            () = self.hangs.notified() => None,
        }
    }
}

impl Faults for Run {
    async fn strike(&self, _operation: Operation) -> Fate {
        let number = self.operations.fetch_add(1, Ordering::Relaxed);
        match self.fault.filter(|fault| fault.operation == number) {
            None => Fate::Works,
            Some(Fault {
                hangs: true,
                after_effect,
                ..
            }) => Fate::Hangs { after_effect },
            Some(Fault { after_effect, .. }) => Fate::Fails { after_effect },
        }
    }

    fn hangs(&self) {
        self.hangs.notify_one();
    }
}
