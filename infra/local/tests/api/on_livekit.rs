//! What LiveKit does by its own protocol: people who connect without media, and leave in all ways.

use reqwest::StatusCode;
use serde_json::{Value, json};
use shared::domain::SessionName;
use shared::ports::CallInventory;
use tokio::task::JoinSet;

use crate::client::{Api, new_call};
use crate::participant::Participant;
use crate::records::{forgotten, records};
use crate::server;

/// Joins the call and enters it. Returns the answer, and the connection.
async fn join_and_enter(api: &Api, call: &str) -> (Value, Participant) {
    let joined = api.ok("get-token", json!({ "sessionName": call })).await;
    let token = joined["token"].as_str().unwrap();
    let participant = Participant::join(&server::url(), token).await.unwrap();
    (joined, participant)
}

#[tokio::test]
async fn sixty_four_people_who_open_a_call_at_once_meet_in_one_room() {
    let (ann, bob) = (
        Api::logged_in("publisher1").await,
        Api::logged_in("publisher2").await,
    );
    let call = new_call();
    let mut joins = JoinSet::new();
    for number in 0..64 {
        let api = if number % 2 == 0 { &ann } else { &bob };
        let (api, call) = (api.clone(), call.clone());
        joins.spawn(async move { join_and_enter(&api, &call).await });
    }
    let joins = joins.join_all().await;
    let session = joins[0].0["sessionId"].clone();
    for (joined, participant) in joins {
        assert_eq!(joined["sessionId"], session);
        participant.leave().await;
    }
    forgotten(&call).await;
    server::without(session.as_str().unwrap()).await;
}

#[tokio::test]
async fn a_closing_page_tells_everybody_at_once_and_no_record_is_left() {
    let mut calls = Vec::new();
    for number in 0..50 {
        let api = Api::logged_in("publisher1").await;
        let call = new_call();
        let (joined, participant) = join_and_enter(&api, &call).await;
        let leave = json!({ "sessionName": call, "token": joined["token"] });
        let remove = api.post("/api-sessions/remove-user", leave);
        let log_out = api.post("/api-login/logout", json!({}));
        // Whichever request is sent first, the other may overtake it.
        let statuses = if number % 2 == 0 {
            let (removed, (), logged_out) = tokio::join!(remove, participant.leave(), log_out);
            [removed.0, logged_out.0]
        } else {
            let (logged_out, (), removed) = tokio::join!(log_out, participant.leave(), remove);
            [removed.0, logged_out.0]
        };
        assert!(
            [StatusCode::OK, StatusCode::UNAUTHORIZED].contains(&statuses[0]),
            "{statuses:?}"
        );
        assert_eq!(statuses[1], StatusCode::OK);
        calls.push(call);
    }
    for call in &calls {
        forgotten(call).await;
    }
}

#[tokio::test]
async fn a_moderator_removes_somebody_who_is_in_the_call() {
    let (ann, moderator) = (
        Api::logged_in("publisher1").await,
        Api::logged_in("moderator").await,
    );
    let call = new_call();
    let (joined, removed) = join_and_enter(&ann, &call).await;
    let (_, mut stays) = join_and_enter(&moderator, &call).await;
    let removal = json!({ "sessionName": call, "connectionId": joined["connectionId"] });
    moderator.ok("remove-user", removal).await;
    removed.until_gone().await;
    let name = SessionName::parse(&call).unwrap();
    assert_eq!(records().tokens(&name).await.unwrap().readable.len(), 1);
    assert!(stays.is_there());
}
