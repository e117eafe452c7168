//! What OpenVidu 2.32 does by its own protocol: people who leave without telling us, or who tell everybody at once.

use std::time::Duration;

use futures_util::StreamExt;
use futures_util::future::join_all;
use local_testing::socket::{Socket, disconnect, enter, vanish};
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
async fn a_closing_page_tells_everybody_at_once_and_no_record_is_left() {
    let mut calls = Vec::new();
    for number in 0..200 {
        let api = Api::logged_in("publisher1").await;
        let call = new_call();
        let (leave, mut socket) = join_and_enter(&api, &call).await;
        let remove = api.post("/api-sessions/remove-user", leave);
        let log_out = api.post("/api-login/logout", json!({}));
        // Whichever request is sent first, the other may overtake it.
        let statuses = if number % 2 == 0 {
            let (removed, (), logged_out) = tokio::join!(remove, disconnect(&mut socket), log_out);
            [removed.0, logged_out.0]
        } else {
            let (logged_out, (), removed) = tokio::join!(log_out, disconnect(&mut socket), remove);
            [removed.0, logged_out.0]
        };
        let fine = [
            StatusCode::OK,
            StatusCode::UNAUTHORIZED,
            StatusCode::NOT_FOUND,
        ];
        assert!(fine.contains(&statuses[0]), "{statuses:?}");
        assert_eq!(statuses[1], StatusCode::OK);
        calls.push(call);
    }
    for call in &calls {
        forgotten(call).await;
    }
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

#[tokio::test]
async fn a_moderator_removes_somebody_who_is_in_the_call() {
    let (ann, moderator) = (
        Api::logged_in("publisher1").await,
        Api::logged_in("moderator").await,
    );
    let call = new_call();
    let joined = ann.ok("get-token", json!({ "sessionName": call })).await;
    let mut in_the_call = enter(joined["token"].as_str().unwrap()).await.unwrap();
    let (_, _stays) = join_and_enter(&moderator, &call).await;
    let removal = json!({ "sessionName": call, "connectionId": joined["connectionId"] });
    moderator.ok("remove-user", removal).await;
    let evicted = hear(&mut in_the_call, "participantEvicted").await;
    assert_eq!(evicted["reason"], "forceDisconnectByServer");
    assert_eq!(
        records()
            .tokens(&SessionName::parse(&call).unwrap())
            .await
            .unwrap()
            .readable
            .len(),
        1
    );
}

/// Waits for a notification. Returns its content.
async fn hear(socket: &mut Socket, method: &str) -> Value {
    loop {
        let message = socket.next().await.unwrap().unwrap();
        let said: Value = serde_json::from_str(message.to_text().unwrap()).unwrap();
        if said["method"] == method {
            return said["params"].clone();
        }
    }
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
