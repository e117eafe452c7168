//! The examples in `contract/` cover every error code and every path of the API.

#![expect(clippy::unwrap_used, reason = "a test that panics has failed")]

use std::{env, fs};

use serde_json::json;
use shared::http::{ApiError, event, refuse};
use shared::ports::{StoreError, VideoError};
use shared::secrets::SecretsExpired;
use shared::use_cases::{JoinError, LogInError};
use testing::Exchange;

/// A file of this package.
fn read(file: &str) -> String {
    let package = env::var("CARGO_MANIFEST_DIR").unwrap();
    fs::read_to_string(format!("{package}/{file}")).unwrap()
}

/// The texts between quotes.
fn quoted(text: &str) -> impl Iterator<Item = &str> {
    text.split('"').skip(1).step_by(2)
}

#[test]
fn every_error_code_has_an_example() {
    let source = read("src/http/error.rs");
    let (_, table) = source.split_once("pub const fn wire(").unwrap();
    let (table, _) = table.split_once("let challenge").unwrap();
    let codes: Vec<&str> = quoted(table).collect();
    assert!(codes.len() > 20, "{codes:?}");
    let exchanges = Exchange::every();
    for code in codes {
        let has_code = |exchange: &Exchange| exchange.response.body["code"] == code;
        assert!(exchanges.iter().any(has_code), "no example of {code}");
    }
}

#[test]
fn every_path_has_an_example_of_success_and_of_failure() {
    let workspace = read("../Cargo.toml");
    let (_, router) = workspace.split_once(".watch.router]").unwrap();
    let paths: Vec<&str> = quoted(router)
        .filter(|text| text.starts_with("/api-"))
        .collect();
    assert!(paths.len() > 5, "{paths:?}");
    let exchanges = Exchange::every();
    for path in paths {
        let statuses: Vec<u16> = exchanges
            .iter()
            .filter(|exchange| exchange.request.path == path)
            .map(|exchange| exchange.response.status)
            .collect();
        assert!(statuses.contains(&200), "no success of {path}");
        assert!(statuses.iter().any(|it| *it != 200), "no failure of {path}");
    }
}

/// The error on our side that leads to the answer with this code.
fn failure(code: &str) -> ApiError {
    match code {
        "call_busy" => JoinError::Busy.into(),
        "internal" => StoreError::Unreadable("version").into(),
        "logins_busy" => LogInError::Busy.into(),
        "malformed_request" => event::request(json!({})).unwrap_err().into(),
        "openvidu_refused" => VideoError::WrongSecret.into(),
        "openvidu_timeout" => VideoError::TimedOut.into(),
        "openvidu_unavailable" => VideoError::Unreachable("it is down".into()).into(),
        "secrets_unavailable" => SecretsExpired.into(),
        "store_unavailable" => StoreError::Unavailable("it is down".into()).into(),
        other => panic!("nothing on our side leads to {other}"),
    }
}

#[test]
fn failures_on_our_side_are_answered_as_the_contract_says() {
    let mut exchanges = Exchange::every();
    exchanges.retain(|exchange| exchange.when.is_some());
    assert!(exchanges.len() > 5, "{exchanges:?}");
    for exchange in exchanges {
        let body = &exchange.response.body;
        let code = body["code"].as_str().unwrap();
        // This one comes from the pipeline: see `pipeline.rs`.
        if code == "out_of_time" {
            continue;
        }
        let request_id = body["requestId"].as_str().unwrap();
        exchange.assert_answered_by(&refuse(&failure(code), request_id));
    }
}
