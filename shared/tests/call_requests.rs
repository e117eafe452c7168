//! What the store of calls does when a request fails: how often it sends it again.

use std::time::Duration;

use aws_sdk_dynamodb::config::retry::RetryConfig;
use aws_sdk_dynamodb::config::{BehaviorVersion, Credentials, Region};
use shared::adapters::dynamodb::DynamoDbCalls;
use shared::domain::{SessionId, SessionName, Timestamp};
use shared::ports::CallStore;
use shared::testing::installation;
use wiremock::{Mock, MockServer, ResponseTemplate};

const NOW: Timestamp = Timestamp::from_unix_seconds(1_800_000_000);

/// A DynamoDB that answers nothing but 500, and a client that tries three times.
async fn broken() -> (MockServer, DynamoDbCalls) {
    let server = MockServer::start().await;
    Mock::given(wiremock::matchers::any())
        .respond_with(ResponseTemplate::new(500))
        .mount(&server)
        .await;
    let retries = RetryConfig::standard()
        .with_max_attempts(3)
        .with_initial_backoff(Duration::from_millis(1));
    let config = aws_sdk_dynamodb::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("local"))
        .credentials_provider(Credentials::new("local", "local", None, None, "test"))
        .endpoint_url(server.uri())
        .http_client(aws_smithy_http_client::Builder::new().build_http())
        .retry_config(retries)
        .build();
    let client = aws_sdk_dynamodb::Client::from_conf(config);
    (server, DynamoDbCalls::new(client, "calls".to_owned()))
}

#[tokio::test]
async fn what_may_take_effect_twice_is_sent_again() {
    let (server, calls) = broken().await;
    let name = SessionName::parse("call").unwrap();
    let id = SessionId::new(&name, &installation(), 1);
    assert!(calls.confirm(&name, &id, NOW).await.is_err());
    assert_eq!(server.received_requests().await.unwrap().len(), 3);
}

#[tokio::test]
async fn an_opening_is_sent_once_or_an_id_could_come_back() {
    let (server, calls) = broken().await;
    let name = SessionName::parse("call").unwrap();
    let id = SessionId::new(&name, &installation(), 1);
    assert!(calls.find_or_open(&name, &id, NOW, NOW).await.is_err());
    assert_eq!(server.received_requests().await.unwrap().len(), 1);
}
