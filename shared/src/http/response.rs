//! Responses: JSON, problems (RFC 9457), and the headers that all of them carry.

use http::header::{
    CACHE_CONTROL, CONTENT_TYPE, RETRY_AFTER, SET_COOKIE, WWW_AUTHENTICATE, X_CONTENT_TYPE_OPTIONS,
};
use http::{HeaderName, HeaderValue, StatusCode};
use lambda_http::{Body, Response};
use serde::Serialize;
use serde_json::json;

use super::error::{ApiError, ErrorCode};

/// Names the request in our log and to the client.
pub(super) const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// A `200` with a JSON body.
pub fn json(body: &impl Serialize) -> Response<Body> {
    match serde_json::to_string(body) {
        Ok(body) => response(StatusCode::OK, "application/json", body),
        Err(_) => problem(
            &ApiError::new(ErrorCode::Internal, "Something is wrong on our side."),
            "",
        ),
    }
}

/// The same response, with a cookie to set.
pub fn with_cookie(mut response: Response<Body>, cookie: &str) -> Response<Body> {
    if let Ok(cookie) = HeaderValue::from_str(cookie) {
        response.headers_mut().append(SET_COOKIE, cookie);
    }
    response
}

/// An error as a problem document.
pub(super) fn problem(error: &ApiError, request_id: &str) -> Response<Body> {
    let (code, status) = error.code.on_the_wire();
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
    headers.extend(error.headers.clone());
    if status == StatusCode::UNAUTHORIZED {
        headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
    }
    if status == StatusCode::SERVICE_UNAVAILABLE {
        headers.insert(RETRY_AFTER, HeaderValue::from_static("1"));
    }
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
