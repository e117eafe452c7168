//! How often a request is sent if it fails, and how much is read at a time.

use serde_json::{Value, json};
use shared::adapters::dynamodb::DynamoDbCalls;
use shared::domain::{SessionId, SessionName, Token, UserName};
use shared::ports::CallStore;
use testing::installation;
use wiremock::{MockServer, Request, ResponseTemplate};

use crate::{NOW, answering};

/// A DynamoDB that answers nothing but 500.
async fn broken() -> (MockServer, DynamoDbCalls) {
    answering(|_: &Request| ResponseTemplate::new(500)).await
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
async fn a_removal_that_fails_says_nothing_about_whose_token_it_is() {
    let (_server, calls) = broken().await;
    let name = SessionName::parse("call").unwrap();
    let token = Token::parse("tok_1").unwrap();
    let owner = UserName::parse("publisher1").unwrap();
    let removed = calls.remove(&name, &token, Some(&owner)).await;
    assert!(removed.is_err(), "{removed:?}");
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
        // None of the first page's records counts. The second page is the last.
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
