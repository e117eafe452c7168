//! What the store of calls sends to DynamoDB: no emulator refuses a request for how it was made.

#![expect(clippy::unwrap_used, reason = "a test that panics has failed")]

mod reads;
mod requests;
mod throttling;

use std::time::Duration;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::retry::RetryConfig;
use shared::adapters::dynamodb::{DynamoDbCalls, local};
use shared::domain::Timestamp;
use wiremock::{Mock, MockServer, Respond};

const NOW: Timestamp = Timestamp::from_unix_seconds(1_800_000_000);

/// A DynamoDB that answers like this, and a client that tries three times.
async fn answering(answer: impl Respond + 'static) -> (MockServer, DynamoDbCalls) {
    let server = MockServer::start().await;
    Mock::given(wiremock::matchers::any())
        .respond_with(answer)
        .mount(&server)
        .await;
    let retries = RetryConfig::standard()
        .with_max_attempts(3)
        .with_initial_backoff(Duration::from_millis(1));
    let config = local::client(&server.uri()).config().to_builder();
    let client = Client::from_conf(config.retry_config(retries).build());
    (server, DynamoDbCalls::new(client, "calls".to_owned()))
}
