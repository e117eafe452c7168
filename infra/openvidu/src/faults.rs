//! Lets a test make a running stand-in slow or silent.
//! In-process only: nothing of this can be reached over the network.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// A handle on what the server does wrong. Clones share it; all is well by default.
#[derive(Clone, Debug, Default)]
pub struct Faults(Arc<Mutex<State>>);

#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct State {
    pub(crate) rest: RestFault,
    pub(crate) silent_rpc: bool,
}

/// What happens to REST requests that carry the right secret.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum RestFault {
    /// They are answered.
    #[default]
    None,
    /// They are carried out at once and answered only after this long.
    Delay(Duration),
    /// They are accepted, not carried out and never answered.
    Stall,
    /// They are carried out and never answered, as when an answer is lost.
    LoseAnswer,
    /// They are carried out and answered by an empty 403, as by a server that throws an exception at
    /// the end of its work.
    Crash,
}

impl Faults {
    /// From now on, treats authenticated REST requests like this.
    pub fn set_rest(&self, fault: RestFault) {
        self.change(|state| state.rest = fault);
    }

    /// While `silent`, every `WebSocket` is accepted and no request on one carried out or answered.
    pub fn set_silent_rpc(&self, silent: bool) {
        self.change(|state| state.silent_rpc = silent);
    }

    pub(crate) fn get(&self) -> State {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn change(&self, change: impl FnOnce(&mut State)) {
        change(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner));
    }
}
