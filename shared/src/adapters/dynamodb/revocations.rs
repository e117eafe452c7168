//! Ended logins on DynamoDB: one item each in the table `logins`, gone when the login would have
//! ended by itself.

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::AttributeValue;

use super::items::{string, time, unavailable};
use super::tables::{EXPIRES_AT, LOGINS};
use crate::domain::{LoginId, Timestamp};
use crate::ports::{Revocations, StoreError};

/// Ended logins, on DynamoDB.
#[derive(Clone, Debug)]
pub struct DynamoDbRevocations {
    client: Client,
    table: String,
}

impl DynamoDbRevocations {
    /// Ended logins in `table`.
    pub const fn new(client: Client, table: String) -> Self {
        Self { client, table }
    }
}

impl Revocations for DynamoDbRevocations {
    async fn revoke(&self, id: &LoginId, until: Timestamp) -> Result<(), StoreError> {
        self.client
            .put_item()
            .table_name(&self.table)
            .item(LOGINS.partition_key, key(id))
            .item(EXPIRES_AT, time(until))
            .send()
            .await
            .map_err(unavailable)?;
        Ok(())
    }

    async fn is_revoked(&self, id: &LoginId) -> Result<bool, StoreError> {
        let answer = self
            .client
            .get_item()
            .table_name(&self.table)
            .key(LOGINS.partition_key, key(id))
            .consistent_read(true)
            .send()
            .await
            .map_err(unavailable)?;
        Ok(answer.item.is_some())
    }
}

fn key(id: &LoginId) -> AttributeValue {
    string(format!("revoked#{id}"))
}
