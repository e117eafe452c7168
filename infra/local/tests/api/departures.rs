//! People leave in the ways that both kinds of video server know.

use reqwest::StatusCode;
use serde_json::json;
use shared::domain::SessionName;
use shared::ports::CallInventory;

use crate::client::{Api, new_call};
use crate::person::join_and_enter;
use crate::records::{forgotten, records};

#[tokio::test]
async fn a_closing_page_tells_everybody_at_once_and_no_record_is_left() {
    let mut calls = Vec::new();
    for number in 0..200 {
        let api = Api::logged_in("publisher1").await;
        let call = new_call();
        let (joined, person) = join_and_enter(&api, &call).await;
        let leave = json!({ "sessionName": call, "token": joined["token"] });
        let remove = api.post("/api-sessions/remove-user", leave);
        let log_out = api.post("/api-login/logout", json!({}));
        // Whichever request is sent first, the other may overtake it.
        let statuses = if number % 2 == 0 {
            let (removed, (), logged_out) = tokio::join!(remove, person.leave(), log_out);
            [removed.0, logged_out.0]
        } else {
            let (logged_out, (), removed) = tokio::join!(log_out, person.leave(), remove);
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
    removed.until_removed().await;
    let name = SessionName::parse(&call).unwrap();
    assert_eq!(records().tokens(&name).await.unwrap().readable.len(), 1);
    assert!(stays.is_there().await);
}
