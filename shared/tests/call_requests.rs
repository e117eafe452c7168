//! What the store of calls sends: how often if a request fails, and how much it
//! reads at a time.

use std::time::Duration;

use aws_sdk_dynamodb::config::retry::RetryConfig;
use aws_sdk_dynamodb::config::{BehaviorVersion, Credentials, Region};
use serde_json::{Value, json};
use shared::adapters::dynamodb::DynamoDbCalls;
use shared::domain::{SessionId, SessionName, Timestamp};
use shared::ports::CallStore;
use testing::installation;
use wiremock::{Mock, MockServer, Request, Respond, ResponseTemplate};

const NOW: Timestamp = Timestamp::from_unix_seconds(1_800_000_000);

/// A DynamoDB that answers nothing but 500, and a client that tries three times.
async fn broken() -> (MockServer, DynamoDbCalls) {
    answering(|_: &Request| ResponseTemplate::new(500)).await
}

/// A DynamoDB that answers like this.
async fn answering(answer: impl Respond + 'static) -> (MockServer, DynamoDbCalls) {
    let server = MockServer::start().await;
    Mock::given(wiremock::matchers::any())
        .respond_with(answer)
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

#[tokio::test]
async fn tokens_that_have_run_out_are_passed_over_by_the_hundred() {
    let next = json!({ "sessionName": { "S": "call" }, "token": { "S": "tok_1" } });
    let answer = move |request: &Request| {
        let body: Value = request.body_json().unwrap();
        // None of the first records counts; the second page is the last.
        let answer = match body.get("ExclusiveStartKey") {
            None => json!({ "Count": 0, "Items": [], "LastEvaluatedKey": next }),
            Some(_) => json!({ "Count": 0, "Items": [] }),
        };
        ResponseTemplate::new(200).set_body_json(answer)
    };
    let (server, calls) = answering(answer).await;
    let name = SessionName::parse("call").unwrap();
    assert!(!calls.has_tokens(&name, NOW).await.unwrap());
    let requests = server.received_requests().await.unwrap();
    let limits: Vec<Value> = requests
        .iter()
        .map(|request| request.body_json::<Value>().unwrap()["Limit"].clone())
        .collect();
    assert_eq!(limits, [1, 100]);
}
