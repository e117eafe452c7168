//! What only OpenVidu 2.32 does: its sockets end without a word.

use std::time::Duration;

use futures_util::future::join_all;
use local_testing::socket::{Socket, enter, vanish};
use reqwest::StatusCode;
use serde_json::{Value, json};
use shared::domain::SessionName;
use shared::ports::CallInventory;

use crate::client::{Api, new_call};
use crate::records::{forgotten, records};

/// Joins the call and enters it. Returns the request that gives the token back, and the connection.
async fn join_and_enter(api: &Api, call: &str) -> (Value, Socket) {
    let joined = api.ok("get-token", json!({ "sessionName": call })).await;
    let socket = enter(joined["token"].as_str().unwrap()).await.unwrap();
    let leave = json!({ "sessionName": call, "token": joined["token"] });
    (leave, socket)
}

#[tokio::test]
async fn a_crashed_browser_is_forgotten_and_the_others_stay() {
    let (ann, bob) = (
        Api::logged_in("publisher1").await,
        Api::logged_in("publisher2").await,
    );
    let call = new_call();
    let (_, dies) = join_and_enter(&ann, &call).await;
    let (leave, stays) = join_and_enter(&bob, &call).await;
    vanish(dies).await;
    let (records, name) = (records(), SessionName::parse(&call).unwrap());
    tokio::time::timeout(Duration::from_secs(60), async {
        while records.tokens(&name).await.unwrap().readable.len() > 1 {
            tokio::task::yield_now().await;
        }
    })
    .await
    .expect("a minute is enough to find out");
    let left = records.tokens(&name).await.unwrap().readable;
    assert_eq!(left[0].user.as_str(), "publisher2");
    vanish(stays).await;
    bob.ok("remove-user", leave).await;
    forgotten(&call).await;
}

/// OpenVidu can end a connection and then fail to answer, when everybody else in the session has
/// just lost their socket. Our client does not see that.
#[tokio::test]
async fn twenty_calls_of_three_whose_tabs_close_at_once_cause_no_fault() {
    let api = Api::logged_in("publisher1").await;
    let mut calls = Vec::new();
    let mut people = Vec::new();
    for _ in 0..20 {
        let call = new_call();
        for _ in 0..3 {
            people.push(join_and_enter(&api, &call).await);
        }
        calls.push(call);
    }
    let leaving = people.into_iter().map(async |(leave, socket)| {
        let removed = api.post("/api-sessions/remove-user", leave);
        tokio::join!(vanish(socket), removed).1.0
    });
    for status in join_all(leaving).await {
        // 404 means that OpenVidu has reported it before.
        let fine = [StatusCode::OK, StatusCode::NOT_FOUND];
        assert!(fine.contains(&status), "{status}");
    }
    for call in &calls {
        forgotten(call).await;
    }
}
