//! Reading all calls on DynamoDB, page by page.

use super::call_items::{
    Kind, SESSION, TOKEN, cursor, cursor_key, log_unreadable, session, session_key, sweep_item,
    sweep_key, sweep_record, token_key, token_record,
};
use super::calls::DynamoDbCalls;
use super::items::{Item, conditional, string, time, unavailable};
use super::tables::{CALLS, EXPIRES_AT};
use crate::domain::{SessionId, SessionName, Timestamp, Token};
use crate::ports::{CallInventory, Cursor, Page, StoreError, SweepRecord, TokenRecords};

impl CallInventory for DynamoDbCalls {
    async fn tokens(&self, name: &SessionName) -> Result<TokenRecords, StoreError> {
        let mut pages = self
            .client
            .query()
            .table_name(&self.table)
            .key_condition_expression("#name = :name AND #token > :session")
            .expression_attribute_names("#name", CALLS.partition_key)
            .expression_attribute_names("#token", TOKEN)
            .expression_attribute_values(":name", string(name.as_str()))
            .expression_attribute_values(":session", string(SESSION))
            .consistent_read(true)
            .limit(self.page_size)
            .into_paginator()
            .items()
            .send();
        let mut tokens = TokenRecords::default();
        while let Some(item) = pages.next().await {
            let item = item.map_err(unavailable)?;
            let record = token_record(&item);
            keep(&mut tokens.readable, &mut tokens.unreadable, &item, record);
        }
        Ok(tokens)
    }

    async fn page(&self, after: Option<&Cursor>) -> Result<Page, StoreError> {
        let answer = self
            .client
            .scan()
            .table_name(&self.table)
            .consistent_read(true)
            .limit(self.page_size)
            .set_exclusive_start_key(after.map(cursor_key))
            .send()
            .await
            .map_err(unavailable)?;
        let mut page = Page {
            next: answer.last_evaluated_key.as_ref().map(cursor).transpose()?,
            ..Page::default()
        };
        for item in answer.items() {
            let unreadable = &mut page.unreadable;
            match Kind::of(item) {
                Kind::Session => keep(&mut page.sessions, unreadable, item, session(item)),
                Kind::Token => keep(&mut page.tokens, unreadable, item, token_record(item)),
                Kind::Sweep => (),
            }
        }
        Ok(page)
    }

    async fn prolong_call(
        &self,
        name: &SessionName,
        id: &SessionId,
        expires_at: Timestamp,
    ) -> Result<(), StoreError> {
        let answer = self
            .client
            .update_item()
            .table_name(&self.table)
            .set_key(Some(session_key(name)))
            .update_expression("SET #expiresAt = :expiresAt")
            .condition_expression("sessionId = :id")
            .expression_attribute_names("#expiresAt", EXPIRES_AT)
            .expression_attribute_values(":expiresAt", time(expires_at))
            .expression_attribute_values(":id", string(id.as_str()))
            .send()
            .await;
        conditional(answer).map(|_| ())
    }

    async fn prolong_token(
        &self,
        name: &SessionName,
        token: &Token,
        expires_at: Timestamp,
    ) -> Result<(), StoreError> {
        let answer = self
            .client
            .update_item()
            .table_name(&self.table)
            .set_key(Some(token_key(name, token)))
            .update_expression("SET #expiresAt = :expiresAt")
            .condition_expression("#expiresAt > issuedAt")
            .expression_attribute_names("#expiresAt", EXPIRES_AT)
            .expression_attribute_values(":expiresAt", time(expires_at))
            .send()
            .await;
        conditional(answer).map(|_| ())
    }

    async fn sweep_record(&self) -> Result<Option<SweepRecord>, StoreError> {
        let answer = self
            .client
            .get_item()
            .table_name(&self.table)
            .set_key(Some(sweep_key()))
            .consistent_read(true)
            .send()
            .await
            .map_err(unavailable)?;
        Ok(answer.item.as_ref().and_then(sweep_record))
    }

    async fn keep_sweep_record(&self, record: &SweepRecord) -> Result<(), StoreError> {
        self.client
            .put_item()
            .table_name(&self.table)
            .set_item(Some(sweep_item(record)))
            .send()
            .await
            .map_err(unavailable)?;
        Ok(())
    }
}

/// Keeps a record, or counts it as unreadable. One bad record must not keep others from being
/// checked.
fn keep<T>(
    readable: &mut Vec<T>,
    unreadable: &mut usize,
    item: &Item,
    record: Result<T, StoreError>,
) {
    match record {
        Ok(record) => readable.push(record),
        Err(error) => {
            log_unreadable(item, &error);
            *unreadable += 1;
        }
    }
}
