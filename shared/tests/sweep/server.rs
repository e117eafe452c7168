//! A video server whose requests a test can see.

use std::sync::Mutex;

use testing::{Fate, Faults, Operation};

/// Notes what a server is asked, and keeps it from answering some of it.
pub(crate) struct Watch {
    is_silent: fn(&Operation) -> bool,
    asked: Mutex<Vec<&'static str>>,
}

impl Watch {
    pub(crate) fn new(is_silent: fn(&Operation) -> bool) -> Self {
        Self {
            is_silent,
            asked: Mutex::default(),
        }
    }

    /// What the server was asked so far, in order.
    pub(crate) fn asked(&self) -> Vec<&'static str> {
        self.asked.lock().unwrap().clone()
    }
}

impl Faults for Watch {
    async fn strike(&self, operation: Operation) -> Fate {
        self.asked.lock().unwrap().push(operation.method());
        match (self.is_silent)(&operation) {
            true => Fate::Fails {
                after_effect: false,
            },
            false => Fate::Works,
        }
    }
}
