//! Headers of every answer: CORS for any origin, Spring Security's defaults, and the quirks of a
//! real server's statuses.

use axum::extract::Request;
use axum::http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
    ACCESS_CONTROL_REQUEST_HEADERS, ACCESS_CONTROL_REQUEST_METHOD, CACHE_CONTROL, CONNECTION,
    EXPIRES, HOST, HeaderName, ORIGIN, PRAGMA, VARY, X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
    X_XSS_PROTECTION,
};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

const ALWAYS: [(HeaderName, &str); 6] = [
    (X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (X_XSS_PROTECTION, "0"),
    (
        CACHE_CONTROL,
        "no-cache, no-store, max-age=0, must-revalidate",
    ),
    (PRAGMA, "no-cache"),
    (EXPIRES, "0"),
    (X_FRAME_OPTIONS, "DENY"),
];

pub(super) async fn add(request: Request, next: Next) -> Response {
    let cross_origin = is_cross_origin(request.headers());
    let preflight = cross_origin
        .then(|| preflight(request.method(), request.headers()))
        .flatten();
    let mut response = match preflight {
        Some(response) => response,
        None => next.run(request).await,
    };

    // Since 2.32 a method that is not mapped is a 403; the `Allow` header stays.
    if response.status() == StatusCode::METHOD_NOT_ALLOWED {
        *response.status_mut() = StatusCode::FORBIDDEN;
    }
    let closing = matches!(
        response.status(),
        StatusCode::BAD_REQUEST | StatusCode::NOT_IMPLEMENTED
    );
    let headers = response.headers_mut();
    if closing {
        headers.insert(CONNECTION, HeaderValue::from_static("close"));
    }
    if cross_origin {
        headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    }
    for name in [
        "Origin",
        "Access-Control-Request-Method",
        "Access-Control-Request-Headers",
    ] {
        headers.append(VARY, HeaderValue::from_static(name));
    }
    for (name, value) in ALWAYS {
        headers.insert(name, HeaderValue::from_static(value));
    }
    response
}

fn is_cross_origin(headers: &HeaderMap) -> bool {
    let Some(origin) = headers.get(ORIGIN).and_then(|it| it.to_str().ok()) else {
        return false;
    };
    let host = headers.get(HOST).and_then(|it| it.to_str().ok());
    origin.split_once("://").map(|(_, authority)| authority) != host
}

/// The answer to a preflight request. It needs no secret and allows whatever is asked for.
fn preflight(method: &Method, headers: &HeaderMap) -> Option<Response> {
    if method != Method::OPTIONS {
        return None;
    }
    let asked = headers.get(ACCESS_CONTROL_REQUEST_METHOD)?.clone();
    let mut response = StatusCode::OK.into_response();
    let allowed = response.headers_mut();
    allowed.insert(ACCESS_CONTROL_ALLOW_METHODS, asked);
    if let Some(names) = headers.get(ACCESS_CONTROL_REQUEST_HEADERS) {
        allowed.insert(ACCESS_CONTROL_ALLOW_HEADERS, names.clone());
    }
    Some(response)
}
