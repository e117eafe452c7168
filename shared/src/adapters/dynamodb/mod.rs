//! The stores on DynamoDB: the only files that know items, expressions and conditional failures.
//!
//! They use single-item writes only. A transaction on the session record would fail with a conflict
//! when many people join at once, and would cost double. Expired records are filtered here as well,
//! because DynamoDB's TTL deletes them days late.

mod attempts;
mod call_items;
mod calls;
mod inventory;
mod items;
mod joins;
pub mod local;
mod logins;
pub mod tables;
mod users;

use aws_sdk_dynamodb::Client;

pub use attempts::DynamoDbAttempts;
pub use calls::DynamoDbCalls;
pub use joins::DynamoDbJoinTallies;
pub use logins::{DynamoDbEndedLogins, DynamoDbLogins};
pub use users::DynamoDbUsers;

/// Connects to DynamoDB with the configuration in the environment (region, credentials,
/// `AWS_ENDPOINT_URL_DYNAMODB`).
///
/// A request takes at most 2 s, including all retries, so that a function whose store is down still
/// answers in time.
pub async fn client() -> Client {
    Client::new(&super::aws::sdk_config().await)
}
