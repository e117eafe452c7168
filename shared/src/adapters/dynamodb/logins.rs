//! Whether logins are still valid, on DynamoDB. Each ended login is an item in the table `logins`,
//! which expires when the last renewal would have expired. The users are in the table `users`.

use std::collections::HashMap;
use std::time::Duration;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::{AttributeValue, KeysAndAttributes};

use super::items::{Item, string, time, unavailable};
use super::tables::{EXPIRES_AT, LOGINS, USERS};
use super::users::{USER_ATTRIBUTE_NAMES, USER_ATTRIBUTES, user};
use crate::domain::{LoginId, Timestamp, UserName};
use crate::ports::{EndedLogins, Logins, Standing, StoreError};

/// How often an answer may lack one of the two items before the store counts as unavailable.
const TRIES: u32 = 4;

/// Whether logins are still valid, on DynamoDB.
#[derive(Clone, Debug)]
pub struct DynamoDbLogins {
    client: Client,
    logins_table: String,
    users_table: String,
}

impl DynamoDbLogins {
    pub const fn new(client: Client, logins_table: String, users_table: String) -> Self {
        Self {
            client,
            logins_table,
            users_table,
        }
    }
}

/// Ended logins, on DynamoDB, for a function that only ends them.
#[derive(Clone, Debug)]
pub struct DynamoDbEndedLogins {
    client: Client,
    table: String,
}

impl DynamoDbEndedLogins {
    /// Ended logins in `table`.
    pub const fn new(client: Client, table: String) -> Self {
        Self { client, table }
    }
}

impl EndedLogins for DynamoDbEndedLogins {
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
}

impl Logins for DynamoDbLogins {
    async fn standing(&self, id: &LoginId, user_name: &UserName) -> Result<Standing, StoreError> {
        // One request for both. Ended logins are not part of the user's record, where one read
        // would be enough: logging out must not need the right to write there, and the record would
        // grow with each logout.
        let mut wanted = HashMap::from([
            (self.logins_table.clone(), ended_login(id)?),
            (self.users_table.clone(), whole_user(user_name)?),
        ]);
        let mut found: HashMap<String, Vec<Item>> = HashMap::new();
        for tries in 1..=TRIES {
            let request = self.client.batch_get_item().set_request_items(Some(wanted));
            let answer = request.send().await.map_err(unavailable)?;
            found.extend(answer.responses.unwrap_or_default());
            wanted = answer.unprocessed_keys.unwrap_or_default();
            // An item that was not read is no proof that it does not exist.
            if wanted.is_empty() {
                let item = |table| found.get(table).and_then(|items| items.first());
                return Ok(Standing {
                    revoked: item(&self.logins_table).is_some(),
                    user: item(&self.users_table).map(user).transpose()?,
                });
            }
            tokio::time::sleep(Duration::from_millis(50) * tries).await;
        }
        Err(StoreError::Unavailable(
            "the store looked at a part of the request only".into(),
        ))
    }
}

fn ended_login(id: &LoginId) -> Result<KeysAndAttributes, StoreError> {
    let keys = HashMap::from([(LOGINS.partition_key.to_owned(), key(id))]);
    let request = KeysAndAttributes::builder()
        .keys(keys)
        .consistent_read(true);
    request
        .build()
        .map_err(|error| StoreError::Unavailable(Box::new(error)))
}

fn whole_user(name: &UserName) -> Result<KeysAndAttributes, StoreError> {
    let keys = HashMap::from([(USERS.partition_key.to_owned(), string(name.as_str()))]);
    let mut request = KeysAndAttributes::builder()
        .keys(keys)
        .consistent_read(true)
        .projection_expression(USER_ATTRIBUTES);
    for (alias, attribute) in USER_ATTRIBUTE_NAMES {
        request = request.expression_attribute_names(alias, attribute);
    }
    request
        .build()
        .map_err(|error| StoreError::Unavailable(Box::new(error)))
}

fn key(id: &LoginId) -> AttributeValue {
    string(format!("revoked#{id}"))
}
