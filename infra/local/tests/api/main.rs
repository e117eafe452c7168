//! The API over HTTP as its clients see it, on real parts.
//!
//! Needs a running stack with the demo users at `BASE_URL` (and what `local` tells a command about its
//! video server, to look behind the API). `make test` starts one of each kind: `local -- cargo test
//! --test api -- --skip on_livekit`, and with `--video livekit` and `--skip on_openvidu`.

#![expect(clippy::unwrap_used, reason = "a test that panics has failed")]

mod client;
mod departures;
mod on_livekit;
mod on_openvidu;
mod person;
mod records;
mod server;

use client::{Api, new_call};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use tokio::task::JoinSet;

#[tokio::test]
async fn two_people_join_and_leave_and_the_call_is_closed() {
    let (ann, bob) = (
        Api::logged_in("publisher1").await,
        Api::logged_in("publisher2").await,
    );
    let call = new_call();

    let first = ann
        .ok("get-sessionid-token", json!({ "session": call }))
        .await;
    let second = bob
        .ok("get-sessionid-token", json!({ "session": call }))
        .await;
    let session = first["0"].as_str().unwrap();
    assert_eq!(second["0"], first["0"], "both are in one session");
    assert_ne!(second["1"], first["1"], "each has a token");
    assert!(server::has(session).await);

    let leave = |join: &Value| json!({ "sessionName": call, "token": join["1"] });
    ann.ok("remove-user", leave(&first)).await;
    ann.ok("remove-user", leave(&first)).await;
    assert!(server::has(session).await);
    bob.ok("remove-user", leave(&second)).await;
    assert!(!server::has(session).await);
    bob.ok("remove-user", leave(&second)).await;

    let (status, body) = ann.post("/api-login/logout", json!({})).await;
    assert_eq!((status, body), (StatusCode::OK, json!({})));
    let after = ann
        .session("get-token", json!({ "sessionName": call }))
        .await;
    assert_eq!(after, (StatusCode::UNAUTHORIZED, "not_logged_in".into()));
}

#[tokio::test]
async fn a_call_that_many_open_at_once_is_one_call() {
    let api = Api::logged_in("publisher1").await;
    let call = new_call();
    let mut joins = JoinSet::new();
    for _ in 0..16 {
        let (api, body) = (api.clone(), json!({ "sessionName": call }));
        joins.spawn(async move { api.ok("get-token", body).await });
    }
    let joins = joins.join_all().await;
    let session = &joins[0]["sessionId"];
    assert!(joins.iter().all(|join| join["sessionId"] == *session));

    for join in &joins {
        let body = json!({ "sessionName": call, "connectionId": join["connectionId"] });
        api.ok("remove-user", body).await;
    }
    assert!(!server::has(session.as_str().unwrap()).await);
}

#[tokio::test]
async fn the_page_may_connect_only_to_its_origin_and_the_stacks_video_server() {
    let policy = Api::anonymous().content_security_policy().await;
    let server = server::url();
    let websocket = server.replacen("http", "ws", 1);
    let connect = format!("connect-src 'self' {server} {websocket};");
    assert!(policy.contains(&connect), "{policy}");
}

#[tokio::test]
async fn the_role_is_the_one_on_record() {
    for (user, role) in [
        ("publisher1", "PUBLISHER"),
        ("subscriber", "SUBSCRIBER"),
        ("moderator", "MODERATOR"),
    ] {
        let api = Api::logged_in(user).await;
        let join = api
            .ok("get-token", json!({ "sessionName": new_call() }))
            .await;
        assert_eq!(join["role"], role);
        assert_eq!(join["0"], join["token"]);
    }
}

#[tokio::test]
async fn only_a_moderator_removes_somebody_else() {
    let call = new_call();
    let ann = Api::logged_in("publisher1").await;
    let join = ann.ok("get-token", json!({ "sessionName": call })).await;
    let remove = json!({ "sessionName": call, "token": join["token"] });

    let bob = Api::logged_in("publisher2").await;
    let refused = bob.session("remove-user", remove.clone()).await;
    assert_eq!(refused, (StatusCode::FORBIDDEN, "not_your_token".into()));
    Api::logged_in("moderator")
        .await
        .ok("remove-user", remove)
        .await;
}

#[tokio::test]
async fn a_page_of_the_tutorial_needs_only_its_cookie() {
    let mut api = Api::anonymous();
    let cookie = api.log_in("publisher1").await;
    assert!(
        cookie.contains("HttpOnly") && cookie.contains("SameSite=Strict"),
        "{cookie}"
    );
    let pair = cookie.split(';').next().unwrap().to_owned();
    api = Api::anonymous().with_header("cookie", &pair);

    let join = json!({ "sessionName": new_call() });
    api.ok("get-token", join.clone()).await;
    for (header, value) in [
        ("sec-fetch-site", "cross-site"),
        ("origin", "https://example.org"),
    ] {
        let other_page = api.clone().with_header(header, value);
        let refused = other_page.session("get-token", join.clone()).await;
        assert_eq!(
            refused,
            (StatusCode::FORBIDDEN, "cross_site".into()),
            "{header}"
        );
    }

    let (status, _) = api.send(Method::GET, "/api-login/logout", "", None).await;
    assert_eq!(status, StatusCode::OK);
    let after = api.session("get-token", join).await;
    assert_eq!(after.0, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn every_bad_request_gets_a_stable_code() {
    const LOGIN: &str = "/api-login/login";
    const JOIN: &str = "/api-sessions/get-token";
    let json = Some("application/json");
    let long = format!(r#"{{"sessionName":"{}"}}"#, "x".repeat(65));
    let huge = format!(r#"{{"sessionName":"{}"}}"#, "x".repeat(1_000_000));
    let api = Api::logged_in("publisher1").await;
    for (path, content_type, body, status, code) in [
        (
            LOGIN,
            json,
            r#"{"user":"publisher1","pass":"wrong"}"#,
            401,
            "invalid_credentials",
        ),
        (
            LOGIN,
            json,
            r#"{"user":"nobody","pass":"pass"}"#,
            401,
            "invalid_credentials",
        ),
        (LOGIN, json, r#"{"user":"#, 400, "malformed_json"),
        (LOGIN, json, r#"{"user":"publisher1"}"#, 400, "invalid_body"),
        (LOGIN, json, "", 400, "malformed_json"),
        (JOIN, json, r#"{"sessionName":7}"#, 400, "invalid_body"),
        (
            JOIN,
            json,
            r#"{"sessionName":" "}"#,
            400,
            "invalid_session_name",
        ),
        (
            JOIN,
            json,
            r#"{"sessionName":"a\u0007"}"#,
            400,
            "invalid_session_name",
        ),
        (JOIN, json, long.as_str(), 400, "invalid_session_name"),
        (JOIN, json, huge.as_str(), 413, "body_too_large"),
        (
            JOIN,
            Some("text/plain"),
            "{}",
            415,
            "unsupported_media_type",
        ),
        ("/api-sessions/nothing", json, "{}", 404, "not_found"),
    ] {
        let (got, answer) = api.send(Method::POST, path, body, content_type).await;
        let described = &body[..body.len().min(60)];
        assert_eq!(
            (got.as_u16(), &answer["code"]),
            (status, &code.into()),
            "{path} {described}"
        );
        assert_eq!(answer["status"], status);
    }
    let (status, answer) = api.send(Method::DELETE, JOIN, "", None).await;
    assert_eq!(
        (status.as_u16(), &answer["code"]),
        (405, &"method_not_allowed".into())
    );
}

#[tokio::test]
async fn only_a_login_of_ours_opens_the_door() {
    let forged = [
        "",
        "nonsense",
        // {"alg":"none"} . {"sub":"moderator","role":"MODERATOR"}
        "eyJhbGciOiJub25lIn0.eyJzdWIiOiJtb2RlcmF0b3IiLCJyb2xlIjoiTU9ERVJBVE9SIn0.",
        // The same, signed with another key (HS256).
        "eyJhbGciOiJIUzI1NiIsImtpZCI6ImxvY2FsIn0.eyJzdWIiOiJtb2RlcmF0b3IiLCJyb2xlIjoiTU9ERVJBVE9SIn0.\
         c2lnbmF0dXJl",
    ];
    for token in forged {
        let api = Api::anonymous().with_header("authorization", &format!("Bearer {token}"));
        let refused = api
            .session("get-token", json!({ "sessionName": "TUTORIAL" }))
            .await;
        assert_eq!(
            refused,
            (StatusCode::UNAUTHORIZED, "not_logged_in".into()),
            "{token}"
        );
    }
}
