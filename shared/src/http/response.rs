//! Responses: JSON, problems (RFC 9457), and the headers of all of them.

use http::header::{
    CACHE_CONTROL, CONTENT_TYPE, RETRY_AFTER, SET_COOKIE, WWW_AUTHENTICATE, X_CONTENT_TYPE_OPTIONS,
};
use http::{HeaderName, HeaderValue, StatusCode};
use lambda_http::{Body, Response};
use serde_json::{Value, json};

use super::error::{ApiError, Wire};

/// Identifies the request in our log and to the client.
pub(super) const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// A `200`.
#[derive(Debug)]
pub struct Answer {
    body: Value,
    cookies: Vec<String>,
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
    /// The same answer with a `Set-Cookie`.
    pub fn with_cookie(mut self, cookie: String) -> Self {
        self.cookies.push(cookie);
        self
    }
}

/// The response of a `200`.
pub(super) fn success(answer: &Answer) -> Response<Body> {
    let body = answer.body.to_string();
    let mut response = response(StatusCode::OK, "application/json", body);
    for cookie in &answer.cookies {
        if let Ok(cookie) = HeaderValue::from_str(cookie) {
            response.headers_mut().append(SET_COOKIE, cookie);
        }
    }
    response
}

/// An error as a problem document.
pub(super) fn problem(error: &ApiError, request_id: &str) -> Response<Body> {
    let Wire {
        code,
        status,
        retry,
        challenge,
    } = error.code.wire();
    let body = json!({
        "type": "about:blank",
        "title": status.canonical_reason().unwrap_or_default(),
        "status": status.as_u16(),
        "detail": error.detail,
        "code": code,
        "requestId": request_id,
    });
    let mut response = response(status, "application/problem+json", body.to_string());
    let headers = response.headers_mut();
    if let Some(challenge) = challenge {
        headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static(challenge));
    }
    if let Some(seconds) = retry {
        headers.insert(RETRY_AFTER, seconds.into());
    }
    headers.extend(error.headers.clone());
    response
}

fn response(status: StatusCode, content_type: &'static str, body: String) -> Response<Body> {
    let mut response = Response::new(Body::Text(body));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    response
}
