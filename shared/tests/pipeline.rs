//! What all functions of the API have in common, from request to answer.

#![expect(clippy::unwrap_used, reason = "a test that panics has failed")]

use std::time::Duration;

use lambda_http::{Body, Response};
use serde_json::json;
use shared::http::{
    Answer, ApiError, Authenticated, Endpoint, ErrorCode, Function, Invocation, answer, refuse,
};
use testing::{Exchange, invocation, request};
use tokio::time::{Instant, sleep};

const EVENT: &str = include_str!("../../functions/login/events/login.json");

/// A function that is slow at each step.
struct Slow {
    authenticates_in: Duration,
    handles_in: Duration,
    outcome: fn() -> Result<Answer, ApiError>,
}

impl Function for Slow {
    const ENDPOINT: Endpoint = Endpoint {
        paths: &["/api-login/login"],
        methods: "GET, HEAD, POST",
    };

    type Caller = &'static str;

    async fn authenticate(&self, _: &Invocation) -> Result<Authenticated<&'static str>, ApiError> {
        sleep(self.authenticates_in).await;
        Ok(Authenticated {
            caller: "somebody",
            renewal: Some("login=renewed".to_owned()),
        })
    }

    async fn handle(&self, caller: &'static str, _: &Invocation) -> Result<Answer, ApiError> {
        assert_eq!(caller, "somebody");
        sleep(self.handles_in).await;
        (self.outcome)()
    }
}

fn prompt(outcome: fn() -> Result<Answer, ApiError>) -> Slow {
    Slow {
        authenticates_in: Duration::ZERO,
        handles_in: Duration::ZERO,
        outcome,
    }
}

fn good() -> Result<Answer, ApiError> {
    Ok(json!({ "good": true }).into())
}

fn bad() -> Result<Answer, ApiError> {
    Err(ApiError::new(ErrorCode::CallBusy, "Busy."))
}

fn of(response: &Response<Body>, header: &str) -> Option<String> {
    let value = response.headers().get(header)?;
    Some(value.to_str().unwrap().to_owned())
}

#[tokio::test]
async fn the_cookie_is_renewed_whatever_the_answer() {
    for (outcome, status, retry) in [
        (good as fn() -> _, 200, None),
        (bad, 503, Some("1".to_owned())),
    ] {
        let response = answer(&prompt(outcome), &invocation(request(EVENT))).await;
        assert_eq!(response.status(), status);
        assert_eq!(
            of(&response, "set-cookie").as_deref(),
            Some("login=renewed")
        );
        assert_eq!(of(&response, "retry-after"), retry);
        assert_eq!(of(&response, "cache-control").as_deref(), Some("no-store"));
        assert!(of(&response, "x-request-id").is_some());
    }
}

#[tokio::test]
async fn only_the_functions_own_paths_and_methods_are_admitted() {
    for (from, to, status, allow) in [
        ("/api-login/login", "/api-login/other", 404, None),
        ("\"POST\"", "\"PUT\"", 405, Some("GET, HEAD, POST")),
        ("\"POST\"", "\"HEAD\"", 200, None),
    ] {
        let event = EVENT.replace(from, to);
        assert_ne!(event, EVENT);
        let response = answer(&prompt(good), &invocation(request(&event))).await;
        assert_eq!(response.status(), status);
        assert_eq!(of(&response, "allow").as_deref(), allow);
        assert_eq!(*response.body() == Body::Empty, to.contains("HEAD"));
    }
}

#[tokio::test(start_paused = true)]
async fn at_the_deadline_there_is_an_answer_whatever_is_slow() {
    let (soon, late) = (Duration::from_millis(1), Duration::from_secs(3600));
    for (authenticates_in, handles_in) in [(late, soon), (soon, late)] {
        let slow = Slow {
            authenticates_in,
            handles_in,
            outcome: good,
        };
        let invocation = invocation(request(EVENT)).within(Duration::from_secs(9));
        let started = Instant::now();
        let response = answer(&slow, &invocation).await;
        assert_eq!(started.elapsed(), Duration::from_secs(9));
        Exchange::read("get-token-out-of-time").assert_answered_by(&response);
        assert_eq!(of(&response, "retry-after").as_deref(), Some("1"));
    }
}

#[test]
fn every_401_has_a_challenge_and_nothing_else_has_one() {
    for (code, challenge) in [
        (ErrorCode::NotLoggedIn, Some("Bearer")),
        (ErrorCode::InvalidCredentials, Some("Bearer")),
        (ErrorCode::WebhookRefused, Some("Webhook")),
        (ErrorCode::CrossSite, None),
    ] {
        let response = refuse(&ApiError::new(code, "No."), "7");
        assert_eq!(of(&response, "www-authenticate").as_deref(), challenge);
    }
}
