//! For the tests: a store that does not work.

use std::future::pending;

use shared::domain::{
    ConnectionId, Removal, Session, SessionId, SessionName, Timestamp, Token, TokenRecord, UserName,
};
use shared::ports::{CallInventory, CallStore, Cursor, Page, StoreError};

/// How it does not work.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Broken {
    /// It refuses.
    Fails,
    /// It never answers.
    Hangs,
}

impl Broken {
    async fn ask<T>(self) -> Result<T, StoreError> {
        match self {
            Self::Fails => Err(StoreError::Unavailable("it is broken".into())),
            Self::Hangs => pending().await,
        }
    }
}

impl CallStore for Broken {
    async fn find_or_open(
        &self,
        _: &SessionName,
        _: &SessionId,
        _: Timestamp,
        _: Timestamp,
    ) -> Result<Session, StoreError> {
        self.ask().await
    }
    async fn find(&self, _: &SessionName, _: Timestamp) -> Result<Option<Session>, StoreError> {
        self.ask().await
    }
    async fn record(&self, _: &TokenRecord) -> Result<(), StoreError> {
        self.ask().await
    }
    async fn confirm(
        &self,
        _: &SessionName,
        _: &SessionId,
        _: Timestamp,
    ) -> Result<bool, StoreError> {
        self.ask().await
    }
    async fn remove(
        &self,
        _: &SessionName,
        _: &Token,
        _: Option<&UserName>,
    ) -> Result<Removal, StoreError> {
        self.ask().await
    }
    async fn find_by_connection(
        &self,
        _: &SessionName,
        _: &ConnectionId,
        _: Timestamp,
    ) -> Result<Option<TokenRecord>, StoreError> {
        self.ask().await
    }
    async fn has_tokens(&self, _: &SessionName, _: Timestamp) -> Result<bool, StoreError> {
        self.ask().await
    }
    async fn close(&self, _: &Session) -> Result<bool, StoreError> {
        self.ask().await
    }
}

impl CallInventory for Broken {
    async fn tokens(&self, _: &SessionName) -> Result<Vec<TokenRecord>, StoreError> {
        self.ask().await
    }
    async fn page(&self, _: Option<&Cursor>) -> Result<Page, StoreError> {
        self.ask().await
    }
    async fn prolong_call(
        &self,
        _: &SessionName,
        _: &SessionId,
        _: Timestamp,
    ) -> Result<(), StoreError> {
        self.ask().await
    }
    async fn prolong_token(
        &self,
        _: &SessionName,
        _: &Token,
        _: Timestamp,
    ) -> Result<(), StoreError> {
        self.ask().await
    }
    async fn bookmark(&self) -> Result<Option<Cursor>, StoreError> {
        self.ask().await
    }
    async fn set_bookmark(&self, _: Option<&Cursor>) -> Result<(), StoreError> {
        self.ask().await
    }
}
