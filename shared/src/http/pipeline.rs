//! The path of every request: admit it, authenticate the caller, handle it, renew the caller's
//! cookie, log it. Whatever happens, the client gets an answer before the deadline.

use crate::chain;
use http::header::{ALLOW, SET_COOKIE};
use http::{HeaderValue, Method};
use lambda_http::{Body, Response};

use super::error::{ApiError, ErrorCode};
use super::invocation::Invocation;
use super::response::{Answer, REQUEST_ID, problem, success};

/// A function of the API.
pub trait Function {
    /// The paths and methods at which it answers.
    const ENDPOINT: Endpoint;

    /// The caller that it needs.
    type Caller;

    /// Finds out who the caller is.
    fn authenticate(
        &self,
        invocation: &Invocation,
    ) -> impl Future<Output = Result<Authenticated<Self::Caller>, ApiError>>;

    /// Handles the request of `caller`.
    fn handle(
        &self,
        caller: Self::Caller,
        invocation: &Invocation,
    ) -> impl Future<Output = Result<Answer, ApiError>>;
}

/// The paths and methods at which a function answers.
#[derive(Clone, Copy, Debug)]
pub struct Endpoint {
    /// The paths, as the client sees them.
    pub paths: &'static [&'static str],
    /// The methods in the form of the `Allow` header: `POST`, or `GET, HEAD, POST`.
    pub methods: &'static str,
}

/// An authenticated caller.
#[derive(Debug)]
pub struct Authenticated<C> {
    pub caller: C,
    /// A `Set-Cookie` that renews their login, if it is time.
    pub renewal: Option<String>,
}

impl<C> Authenticated<C> {
    /// A caller without a cookie, or with one that is not to be renewed now.
    pub const fn without_renewal(caller: C) -> Self {
        Self {
            caller,
            renewal: None,
        }
    }
}

/// Lets `function` answer a request.
pub async fn answer<F: Function>(function: &F, invocation: &Invocation) -> Response<Body> {
    // Boxed, because otherwise the futures would be nested too deeply for the compiler.
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
    admit(&F::ENDPOINT, invocation)?;
    invocation.refresh_secrets().await?;

    let Authenticated { caller, renewal } = function.authenticate(invocation).await?;

    let answer = function.handle(caller, invocation).await;

    // Renew, whatever the answer is.
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

/// Answers with an error. Its cause goes to the log.
pub fn refuse(error: &ApiError, request_id: &str) -> Response<Body> {
    if let Some(cause) = &error.cause {
        let error = chain(cause.as_ref());
        tracing::error!(request.id = request_id, error, "a request failed");
    }
    problem(error, request_id)
}
