//! Every read that a rule relies on sees every earlier write. No emulator punishes a read that does
//! not ask for it, so the requests are looked at.

use aws_sdk_dynamodb::config::{BehaviorVersion, Credentials, Region};
use serde_json::{Value, json};
use shared::adapters::dynamodb::DynamoDbCalls;
use shared::domain::{ConnectionId, SessionName, Timestamp, Token};
use shared::ports::{CallInventory, CallStore};
use wiremock::{Mock, MockServer, ResponseTemplate};

const NOW: Timestamp = Timestamp::from_unix_seconds(1_800_000_000);

#[tokio::test]
async fn every_read_of_calls_is_consistent() {
    let server = MockServer::start().await;
    let empty = json!({ "Items": [], "Count": 0, "ScannedCount": 0 });
    Mock::given(wiremock::matchers::any())
        .respond_with(ResponseTemplate::new(200).set_body_json(empty))
        .mount(&server)
        .await;
    let config = aws_sdk_dynamodb::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("local"))
        .credentials_provider(Credentials::new("local", "local", None, None, "test"))
        .endpoint_url(server.uri())
        .http_client(aws_smithy_http_client::Builder::new().build_http())
        .build();
    let client = aws_sdk_dynamodb::Client::from_conf(config);
    let calls = DynamoDbCalls::new(client, "calls".to_owned());

    let name = SessionName::parse("call").unwrap();
    let connection = ConnectionId::parse("con_A1").unwrap();
    assert_eq!(calls.find(&name, NOW).await.unwrap(), None);
    let token = Token::parse("tok_A1").unwrap();
    assert_eq!(calls.find_token(&name, &token).await.unwrap(), None);
    assert!(!calls.has_tokens(&name, NOW).await.unwrap());
    let found = calls.find_by_connection(&name, &connection).await;
    assert!(found.unwrap().is_none());
    calls.tokens(&name).await.unwrap();
    calls.page(None).await.unwrap();
    assert_eq!(calls.sweep_record().await.unwrap(), None);

    let requests = server.received_requests().await.unwrap();
    assert_eq!(requests.len(), 7);
    for request in requests {
        let body: Value = request.body_json().unwrap();
        assert_eq!(body["ConsistentRead"], true, "{body}");
    }
}
