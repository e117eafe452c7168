//! Looking through all calls on DynamoDB, a page at a time.

use crate::chain;
use aws_sdk_dynamodb::types::AttributeValue;

use super::calls::{DynamoDbCalls, SESSION, session, token_record};
use super::items::{Item, conditional, read, string, time, unavailable};
use super::tables::{CALLS, EXPIRES_AT};
use crate::domain::{SessionId, SessionName, Timestamp, Token, TokenRecord};
use crate::ports::{CallInventory, Cursor, Page, StoreError};

/// The partition of the sweep's own record. No call's name has a control character.
const SWEEP: &str = "\u{1}sweep";

/// The sort key of the sweep's own record.
const BOOKMARK: &str = "#bookmark";

/// Items a page: well under DynamoDB's megabyte, a few hundred kilobytes in memory.
const PAGE: i32 = 1000;

impl CallInventory for DynamoDbCalls {
    async fn tokens(&self, name: &SessionName) -> Result<Vec<TokenRecord>, StoreError> {
        let mut pages = self
            .client
            .query()
            .table_name(&self.table)
            .key_condition_expression("sessionName = :name AND #token > :session")
            .expression_attribute_names("#token", "token")
            .expression_attribute_values(":name", string(name.as_str()))
            .expression_attribute_values(":session", string(SESSION))
            .consistent_read(true)
            .into_paginator()
            .items()
            .send();
        let mut tokens = Vec::new();
        while let Some(item) = pages.next().await {
            tokens.push(token_record(&item.map_err(unavailable)?)?);
        }
        Ok(tokens)
    }

    async fn page(&self, after: Option<&Cursor>) -> Result<Page, StoreError> {
        let answer = self
            .client
            .scan()
            .table_name(&self.table)
            .consistent_read(true)
            .limit(PAGE)
            .set_exclusive_start_key(after.map(start_key))
            .send()
            .await
            .map_err(unavailable)?;
        let mut page = Page {
            next: answer.last_evaluated_key.as_ref().map(cursor).transpose()?,
            ..Page::default()
        };
        for item in answer.items() {
            // A record that cannot be read must not keep the sweep from all the others.
            match item
                .get("token")
                .and_then(|value| value.as_s().ok())
                .map(String::as_str)
            {
                Some(BOOKMARK) => (),
                Some(SESSION) => keep(&mut page.sessions, session(item)),
                _ => keep(&mut page.tokens, token_record(item)),
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
            .condition_expression("attribute_exists(#token)")
            .expression_attribute_names("#expiresAt", EXPIRES_AT)
            .expression_attribute_names("#token", "token")
            .expression_attribute_values(":expiresAt", time(expires_at))
            .send()
            .await;
        conditional(answer).map(|_| ())
    }

    async fn bookmark(&self) -> Result<Option<Cursor>, StoreError> {
        let answer = self
            .client
            .get_item()
            .table_name(&self.table)
            .key(CALLS.partition_key, string(SWEEP))
            .key("token", string(BOOKMARK))
            .consistent_read(true)
            .send()
            .await
            .map_err(unavailable)?;
        answer
            .item
            .as_ref()
            .map(|item| {
                Ok(Cursor {
                    session_name: read(item, "nextSessionName", |text| Some(text.to_owned()))?,
                    record: read(item, "nextToken", |text| Some(text.to_owned()))?,
                })
            })
            .transpose()
    }

    async fn set_bookmark(&self, cursor: Option<&Cursor>) -> Result<(), StoreError> {
        match cursor {
            Some(cursor) => {
                self.client
                    .put_item()
                    .table_name(&self.table)
                    .item(CALLS.partition_key, string(SWEEP))
                    .item("token", string(BOOKMARK))
                    .item("nextSessionName", string(&cursor.session_name))
                    .item("nextToken", string(&cursor.record))
                    .send()
                    .await
                    .map_err(unavailable)?;
            }
            None => {
                self.client
                    .delete_item()
                    .table_name(&self.table)
                    .key(CALLS.partition_key, string(SWEEP))
                    .key("token", string(BOOKMARK))
                    .send()
                    .await
                    .map_err(unavailable)?;
            }
        }
        Ok(())
    }
}

fn keep<T>(records: &mut Vec<T>, record: Result<T, StoreError>) {
    match record {
        Ok(record) => records.push(record),
        Err(error) => tracing::error!(error = chain(&error), "a record is passed over"),
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
