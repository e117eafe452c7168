//! Lets a test make a running stand-in slow or silent. Works only in the same process, never over
//! the network.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// A handle that controls the server's faults. Clones share them. There are none by default.
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
    /// Answer them.
    #[default]
    None,
    /// Carry them out at once, but answer only after this long.
    Delay(Duration),
    /// Accept them, but neither carry them out nor answer.
    Stall,
    /// Carry them out but never answer, as if the answer was lost.
    LoseAnswer,
    /// Carry them out and answer with an empty 403, like a server that throws an exception after
    /// its work.
    Crash,
}

impl Faults {
    /// Treats authenticated REST requests like this from now on.
    pub fn set_rest(&self, fault: RestFault) {
        self.change(|state| state.rest = fault);
    }

    /// While `silent`, accepts every `WebSocket` but neither carries out nor answers requests on
    /// it.
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
