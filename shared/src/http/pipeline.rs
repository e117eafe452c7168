//! What happens to every request, in this order: admit it, authenticate the caller, handle it, renew the
//! caller's cookie, log it. Whatever happens, the client gets an answer before the deadline.

use crate::chain;
use http::header::{ALLOW, SET_COOKIE};
use http::{HeaderValue, Method};
use lambda_http::{Body, Response};
use serde_json::Value;

use super::error::{ApiError, ErrorCode};
use super::invocation::Invocation;
use super::response::{REQUEST_ID, problem, success};

/// A function of the API.
pub trait Function {
    /// Where it answers.
    const ENDPOINT: Endpoint;

    /// Who may ask for what it does.
    type Caller;

    /// Finds out who is asking.
    fn authenticate(
        &self,
        invocation: &Invocation,
    ) -> impl Future<Output = Result<Authenticated<Self::Caller>, ApiError>>;

    /// Does what `caller` asks for.
    fn handle(
        &self,
        caller: Self::Caller,
        invocation: &Invocation,
    ) -> impl Future<Output = Result<Answer, ApiError>>;
}

/// Where a function answers.
#[derive(Clone, Copy, Debug)]
pub struct Endpoint {
    /// The paths, as the client sees them.
    pub paths: &'static [&'static str],
    /// The methods, as the `Allow` header has them: `POST`, or `GET, HEAD, POST`.
    pub methods: &'static str,
}

/// Somebody who may ask.
#[derive(Debug)]
pub struct Authenticated<C> {
    /// Who it is.
    pub caller: C,
    /// A `Set-Cookie` that prolongs their login, if it is time.
    pub renewal: Option<String>,
}

impl<C> Authenticated<C> {
    /// A caller who has no cookie, or one that is not to be renewed now.
    pub const fn without_renewal(caller: C) -> Self {
        Self {
            caller,
            renewal: None,
        }
    }
}

/// A `200`.
#[derive(Debug)]
pub struct Answer {
    pub(super) body: Value,
    pub(super) cookies: Vec<String>,
}

impl From<Value> for Answer {
    fn from(body: Value) -> Self {
        Self {
            body,
            cookies: Vec::new(),
        }
    }
}

impl Answer {
    /// The same answer, with a `Set-Cookie`.
    pub fn with_cookie(mut self, cookie: String) -> Self {
        self.cookies.push(cookie);
        self
    }
}

/// Has `function` answer a request.
pub async fn answer<F: Function>(function: &F, invocation: &Invocation) -> Response<Body> {
    // In a box, or the future would be nested more deeply than the compiler follows.
    let outcome = Box::pin(outcome(function, invocation));
    let outcome = invocation.deadline.limit(outcome);
    let outcome = outcome.await.unwrap_or_else(|| {
        Err(ApiError::new(
            ErrorCode::OutOfTime,
            "This took too long. Try again in a little while.",
        ))
    });
    logged(invocation, outcome)
}

async fn outcome<F: Function>(function: &F, invocation: &Invocation) -> Result<Answer, ApiError> {
    // Admit.
    admit(&F::ENDPOINT, invocation)?;
    invocation.refresh_secrets().await?;

    // Authenticate.
    let Authenticated { caller, renewal } = function.authenticate(invocation).await?;

    // Handle.
    let answer = function.handle(caller, invocation).await;

    // Renew, whatever the answer.
    let Some(cookie) = renewal else {
        return answer;
    };
    match answer {
        Ok(answer) => Ok(answer.with_cookie(cookie)),
        Err(error) => Err(match HeaderValue::from_str(&cookie) {
            Ok(cookie) => error.with(SET_COOKIE, cookie),
            Err(_) => error,
        }),
    }
}

fn admit(endpoint: &Endpoint, invocation: &Invocation) -> Result<(), ApiError> {
    if !endpoint.paths.contains(&invocation.path()) {
        return Err(ApiError::new(
            ErrorCode::NotFound,
            "Nothing answers at this path.",
        ));
    }
    let method = invocation.request.method().as_str();
    if !endpoint.methods.split(", ").any(|known| known == method) {
        let error = ApiError::new(
            ErrorCode::MethodNotAllowed,
            format!("This path answers to {} alone.", endpoint.methods),
        );
        return Err(error.with(ALLOW, HeaderValue::from_static(endpoint.methods)));
    }
    Ok(())
}

/// Turns an outcome into a response, and logs both.
fn logged(invocation: &Invocation, outcome: Result<Answer, ApiError>) -> Response<Body> {
    let id = invocation.request_id();
    let code = outcome.as_ref().err().map(|error| error.code.wire().code);
    let mut response = match outcome {
        Ok(answer) => success(&answer),
        Err(error) => refuse(&error, id),
    };
    if let Ok(id) = HeaderValue::from_str(id) {
        response.headers_mut().insert(REQUEST_ID, id);
    }
    tracing::info!(
        request.id = id,
        http.method = %invocation.request.method(),
        http.path = invocation.path(),
        http.status = response.status().as_u16(),
        code,
        duration_ms = u64::try_from(invocation.elapsed().as_millis()).unwrap_or(u64::MAX),
        "answered"
    );
    if invocation.request.method() == Method::HEAD {
        *response.body_mut() = Body::Empty;
    }
    response
}

/// Answers with an error, whose cause goes into the log.
pub fn refuse(error: &ApiError, request_id: &str) -> Response<Body> {
    if let Some(cause) = &error.cause {
        let error = chain(cause.as_ref());
        tracing::error!(request.id = request_id, error, "a request failed");
    }
    problem(error, request_id)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use serde_json::json;
    use tokio::time::sleep;

    use super::*;
    use crate::http::ErrorCode;
    use crate::testing::{invocation, request};

    const EVENT: &str = include_str!("../../../functions/login/events/login.json");

    /// A function that takes its time, at each step.
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

        async fn authenticate(
            &self,
            _: &Invocation,
        ) -> Result<Authenticated<&'static str>, ApiError> {
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
    async fn whatever_is_slow_there_is_an_answer_at_the_deadline() {
        let (soon, late) = (Duration::from_millis(1), Duration::from_secs(3600));
        for (authenticates_in, handles_in) in [(late, soon), (soon, late)] {
            let slow = Slow {
                authenticates_in,
                handles_in,
                outcome: good,
            };
            let invocation = invocation(request(EVENT)).within(Duration::from_secs(9));
            let response = answer(&slow, &invocation).await;
            assert_eq!(invocation.elapsed(), Duration::from_secs(9));
            let problem: Value = serde_json::from_slice(response.body()).unwrap();
            assert_eq!(
                (&problem["code"], &problem["status"]),
                (&json!("out_of_time"), &json!(503))
            );
            assert_eq!(of(&response, "retry-after").as_deref(), Some("1"));
        }
    }

    #[test]
    fn every_401_has_a_challenge_and_nothing_else_has_one() {
        for (code, challenge) in [
            (ErrorCode::NotLoggedIn, Some("Bearer")),
            (ErrorCode::InvalidCredentials, Some("Bearer")),
            (ErrorCode::WebhookRefused, Some("X-Webhook-Secret")),
            (ErrorCode::CrossSite, None),
        ] {
            let response = refuse(&ApiError::new(code, "No."), "7");
            assert_eq!(of(&response, "www-authenticate").as_deref(), challenge);
        }
    }
}
