//! The ports of the functions, with one failing operation.

use std::future::pending;
use std::sync::atomic::{AtomicUsize, Ordering};

use shared::domain::{
    Connection, ConnectionId, RecordedToken, Removal, Role, Seats, Session, SessionId, SessionName,
    Timestamp, Token, TokenRecord, UserName,
};
use shared::ports::{
    CallInventory, CallStore, Cursor, Listing, Page, StoreError, SweepRecord, TokenRecords,
    VideoError, VideoInventory, VideoServer,
};
use tokio::sync::Notify;

/// How an operation fails, and whether it takes effect before that.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Failure {
    Fails { after_effect: bool },
    Hangs { after_effect: bool },
}

/// The failure during a use case: it hits the operation with this number, if there are that many.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Fault {
    pub(crate) operation: usize,
    pub(crate) failure: Failure,
}

/// The ports of a function, and the failure.
pub(crate) struct Faulty<'a, C, V> {
    calls: &'a C,
    video: &'a V,
    fault: Option<Fault>,
    operations: AtomicUsize,
    hangs: Notify,
}

impl<'a, C, V> Faulty<'a, C, V> {
    pub(crate) fn new(calls: &'a C, video: &'a V, fault: Option<Fault>) -> Self {
        Self {
            calls,
            video,
            fault,
            operations: AtomicUsize::new(0),
            hangs: Notify::new(),
        }
    }

    /// Runs a use case. `None` means that it hung, and was cancelled as a function is at its
    /// deadline.
    pub(crate) async fn run<T>(&self, use_case: impl Future<Output = T>) -> Option<T> {
        tokio::select! {
            outcome = use_case => Some(outcome),
            () = self.hangs.notified() => None,
        }
    }

    async fn pass<T, E>(
        &self,
        operation: impl Future<Output = Result<T, E>>,
        error: impl Fn() -> E,
    ) -> Result<T, E> {
        let number = self.operations.fetch_add(1, Ordering::Relaxed);
        let Some(fault) = self.fault.filter(|fault| fault.operation == number) else {
            return operation.await;
        };
        let (Failure::Fails { after_effect } | Failure::Hangs { after_effect }) = fault.failure;
        if after_effect {
            operation.await?;
        }
        match fault.failure {
            Failure::Fails { .. } => Err(error()),
            Failure::Hangs { .. } => {
                self.hangs.notify_one();
                pending().await
            }
        }
    }

    async fn store<T: Send>(
        &self,
        operation: impl Future<Output = Result<T, StoreError>> + Send,
    ) -> Result<T, StoreError> {
        self.pass(operation, || StoreError::Unavailable("a fault".into()))
            .await
    }

    async fn server<T: Send>(
        &self,
        operation: impl Future<Output = Result<T, VideoError>> + Send,
    ) -> Result<T, VideoError> {
        self.pass(operation, || VideoError::TimedOut).await
    }
}

impl<C: CallStore, V: Sync> CallStore for Faulty<'_, C, V> {
    async fn find_or_open(
        &self,
        name: &SessionName,
        candidate: &SessionId,
        now: Timestamp,
        expires_at: Timestamp,
    ) -> Result<Session, StoreError> {
        self.store(self.calls.find_or_open(name, candidate, now, expires_at))
            .await
    }

    async fn find(
        &self,
        name: &SessionName,
        now: Timestamp,
    ) -> Result<Option<Session>, StoreError> {
        self.store(self.calls.find(name, now)).await
    }

    async fn record(&self, token: &TokenRecord) -> Result<(), StoreError> {
        self.store(self.calls.record(token)).await
    }

    async fn confirm(
        &self,
        name: &SessionName,
        id: &SessionId,
        expires_at: Timestamp,
    ) -> Result<bool, StoreError> {
        self.store(self.calls.confirm(name, id, expires_at)).await
    }

    async fn find_token(
        &self,
        name: &SessionName,
        token: &Token,
    ) -> Result<Option<TokenRecord>, StoreError> {
        self.store(self.calls.find_token(name, token)).await
    }

    async fn remove(
        &self,
        name: &SessionName,
        token: &Token,
        owner: Option<&UserName>,
    ) -> Result<Removal, StoreError> {
        self.store(self.calls.remove(name, token, owner)).await
    }

    async fn find_by_connection(
        &self,
        name: &SessionName,
        id: &ConnectionId,
    ) -> Result<Option<RecordedToken>, StoreError> {
        self.store(self.calls.find_by_connection(name, id)).await
    }

    async fn has_tokens(&self, name: &SessionName, now: Timestamp) -> Result<bool, StoreError> {
        self.store(self.calls.has_tokens(name, now)).await
    }

    async fn close(&self, session: &Session) -> Result<bool, StoreError> {
        self.store(self.calls.close(session)).await
    }
}

impl<C: CallInventory, V: Sync> CallInventory for Faulty<'_, C, V> {
    async fn tokens(&self, name: &SessionName) -> Result<TokenRecords, StoreError> {
        self.store(self.calls.tokens(name)).await
    }

    async fn page(&self, after: Option<&Cursor>) -> Result<Page, StoreError> {
        self.store(self.calls.page(after)).await
    }

    async fn prolong_call(
        &self,
        name: &SessionName,
        id: &SessionId,
        expires_at: Timestamp,
    ) -> Result<(), StoreError> {
        self.store(self.calls.prolong_call(name, id, expires_at))
            .await
    }

    async fn prolong_token(
        &self,
        name: &SessionName,
        token: &Token,
        expires_at: Timestamp,
    ) -> Result<(), StoreError> {
        self.store(self.calls.prolong_token(name, token, expires_at))
            .await
    }

    async fn sweep_record(&self) -> Result<Option<SweepRecord>, StoreError> {
        self.store(self.calls.sweep_record()).await
    }

    async fn keep_sweep_record(&self, record: &SweepRecord) -> Result<(), StoreError> {
        self.store(self.calls.keep_sweep_record(record)).await
    }
}

impl<C: Sync, V: VideoServer> VideoServer for Faulty<'_, C, V> {
    async fn open(&self, id: &SessionId) -> Result<(), VideoError> {
        self.server(self.video.open(id)).await
    }

    async fn connect(
        &self,
        id: &SessionId,
        user: &UserName,
        role: Role,
    ) -> Result<Option<Connection>, VideoError> {
        self.server(self.video.connect(id, user, role)).await
    }

    async fn evict(
        &self,
        session: &SessionId,
        connection: &ConnectionId,
    ) -> Result<bool, VideoError> {
        self.server(self.video.evict(session, connection)).await
    }

    async fn close(&self, id: &SessionId) -> Result<(), VideoError> {
        self.server(self.video.close(id)).await
    }
}

impl<C: Sync, V: VideoInventory> VideoInventory for Faulty<'_, C, V> {
    async fn seats(&self, id: &SessionId) -> Result<Option<Seats>, VideoError> {
        self.server(self.video.seats(id)).await
    }

    async fn nudge(&self, id: &SessionId) -> Result<(), VideoError> {
        self.server(self.video.nudge(id)).await
    }

    async fn all_seats(&self) -> Result<Listing, VideoError> {
        self.server(self.video.all_seats()).await
    }
}
