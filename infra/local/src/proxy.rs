//! The part of API Gateway that browsers see: it forwards `/api-*` to the functions.
//!
//! It uses hyper's own client. The crates for this purpose answer failures in plain text and would
//! need as much code around them.

use shared::chain;
use std::{error::Error, net::SocketAddr, str, time::Duration};

use axum::{
    Json,
    body::{Body, to_bytes},
    extract::Request,
    http::{
        HeaderMap, HeaderName, HeaderValue, StatusCode, Uri, Version,
        header::{
            CACHE_CONTROL, CONNECTION, CONTENT_TYPE, PROXY_AUTHENTICATE, PROXY_AUTHORIZATION, TE,
            TRAILER, TRANSFER_ENCODING, UPGRADE,
        },
        request::Parts,
        uri::{Authority, PathAndQuery, Scheme},
    },
    response::{IntoResponse, Response},
};
use http_body_util::LengthLimitError;
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::TokioExecutor,
};
use serde_json::json;
use tokio::time::timeout;

/// An HTTP client for plain HTTP on this machine.
pub(crate) type PlainClient = Client<HttpConnector, Body>;

/// Longer than any function may take (30 s), so that a function's own time-out comes first.
const PATIENCE: Duration = Duration::from_secs(35);

/// The gateway's limit, in bytes.
const LONGEST_BODY: usize = 10 * 1024 * 1024;

/// Identifies an answer in a bug report, as in the functions' answers.
const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
const FORWARDED_PORT: HeaderName = HeaderName::from_static("x-forwarded-port");
const FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");

/// Headers that concern one connection, not the message (RFC 9110, 7.6.1).
const HOP_BY_HOP: [HeaderName; 9] = [
    CONNECTION,
    HeaderName::from_static("keep-alive"),
    HeaderName::from_static("proxy-connection"),
    PROXY_AUTHENTICATE,
    PROXY_AUTHORIZATION,
    TE,
    TRAILER,
    TRANSFER_ENCODING,
    UPGRADE,
];

/// A client for plain HTTP on this machine.
pub(crate) fn plain_client() -> PlainClient {
    Client::builder(TokioExecutor::new()).build_http()
}

/// Forwards requests to the functions.
#[derive(Clone)]
pub(crate) struct Proxy {
    client: PlainClient,
    /// Where `cargo lambda watch` listens.
    functions: Authority,
    /// Our own port, as the functions see it.
    port: u16,
    patience: Duration,
}

impl Proxy {
    /// A proxy in front of the server at `functions`, for an origin on `port`.
    pub(crate) fn new(functions: SocketAddr, port: u16) -> Self {
        Self {
            client: plain_client(),
            functions: Authority::try_from(functions.to_string())
                .expect("every socket address is a valid authority"),
            port,
            patience: PATIENCE,
        }
    }

    /// Forwards `request` and returns the functions' answer.
    ///
    /// As at the gateway, a request that has arrived completely reaches its function even if the
    /// client does not wait for the answer. A page that is being closed leaves that way.
    pub(crate) async fn forward(&self, peer: SocketAddr, request: Request) -> Response {
        let (parts, body) = request.into_parts();
        let body = match to_bytes(body, LONGEST_BODY).await {
            Ok(body) => body,
            Err(error) => return unreadable(&error),
        };
        if is_json(&parts.headers) && str::from_utf8(&body).is_err() {
            // `cargo lambda watch` would fail here. The gateway forwards it, and the functions
            // answer like this.
            return problem(
                StatusCode::BAD_REQUEST,
                "malformed_json",
                "The body is not JSON.",
            );
        }
        let answer = self.client.request(self.prepare(peer, parts, body.into()));
        // On a task of its own, because this future is dropped when the client goes away.
        match tokio::spawn(timeout(self.patience, answer)).await {
            Ok(Ok(Ok(mut response))) => {
                drop_hop_by_hop(response.headers_mut());
                response.map(Body::new).into_response()
            }
            Ok(Ok(Err(error))) => {
                tracing::warn!(error = chain(&error), functions = %self.functions, "no answer from the functions");
                problem(
                    StatusCode::BAD_GATEWAY,
                    "functions_unavailable",
                    "The functions cannot be reached. Is `cargo lambda watch` still running?",
                )
            }
            Ok(Err(_)) | Err(_) => problem(
                StatusCode::GATEWAY_TIMEOUT,
                "functions_timeout",
                "The function did not answer in time. Its messages are in the terminal.",
            ),
        }
    }

    fn prepare(&self, peer: SocketAddr, mut parts: Parts, body: Body) -> Request {
        let mut uri = parts.uri.into_parts();
        uri.scheme = Some(Scheme::HTTP);
        uri.authority = Some(self.functions.clone());
        uri.path_and_query
            .get_or_insert(PathAndQuery::from_static("/"));
        parts.uri = Uri::from_parts(uri).unwrap_or_default();
        parts.version = Version::HTTP_11;

        drop_hop_by_hop(&mut parts.headers);
        drop_unreadable(&mut parts.headers);
        let peer = peer.ip().to_string();
        let route = match parts.headers.get(FORWARDED_FOR).map(HeaderValue::to_str) {
            Some(Ok(before)) => format!("{before}, {peer}"),
            _ => peer,
        };
        if let Ok(route) = HeaderValue::try_from(route) {
            parts.headers.insert(FORWARDED_FOR, route);
        }
        parts.headers.insert(FORWARDED_PORT, self.port.into());
        parts
            .headers
            .insert(FORWARDED_PROTO, HeaderValue::from_static("http"));
        Request::from_parts(parts, body)
    }
}

fn drop_hop_by_hop(headers: &mut HeaderMap) {
    let named: Vec<HeaderName> = headers
        .get_all(CONNECTION)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .filter_map(|name| name.trim().parse().ok())
        .collect();
    for name in HOP_BY_HOP.iter().chain(&named) {
        headers.remove(name);
    }
}

/// Drops values that are not ASCII. `cargo lambda watch` would fail, and the functions ignore them
/// anyway.
fn drop_unreadable(headers: &mut HeaderMap) {
    let unreadable: Vec<HeaderName> = headers
        .iter()
        .filter(|(_, value)| value.to_str().is_err())
        .map(|(name, _)| name.clone())
        .collect();
    for name in unreadable {
        headers.remove(name);
    }
}

fn is_json(headers: &HeaderMap) -> bool {
    let content_type = headers.get(CONTENT_TYPE);
    content_type.is_some_and(|value| value.as_bytes().starts_with(b"application/json"))
}

/// The answer to a body that could not be read completely.
fn unreadable(error: &axum::Error) -> Response {
    match error.source() {
        Some(source) if source.is::<LengthLimitError>() => problem(
            StatusCode::PAYLOAD_TOO_LARGE,
            "body_too_large",
            "The body is larger than the gateway takes.",
        ),
        _ => problem(
            StatusCode::BAD_REQUEST,
            "malformed_json",
            "The body broke off.",
        ),
    }
}

/// Problem details (RFC 9457), as the functions answer them.
fn problem(status: StatusCode, code: &str, detail: &str) -> Response {
    let id = format!("local-{:016x}", rand::random::<u64>());
    let body = Json(json!({
        "type": "about:blank",
        "title": status.canonical_reason(),
        "status": status.as_u16(),
        "detail": detail,
        "code": code,
        "requestId": id,
    }));
    let headers = [
        (CONTENT_TYPE, "application/problem+json"),
        (CACHE_CONTROL, "no-store"),
    ];
    (status, headers, [(REQUEST_ID, id)], body).into_response()
}

#[cfg(test)]
mod tests;
