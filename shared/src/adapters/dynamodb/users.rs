//! Users on DynamoDB: one item each in the table `users`.

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::AttributeValue;

use super::items::{Item, conditional, read, string, time, unavailable};
use super::tables::USERS;
use crate::domain::{PasswordHash, Role, Timestamp, User, UserName};
use crate::ports::{StoreError, UserDirectory};

/// The people who may log in, on DynamoDB.
#[derive(Clone, Debug)]
pub struct DynamoDbUsers {
    client: Client,
    table: String,
}

/// A user could not be added.
#[derive(Debug, thiserror::Error)]
pub enum AddUserError {
    /// There is one by that name, and it stays as it is.
    #[error("there is a user by that name already")]
    Exists,
    /// The store failed.
    #[error("could not write the user's record")]
    Store(#[from] StoreError),
}

impl DynamoDbUsers {
    /// Users in `table`.
    pub const fn new(client: Client, table: String) -> Self {
        Self { client, table }
    }

    /// Adds a user; never overwrites one.
    ///
    /// # Errors
    /// [`AddUserError`]
    pub async fn add(&self, user: &User, now: Timestamp) -> Result<(), AddUserError> {
        let request = self
            .client
            .put_item()
            .table_name(&self.table)
            .item("user", string(user.name.as_str()))
            .item("role", string(user.role.as_str()))
            .item("passwordHash", string(user.password_hash.as_phc()))
            .item("disabled", AttributeValue::Bool(user.disabled))
            .item("createdAt", time(now))
            .condition_expression("attribute_not_exists(#user)")
            .expression_attribute_names("#user", USERS.partition_key);
        match conditional(request.send().await)? {
            Some(_) => Ok(()),
            None => Err(AddUserError::Exists),
        }
    }
}

impl UserDirectory for DynamoDbUsers {
    async fn find(&self, name: &UserName) -> Result<Option<User>, StoreError> {
        let answer = self
            .client
            .get_item()
            .table_name(&self.table)
            .key(USERS.partition_key, string(name.as_str()))
            .consistent_read(true)
            .send()
            .await
            .map_err(unavailable)?;
        answer.item.as_ref().map(user).transpose()
    }
}

fn user(item: &Item) -> Result<User, StoreError> {
    let disabled = item.get("disabled").and_then(|value| value.as_bool().ok());
    Ok(User {
        name: read(item, "user", |text| UserName::parse(text).ok())?,
        role: read(item, "role", |text| Role::parse(text).ok())?,
        password_hash: read(item, "passwordHash", |text| {
            Some(PasswordHash::from_phc(text.to_owned()))
        })?,
        disabled: *disabled.ok_or(StoreError::Unreadable("disabled"))?,
    })
}
