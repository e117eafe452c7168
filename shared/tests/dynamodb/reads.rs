//! Every read that a rule relies on asks for every earlier write.

use serde_json::{Value, json};
use shared::domain::{ConnectionId, SessionName, Token};
use shared::ports::{CallInventory, CallStore};
use wiremock::ResponseTemplate;

use crate::{NOW, answering};

#[tokio::test]
async fn every_read_of_calls_is_consistent() {
    let empty = json!({ "Items": [], "Count": 0, "ScannedCount": 0 });
    let (server, calls) = answering(ResponseTemplate::new(200).set_body_json(empty)).await;
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
