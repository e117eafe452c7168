//! Request to use case to response: log out.

use lambda_http::{Body, Request, Response};
use serde::Deserialize;
use serde_json::json;
use shared::http::{self, ApiError, Endpoint, ErrorCode, LoginCheck};
use shared::ports::{LoginProofs, Revocations};
use shared::{system, use_cases};

/// Where this function answers: by `GET` too, as pages from `OpenVidu`'s first tutorials ask.
pub(crate) const ENDPOINT: Endpoint = Endpoint {
    paths: &["/api-login/logout"],
    methods: "GET, POST",
};

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Nothing {}

/// Answers one request: `200` also for who is not logged in, because then that is what they wanted.
pub(crate) async fn log_out<P: LoginProofs, R: Revocations>(
    check: &LoginCheck<P, R>,
    request: Request,
) -> Result<Response<Body>, ApiError> {
    let Nothing {} = http::body_or_nothing(&request)?;
    match check.login(&request, system::now()).await {
        Ok(login) => use_cases::log_out(&check.revocations, &login).await?,
        Err(error) if error.code() == ErrorCode::NotLoggedIn => (),
        Err(error) => return Err(error),
    }
    Ok(http::with_cookie(
        http::json(&json!({})),
        &check.cookie.clear(),
    ))
}
