//! Looking through all calls on DynamoDB, a page at a time.

use aws_sdk_dynamodb::types::AttributeValue;

use super::calls::{DynamoDbCalls, SESSION, log_unreadable, session, token_record};
use super::items::{Item, conditional, read, read_time, string, time, unavailable};
use super::tables::{CALLS, EXPIRES_AT};
use crate::domain::{SessionId, SessionName, Timestamp, Token};
use crate::ports::{CallInventory, Cursor, Page, StoreError, SweepRecord, TokenRecords};

/// The partition of the sweep's own record. No call's name has a control character.
const SWEEP: &str = "\u{1}sweep";

/// The sort key of the sweep's own record.
const SWEEP_RECORD: &str = "#sweep";

impl CallInventory for DynamoDbCalls {
    async fn tokens(&self, name: &SessionName) -> Result<TokenRecords, StoreError> {
        let mut pages = self
            .client
            .query()
            .table_name(&self.table)
            .key_condition_expression("sessionName = :name AND #token > :session")
            .expression_attribute_names("#token", "token")
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
            .set_exclusive_start_key(after.map(start_key))
            .send()
            .await
            .map_err(unavailable)?;
        let mut page = Page {
            next: answer.last_evaluated_key.as_ref().map(cursor).transpose()?,
            ..Page::default()
        };
        for item in answer.items() {
            let is = |key: &str, value: &str| item.get(key) == Some(&string(value));
            let unreadable = &mut page.unreadable;
            if is(CALLS.partition_key, SWEEP) {
                // The sweep's own.
            } else if is("token", SESSION) {
                keep(&mut page.sessions, unreadable, item, session(item));
            } else {
                keep(&mut page.tokens, unreadable, item, token_record(item));
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
            .key(CALLS.partition_key, string(name.as_str()))
            .key("token", string(SESSION))
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
            .key(CALLS.partition_key, string(name.as_str()))
            .key("token", string(token.expose()))
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
            .key(CALLS.partition_key, string(SWEEP))
            .key("token", string(SWEEP_RECORD))
            .consistent_read(true)
            .send()
            .await
            .map_err(unavailable)?;
        Ok(answer.item.as_ref().and_then(sweep_record))
    }

    async fn keep_sweep_record(&self, record: &SweepRecord) -> Result<(), StoreError> {
        let mut request = self
            .client
            .put_item()
            .table_name(&self.table)
            .item(CALLS.partition_key, string(SWEEP))
            .item("token", string(SWEEP_RECORD))
            .item(SINCE, time(record.since));
        if let Some(swept_at) = record.swept_at {
            request = request.item(SWEPT_AT, time(swept_at));
        }
        if let Some(cursor) = &record.next_page {
            request = request
                .item(NEXT_SESSION_NAME, string(&cursor.session_name))
                .item(NEXT_TOKEN, string(&cursor.record));
        }
        if let Some(id) = &record.orphans_after {
            request = request.item(ORPHANS_AFTER, string(id.as_str()));
        }
        request.send().await.map_err(unavailable)?;
        Ok(())
    }
}

const SINCE: &str = "since";
const SWEPT_AT: &str = "sweptAt";
const NEXT_SESSION_NAME: &str = "nextSessionName";
const NEXT_TOKEN: &str = "nextToken";
const ORPHANS_AFTER: &str = "orphansAfter";

/// Nothing in it is worth a failure: what cannot be read begins anew.
fn sweep_record(item: &Item) -> Option<SweepRecord> {
    let text = |name| read(item, name, |text| Some(text.to_owned())).ok();
    let next_page = text(NEXT_SESSION_NAME).zip(text(NEXT_TOKEN));
    Some(SweepRecord {
        since: read_time(item, SINCE).ok()?,
        swept_at: read_time(item, SWEPT_AT).ok(),
        next_page: next_page.map(|(session_name, record)| Cursor {
            session_name,
            record,
        }),
        orphans_after: read(item, ORPHANS_AFTER, SessionId::parse).ok(),
    })
}

/// Keeps a record, or counts that it cannot be read: one must not keep others from being looked at.
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

fn start_key(cursor: &Cursor) -> Item {
    let key = [
        (CALLS.partition_key, string(&cursor.session_name)),
        ("token", string(&cursor.record)),
    ];
    key.map(|(name, value): (&str, AttributeValue)| (name.to_owned(), value))
        .into()
}

fn cursor(key: &Item) -> Result<Cursor, StoreError> {
    Ok(Cursor {
        session_name: read(key, CALLS.partition_key, |text| Some(text.to_owned()))?,
        record: read(key, "token", |text| Some(text.to_owned()))?,
    })
}
