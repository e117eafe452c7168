//! The ports of who puts records right, at the gate.

use std::collections::BTreeMap;

use shared::domain::{Seats, SessionId, SessionName, Timestamp, Token, TokenRecord};
use shared::ports::{CallInventory, Cursor, Page, StoreError, VideoError, VideoInventory};

use crate::gate::{Gate, store_error, video_error};
use crate::operation::{Answer, Operation};

impl CallInventory for Gate {
    async fn tokens(&self, name: &SessionName) -> Result<Vec<TokenRecord>, StoreError> {
        match self.ask_flawed(Operation::Tokens(name.clone())).await {
            Answer::Records(tokens) => Ok(tokens),
            other => Err(store_error(&other)),
        }
    }

    async fn page(&self, after: Option<&Cursor>) -> Result<Page, StoreError> {
        match self.ask_flawed(Operation::Page(after.cloned())).await {
            Answer::Page(page) => Ok(page),
            other => Err(store_error(&other)),
        }
    }

    async fn prolong_call(
        &self,
        name: &SessionName,
        id: &SessionId,
        expires_at: Timestamp,
    ) -> Result<(), StoreError> {
        let operation = Operation::ProlongCall(name.clone(), id.clone(), expires_at);
        match self.ask_flawed(operation).await {
            Answer::Done => Ok(()),
            other => Err(store_error(&other)),
        }
    }

    async fn prolong_token(
        &self,
        name: &SessionName,
        token: &Token,
        expires_at: Timestamp,
    ) -> Result<(), StoreError> {
        let operation = Operation::ProlongToken(name.clone(), token.clone(), expires_at);
        match self.ask_flawed(operation).await {
            Answer::Done => Ok(()),
            other => Err(store_error(&other)),
        }
    }

    async fn bookmark(&self) -> Result<Option<Cursor>, StoreError> {
        match self.ask_flawed(Operation::Bookmark).await {
            Answer::Bookmark(cursor) => Ok(cursor),
            other => Err(store_error(&other)),
        }
    }

    async fn set_bookmark(&self, cursor: Option<&Cursor>) -> Result<(), StoreError> {
        let operation = Operation::SetBookmark(cursor.cloned());
        match self.ask_flawed(operation).await {
            Answer::Done => Ok(()),
            other => Err(store_error(&other)),
        }
    }
}

impl VideoInventory for Gate {
    async fn seats(&self, id: &SessionId) -> Result<Option<Seats>, VideoError> {
        match self.ask_video(Operation::Seats(id.clone())).await {
            Answer::Seats(seats) => Ok(seats),
            other => Err(video_error(&other)),
        }
    }

    async fn all_seats(&self) -> Result<BTreeMap<SessionId, Seats>, VideoError> {
        match self.ask_video(Operation::AllSeats).await {
            Answer::AllSeats(sessions) => Ok(sessions),
            other => Err(video_error(&other)),
        }
    }
}
