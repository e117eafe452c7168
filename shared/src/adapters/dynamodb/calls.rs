//! Calls on DynamoDB: in the table `calls`, one item for each open call (sort key `#session`) and
//! one for each token (sort key: the token).

use aws_sdk_dynamodb::config::retry::RetryConfig;
use aws_sdk_dynamodb::types::{ReturnValue, ReturnValuesOnConditionCheckFailure};
use aws_sdk_dynamodb::{Client, Config};

use super::call_items::{
    SESSION, TOKEN, log_unreadable, recorded_token, session, session_key, token_item, token_key,
    token_record,
};
use super::items::{Item, conditional, number, refused_or_unavailable, string, time, unavailable};
use super::tables::{BY_CONNECTION, CALLS, EXPIRES_AT};
use crate::domain::{
    ConnectionId, RecordedToken, Removal, Session, SessionId, SessionName, Timestamp, Token,
    TokenRecord, UserName,
};
use crate::ports::{CallStore, StoreError};

/// Records per page: well under DynamoDB's megabyte, and a few hundred kilobytes in memory.
const PAGE: i32 = 1000;

/// Open calls and their tokens, on DynamoDB.
#[derive(Clone, Debug)]
pub struct DynamoDbCalls {
    pub(super) client: Client,
    pub(super) table: String,
    pub(super) page_size: i32,
}

impl DynamoDbCalls {
    pub const fn new(client: Client, table: String) -> Self {
        Self::with_pages_of(PAGE, client, table)
    }

    /// The same, with this page size for lists of records.
    pub const fn with_pages_of(page_size: i32, client: Client, table: String) -> Self {
        Self {
            client,
            table,
            page_size,
        }
    }
}

impl CallStore for DynamoDbCalls {
    async fn find_or_open(
        &self,
        name: &SessionName,
        candidate: &SessionId,
        now: Timestamp,
        expires_at: Timestamp,
    ) -> Result<Session, StoreError> {
        let answer = self
            .client
            .update_item()
            .table_name(&self.table)
            .set_key(Some(session_key(name)))
            .update_expression(
                "SET sessionId = if_not_exists(sessionId, :candidate), \
                 #version = if_not_exists(#version, :zero), \
                 createdAt = if_not_exists(createdAt, :now), \
                 #expiresAt = if_not_exists(#expiresAt, :expiresAt)",
            )
            .expression_attribute_names("#version", "version")
            .expression_attribute_names("#expiresAt", EXPIRES_AT)
            .expression_attribute_values(":candidate", string(candidate.as_str()))
            .expression_attribute_values(":zero", number(0))
            .expression_attribute_values(":now", time(now))
            .expression_attribute_values(":expiresAt", time(expires_at))
            .return_values(ReturnValue::AllNew)
            .customize()
            .config_override(Config::builder().retry_config(RetryConfig::disabled()))
            .send()
            .await
            .map_err(refused_or_unavailable)?;
        let item = answer
            .attributes
            .ok_or(StoreError::Unreadable("no item came back"))?;
        session(&item)
    }

    async fn find(
        &self,
        name: &SessionName,
        now: Timestamp,
    ) -> Result<Option<Session>, StoreError> {
        let answer = self
            .client
            .get_item()
            .table_name(&self.table)
            .set_key(Some(session_key(name)))
            .consistent_read(true)
            .send()
            .await
            .map_err(unavailable)?;
        let session = answer.item.as_ref().map(session).transpose()?;
        Ok(session.filter(|session| session.expires_at > now))
    }

    async fn record(&self, token: &TokenRecord) -> Result<(), StoreError> {
        self.client
            .put_item()
            .table_name(&self.table)
            .set_item(Some(token_item(token)))
            .send()
            .await
            .map_err(unavailable)?;
        Ok(())
    }

    async fn confirm(
        &self,
        name: &SessionName,
        id: &SessionId,
        expires_at: Timestamp,
    ) -> Result<bool, StoreError> {
        let answer = self
            .client
            .update_item()
            .table_name(&self.table)
            .set_key(Some(session_key(name)))
            .update_expression("SET #version = #version + :one, #expiresAt = :expiresAt")
            .condition_expression("sessionId = :id")
            .expression_attribute_names("#version", "version")
            .expression_attribute_names("#expiresAt", EXPIRES_AT)
            .expression_attribute_values(":one", number(1))
            .expression_attribute_values(":expiresAt", time(expires_at))
            .expression_attribute_values(":id", string(id.as_str()))
            .send()
            .await;
        Ok(conditional(answer)?.is_some())
    }

    async fn find_token(
        &self,
        name: &SessionName,
        token: &Token,
    ) -> Result<Option<TokenRecord>, StoreError> {
        let answer = self
            .client
            .get_item()
            .table_name(&self.table)
            .set_key(Some(token_key(name, token)))
            .consistent_read(true)
            .send()
            .await
            .map_err(unavailable)?;
        Ok(answer.item.as_ref().and_then(|item| {
            let record = token_record(item);
            record.inspect_err(|error| log_unreadable(item, error)).ok()
        }))
    }

    async fn remove(
        &self,
        name: &SessionName,
        token: &Token,
        owner: Option<&UserName>,
    ) -> Result<Removal, StoreError> {
        let mut request = self
            .client
            .delete_item()
            .table_name(&self.table)
            .set_key(Some(token_key(name, token)))
            .return_values(ReturnValue::AllOld);
        if let Some(owner) = owner {
            request = request
                .condition_expression("#user = :owner")
                .expression_attribute_names("#user", "user")
                .expression_attribute_values(":owner", string(owner.as_str()))
                .return_values_on_condition_check_failure(
                    ReturnValuesOnConditionCheckFailure::AllOld,
                );
        }
        match request.send().await {
            Ok(answer) => match answer.attributes.filter(|item| !item.is_empty()) {
                Some(item) => Ok(removed(&item)),
                None => Ok(Removal::NotThere),
            },
            Err(error) => match error.as_service_error() {
                Some(e) if e.is_conditional_check_failed_exception() => Ok(removal_refused(e)),
                Some(_) | None => Err(unavailable(error)),
            },
        }
    }

    async fn find_by_connection(
        &self,
        name: &SessionName,
        id: &ConnectionId,
    ) -> Result<Option<RecordedToken>, StoreError> {
        let answer = self
            .client
            .query()
            .table_name(&self.table)
            .index_name(BY_CONNECTION)
            .key_condition_expression("#name = :name AND connectionId = :id")
            .expression_attribute_names("#name", CALLS.partition_key)
            .expression_attribute_values(":name", string(name.as_str()))
            .expression_attribute_values(":id", string(id.as_str()))
            .consistent_read(true)
            .send()
            .await
            .map_err(unavailable)?;
        let Some(item) = answer.items().first() else {
            return Ok(None);
        };
        let token = recorded_token(item);
        Ok(token.inspect_err(|error| log_unreadable(item, error)).ok())
    }

    async fn has_tokens(&self, name: &SessionName, now: Timestamp) -> Result<bool, StoreError> {
        let mut start: Option<Item> = None;
        // The first record nearly always decides: a call of 1,000 costs no more than a call of 2.
        // Only expired records that TTL has not removed yet need more.
        let mut limit = 1;
        loop {
            let answer = self
                .client
                .query()
                .table_name(&self.table)
                .key_condition_expression("#name = :name AND #token > :session")
                .expression_attribute_names("#name", CALLS.partition_key)
                .filter_expression("#expiresAt > :now")
                .expression_attribute_names("#token", TOKEN)
                .expression_attribute_names("#expiresAt", EXPIRES_AT)
                .expression_attribute_values(":name", string(name.as_str()))
                .expression_attribute_values(":session", string(SESSION))
                .expression_attribute_values(":now", time(now))
                .consistent_read(true)
                .limit(limit)
                .set_exclusive_start_key(start)
                .send()
                .await
                .map_err(unavailable)?;
            if answer.count > 0 {
                return Ok(true);
            }
            match answer.last_evaluated_key {
                Some(key) => start = Some(key),
                None => return Ok(false),
            }
            limit = self.page_size.min(100);
        }
    }

    async fn close(&self, session: &Session) -> Result<bool, StoreError> {
        let answer = self
            .client
            .delete_item()
            .table_name(&self.table)
            .set_key(Some(session_key(&session.name)))
            .condition_expression("sessionId = :id AND #version = :version")
            .expression_attribute_names("#version", "version")
            .expression_attribute_values(":id", string(session.id.as_str()))
            .expression_attribute_values(":version", number(session.version))
            .send()
            .await;
        Ok(conditional(answer)?.is_some())
    }
}

/// The record is removed, whatever it contained. An error now would reach somebody who has left.
fn removed(item: &Item) -> Removal {
    match recorded_token(item) {
        Ok(token) => Removal::Removed(token),
        Err(error) => {
            log_unreadable(item, &error);
            Removal::NotThere
        }
    }
}

/// Why was the removal refused: is the owner somebody else, or is there no record?
fn removal_refused(error: &aws_sdk_dynamodb::operation::delete_item::DeleteItemError) -> Removal {
    use aws_sdk_dynamodb::operation::delete_item::DeleteItemError;
    match error {
        DeleteItemError::ConditionalCheckFailedException(refused)
            if refused.item().is_some_and(|item| !item.is_empty()) =>
        {
            Removal::NotYours
        }
        _ => Removal::NotThere,
    }
}
