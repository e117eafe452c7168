//! A server in this process: one task that ends by a token or by being dropped.

use shared::chain;
use std::{future::Future, time::Duration};

use tokio::time::timeout;
use tokio_util::{sync::CancellationToken, task::AbortOnDropHandle};

/// How long a server may take to end before it is dropped: an open WebSocket would never end.
const PATIENCE: Duration = Duration::from_secs(4);

/// A running server.
pub(crate) struct Server {
    name: &'static str,
    shutdown: CancellationToken,
    task: AbortOnDropHandle<()>,
}

impl Server {
    /// Starts the server that `serve` makes. The token tells it to end.
    pub(crate) fn start<F>(name: &'static str, serve: impl FnOnce(CancellationToken) -> F) -> Self
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let shutdown = CancellationToken::new();
        let task = AbortOnDropHandle::new(tokio::spawn(serve(shutdown.clone())));
        Self {
            name,
            shutdown,
            task,
        }
    }

    /// Waits until it ends by itself, which it should not. Returns its name.
    pub(crate) async fn ended(&mut self) -> &'static str {
        if let Err(error) = (&mut self.task).await {
            tracing::error!(error = chain(&error), "{} failed", self.name);
        }
        self.name
    }

    /// Ends it, and returns when it has ended.
    pub(crate) async fn stop(self) {
        self.shutdown.cancel();
        if timeout(PATIENCE, self.task).await.is_err() {
            tracing::warn!("{} did not end in time", self.name);
        }
    }
}
