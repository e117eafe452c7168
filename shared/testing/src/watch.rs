//! A video server whose requests a test can see.

use std::sync::{Mutex, PoisonError};

use crate::faulty::{Fate, Faults};
use crate::operation::Operation;

/// Notes what a server is asked, and keeps it from answering some of it.
#[derive(Debug)]
pub struct Watch {
    is_silent: fn(&Operation) -> bool,
    asked: Mutex<Vec<&'static str>>,
}

impl Watch {
    /// A watch that leaves what `is_silent` unanswered.
    pub fn new(is_silent: fn(&Operation) -> bool) -> Self {
        Self {
            is_silent,
            asked: Mutex::default(),
        }
    }

    /// What the server was asked so far, in order.
    pub fn asked(&self) -> Vec<&'static str> {
        self.asked
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }
}

impl Faults for Watch {
    async fn strike(&self, operation: Operation) -> Fate {
        self.asked
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(operation.method());
        match (self.is_silent)(&operation) {
            true => Fate::Fails {
                after_effect: false,
            },
            false => Fate::Works,
        }
    }
}
