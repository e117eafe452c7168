//! Faults in an order that a test decides.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

use crate::faulty::{Fate, Faults};
use crate::operation::Operation;

/// What becomes of the next calls of some methods, in this order. All other calls work.
#[derive(Debug)]
pub struct Script {
    fates: Mutex<VecDeque<(&'static str, Fate)>>,
}

impl Script {
    /// A script of methods and their fates.
    pub fn new(fates: impl IntoIterator<Item = (&'static str, Fate)>) -> Self {
        Self {
            fates: Mutex::new(fates.into_iter().collect()),
        }
    }

    /// Was the script played to its end?
    pub fn is_over(&self) -> bool {
        let fates = self.fates.lock().unwrap_or_else(PoisonError::into_inner);
        fates.is_empty()
    }
}

impl Faults for Script {
    async fn strike(&self, operation: Operation) -> Fate {
        let mut fates = self.fates.lock().unwrap_or_else(PoisonError::into_inner);
        let is_next = |(method, _): &mut (&'static str, Fate)| *method == operation.method();
        match fates.pop_front_if(is_next) {
            Some((_, fate)) => fate,
            None => Fate::Works,
        }
    }
}
