//! Outages of the video server on demand: signal USR1 stops it under the running stack,
//! and USR2 starts it again.

use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::{error::Error, stack::Stack};

/// Receives the signals.
pub(crate) struct Outages {
    begin: Signal,
    end: Signal,
}

impl Outages {
    /// From now on the signals do not end this process.
    pub(crate) fn listen() -> Result<Self, Error> {
        let listen = |kind| signal(kind).map_err(Error::Signals);
        Ok(Self {
            begin: listen(SignalKind::user_defined1())?,
            end: listen(SignalKind::user_defined2())?,
        })
    }

    /// Does what the signals say, until a part of `stack` ends by itself, which none should.
    pub(crate) async fn until_failure(&mut self, stack: &mut Stack) -> Error {
        loop {
            tokio::select! {
                error = stack.failed() => return error,
                _ = self.begin.recv() => stack.video().stop().await,
                _ = self.end.recv() => if let Err(error) = stack.video().start_again().await {
                    return error;
                },
            }
        }
    }
}
