//! Reads the records without the API.

use std::env;
use std::time::Duration;

use shared::adapters::dynamodb::{DynamoDbCalls, local};
use shared::domain::SessionName;
use shared::ports::CallInventory;

/// The records.
pub(crate) fn records() -> DynamoDbCalls {
    let variable = |name: &str| env::var(name).expect("the stack's runner sets it");
    let client = local::client(&variable("AWS_ENDPOINT_URL_DYNAMODB"));
    DynamoDbCalls::new(client, variable("CALLS_TABLE"))
}

/// Waits until the call has no token on record.
pub(crate) async fn forgotten(call: &str) {
    let (records, name) = (records(), SessionName::parse(call).unwrap());
    tokio::time::timeout(Duration::from_secs(60), async {
        while !records.tokens(&name).await.unwrap().readable.is_empty() {
            tokio::task::yield_now().await;
        }
    })
    .await
    .expect("a minute is enough to find out");
}
