//! The ports of who puts records right, at the gate.

use shared::domain::{Seats, SessionId, SessionName, Timestamp, Token};
use shared::ports::{
    CallInventory, Cursor, Listing, Page, StoreError, SweepRecord, TokenRecords, VideoError,
    VideoInventory,
};

use crate::gate::{Gate, store_error, video_error};
use crate::operation::{Answer, Operation};

impl CallInventory for Gate {
    async fn tokens(&self, name: &SessionName) -> Result<TokenRecords, StoreError> {
        match self.ask_flawed(Operation::Tokens(name.clone())).await {
            Answer::Records(tokens) => Ok(tokens),
            other => Err(store_error(&other)),
        }
    }

    async fn page(&self, after: Option<&Cursor>) -> Result<Page, StoreError> {
        self.note_page();
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

    async fn sweep_record(&self) -> Result<Option<SweepRecord>, StoreError> {
        match self.ask_flawed(Operation::SweepRecord).await {
            Answer::SweepRecord(record) => Ok(record),
            other => Err(store_error(&other)),
        }
    }

    async fn keep_sweep_record(&self, record: &SweepRecord) -> Result<(), StoreError> {
        let operation = Operation::KeepSweepRecord(record.clone());
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

    async fn nudge(&self, id: &SessionId) -> Result<(), VideoError> {
        match self.ask_flawed(Operation::Nudge(id.clone())).await {
            Answer::Done => Ok(()),
            other => Err(video_error(&other)),
        }
    }

    async fn all_seats(&self) -> Result<Listing, VideoError> {
        match self.ask_video(Operation::AllSeats).await {
            Answer::AllSeats(sessions) => Ok(Listing {
                sessions,
                ..Listing::default()
            }),
            other => Err(video_error(&other)),
        }
    }
}
