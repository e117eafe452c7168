//! The stores on DynamoDB: the only files that know items, expressions and conditional failures.
//!
//! Only single-item writes: a transaction on the session record would fail with a conflict when many
//! people join at once, and would cost double. Times are filtered here as well as by DynamoDB, whose
//! TTL deletes days late.

mod attempts;
mod calls;
mod inventory;
mod items;
mod logins;
pub mod tables;
mod users;

use aws_sdk_dynamodb::Client;

pub use attempts::DynamoDbAttempts;
pub use calls::DynamoDbCalls;
pub use logins::{DynamoDbEndedLogins, DynamoDbLogins};
pub use users::DynamoDbUsers;

/// Connects to DynamoDB as the environment says (region, credentials, `AWS_ENDPOINT_URL_DYNAMODB`).
///
/// A request takes 2 s at most, all its tries together, so that a function whose store is down still
/// answers in time.
pub async fn client() -> Client {
    Client::new(&super::aws::sdk_config().await)
}
