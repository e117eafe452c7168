//! Checks the secret, which every path needs except the one that returns the public address. Also
//! applies the faults that tests have set, because these concern only callers with the secret.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::header::{AUTHORIZATION, SET_COOKIE, WWW_AUTHENTICATE};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode};
use axum::middleware::Next;
use axum::response::{Html, IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::faults::RestFault;
use crate::hub::Hub;
use crate::ids;

const PUBLIC: [&str; 2] = [
    "/openvidu/api/config/openvidu-publicurl",
    "/api/config/openvidu-publicurl",
];

/// Spring's firewall refuses these as if the caller was not logged in.
const REFUSED: [&str; 6] = [";", "%3b", "%25", "//", "..", "%0a"];
/// Tomcat refuses these before anything else sees them.
const MALFORMED: [&str; 3] = ["%2f", "%5c", "%00"];

enum Caller {
    Known,
    Anonymous,
    Impostor,
}

pub(super) async fn require_secret(
    State(hub): State<Arc<Hub>>,
    request: Request,
    next: Next,
) -> Response {
    let path = request.uri().path().to_ascii_lowercase();
    if MALFORMED.iter().any(|part| path.contains(part)) {
        return (StatusCode::BAD_REQUEST, Html("<h1>HTTP Status 400</h1>")).into_response();
    }
    if REFUSED.iter().any(|part| path.contains(part)) {
        return unauthorized(request.headers());
    }
    let caller = caller(request.headers(), &hub.settings.secret);
    // Checking a wrong secret takes as long as checking the right one.
    if !matches!(caller, Caller::Anonymous) {
        hub.work().await;
    }
    match caller {
        Caller::Known => faulty(&hub, request, next).await,
        Caller::Anonymous if is_public(&request) => next.run(request).await,
        Caller::Anonymous | Caller::Impostor => unauthorized(request.headers()),
    }
}

fn is_public(request: &Request) -> bool {
    let reads = matches!(*request.method(), Method::GET | Method::HEAD);
    reads && PUBLIC.contains(&request.uri().path())
}

fn caller(headers: &HeaderMap, secret: &str) -> Caller {
    let Some(value) = headers.get(AUTHORIZATION).and_then(|it| it.to_str().ok()) else {
        return Caller::Anonymous;
    };
    let Some((scheme, credentials)) = value.split_once(' ') else {
        return Caller::Anonymous;
    };
    if !scheme.eq_ignore_ascii_case("basic") {
        return Caller::Anonymous;
    }
    let expected = format!("OPENVIDUAPP:{secret}");
    match STANDARD.decode(credentials.trim()) {
        Ok(given) if given == expected.as_bytes() => Caller::Known,
        _ => Caller::Impostor,
    }
}

fn unauthorized(headers: &HeaderMap) -> Response {
    let mut response = StatusCode::UNAUTHORIZED.into_response();
    // A script of a page must not make the browser ask for a password.
    let by_script = headers
        .get("x-requested-with")
        .is_some_and(|value| value == "XMLHttpRequest");
    if !by_script {
        response.headers_mut().insert(
            WWW_AUTHENTICATE,
            HeaderValue::from_static("Basic realm=\"Realm\""),
        );
    }
    let cookie = format!("OVJSESSIONID={}; Path=/; HttpOnly", ids::http_session());
    if let Ok(cookie) = HeaderValue::try_from(cookie) {
        response.headers_mut().insert(SET_COOKIE, cookie);
    }
    response
}

async fn faulty(hub: &Hub, request: Request, next: Next) -> Response {
    match hub.settings.faults.get().rest {
        RestFault::None => next.run(request).await,
        RestFault::Delay(delay) => {
            let response = next.run(request).await;
            tokio::select! {
                () = tokio::time::sleep(delay) => {}
                () = hub.stopping.cancelled() => {}
            }
            response
        }
        RestFault::Stall => silence(hub).await,
        RestFault::Crash => {
            next.run(request).await;
            crashed()
        }
        RestFault::LoseAnswer => {
            next.run(request).await;
            silence(hub).await
        }
    }
}

/// The answer if the controller threw an exception.
pub(super) fn crashed() -> Response {
    StatusCode::FORBIDDEN.into_response()
}

/// Never answers; the connection ends when the server stops.
async fn silence(hub: &Hub) -> Response {
    hub.stopping.cancelled().await;
    StatusCode::SERVICE_UNAVAILABLE.into_response()
}
