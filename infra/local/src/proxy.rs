//! The part of API Gateway that the browser can see: `/api-*` is passed on to the functions.
//!
//! Written on hyper's own client: the crates made for this answer failures in plain text
//! and would need as much code around them as there is here.

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

/// Longer than any function may take (30 s), so that a function's own time-out is seen first.
const PATIENCE: Duration = Duration::from_secs(35);

/// What the gateway takes, in bytes.
const LONGEST_BODY: usize = 10 * 1024 * 1024;

/// Names an answer for whoever reports it, as the functions' answers are named.
const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
const FORWARDED_PORT: HeaderName = HeaderName::from_static("x-forwarded-port");
const FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");

/// Headers that speak about one connection, not about the message (RFC 9110, 7.6.1).
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

/// Passes requests on to the functions.
#[derive(Clone)]
pub(crate) struct Proxy {
    client: PlainClient,
    /// Where `cargo lambda watch` listens.
    functions: Authority,
    /// Our own port, as the functions are told.
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

    /// Answers `request` with what the functions answer.
    ///
    /// As at the gateway, what has been received whole reaches its function, even if the client does not wait
    /// for the answer: a page that is being closed says goodbye that way.
    pub(crate) async fn forward(&self, peer: SocketAddr, request: Request) -> Response {
        let (parts, body) = request.into_parts();
        let body = match to_bytes(body, LONGEST_BODY).await {
            Ok(body) => body,
            Err(error) => return unreadable(&error),
        };
        if is_json(&parts.headers) && str::from_utf8(&body).is_err() {
            // `cargo lambda watch` would fail. The gateway passes it on, and this is what the functions answer.
            return problem(
                StatusCode::BAD_REQUEST,
                "malformed_json",
                "The body is not JSON.",
            );
        }
        let answer = self.client.request(self.prepare(peer, parts, body.into()));
        // On a task of its own: this future is dropped when the client goes away.
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

/// Drops values that are not ASCII: `cargo lambda watch` would fail, and to the functions they count as absent.
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

/// The answer to a body that could not be read to its end.
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
mod tests {
    use std::net::Ipv4Addr;

    use axum::Router;
    use futures_util::FutureExt;
    use serde_json::Value;
    use tokio::{net::TcpListener, sync::mpsc};

    use super::*;

    const PEER: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), 50_000);

    /// A server that answers everything by `answer`.
    async fn upstream<F, R>(answer: F) -> SocketAddr
    where
        F: FnOnce(Request) -> R + Clone + Send + Sync + 'static,
        R: Future<Output: IntoResponse> + Send + 'static,
    {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let router = Router::new().fallback(answer);
        tokio::spawn(async move { axum::serve(listener, router).await });
        address
    }

    fn request(headers: &[(&str, &str)]) -> Request {
        let mut request = Request::get("/api-login/login?a=%20b");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        request.body(Body::from("body")).unwrap()
    }

    async fn json(response: Response) -> Value {
        let bytes = to_bytes(response.into_body(), usize::MAX).await.unwrap();
        serde_json::from_slice(&bytes).unwrap()
    }

    #[tokio::test]
    async fn the_functions_see_the_request_as_behind_the_gateway() {
        let functions = upstream(async |request: Request| {
            let (parts, body) = request.into_parts();
            let header = |name| {
                parts
                    .headers
                    .get(name)
                    .and_then(|value| value.to_str().ok())
            };
            let body = to_bytes(body, 100).await.unwrap();
            Json(json!({
                "uri": parts.uri.to_string(),
                "host": header("host"),
                "authorization": header("authorization"),
                "connection": header("connection"),
                "named": header("x-one-hop"),
                "for": header("x-forwarded-for"),
                "port": header("x-forwarded-port"),
                "proto": header("x-forwarded-proto"),
                "body": String::from_utf8_lossy(&body),
            }))
        })
        .await;

        let response = Proxy::new(functions, 8080)
            .forward(
                PEER,
                request(&[
                    ("host", "127.0.0.1:8080"),
                    ("authorization", "Bearer x"),
                    ("connection", "close, X-One-Hop"),
                    ("x-one-hop", "1"),
                    ("x-forwarded-for", "192.0.2.1"),
                    ("x-forwarded-proto", "https"),
                ]),
            )
            .await;

        assert_eq!(
            json(response).await,
            json!({
                "uri": "/api-login/login?a=%20b",
                "host": "127.0.0.1:8080",
                "authorization": "Bearer x",
                "connection": null,
                "named": null,
                "for": "192.0.2.1, 127.0.0.1",
                "port": "8080",
                "proto": "http",
                "body": "body",
            })
        );
    }

    #[tokio::test]
    async fn the_answer_comes_back_with_every_cookie() {
        let functions = upstream(async |_: Request| {
            let cookies = [("set-cookie", "a=1"), ("keep-alive", "timeout=5")];
            let mut response = (StatusCode::IM_A_TEAPOT, cookies, "tea").into_response();
            let second = HeaderValue::from_static("b=2");
            response.headers_mut().append("set-cookie", second);
            response
        })
        .await;

        let response = Proxy::new(functions, 8080)
            .forward(PEER, request(&[]))
            .await;

        assert_eq!(response.status(), StatusCode::IM_A_TEAPOT);
        let cookies: Vec<_> = response.headers().get_all("set-cookie").iter().collect();
        assert_eq!(cookies, ["a=1", "b=2"]);
        assert!(!response.headers().contains_key("keep-alive"));
    }

    #[tokio::test]
    async fn functions_that_are_down_are_a_problem_that_says_so() {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let nobody = listener.local_addr().unwrap();
        drop(listener);

        let response = Proxy::new(nobody, 8080).forward(PEER, request(&[])).await;

        assert_eq!(response.status(), StatusCode::BAD_GATEWAY);
        assert_eq!(response.headers()[CONTENT_TYPE], "application/problem+json");
        assert_eq!(json(response).await["code"], "functions_unavailable");
    }

    #[tokio::test]
    async fn our_own_problems_have_the_headers_and_fields_of_the_functions() {
        let response = problem(StatusCode::BAD_GATEWAY, "a_code", "Something.");

        let headers = response.headers().clone();
        assert_eq!(headers[CACHE_CONTROL], "no-store");
        let body = json(response).await;
        assert!(!headers[REQUEST_ID].is_empty());
        assert_eq!(headers[REQUEST_ID], body["requestId"].as_str().unwrap());
    }

    #[tokio::test]
    async fn a_body_that_is_too_large_or_broke_off_is_told_apart() {
        let functions = upstream(async |_: Request| "never reached").await;
        let post = async |body| {
            let request = Request::post("/api-login/login").body(body).unwrap();
            let response = Proxy::new(functions, 8080).forward(PEER, request).await;
            (response.status(), json(response).await["code"].clone())
        };

        let large = post(vec![b' '; LONGEST_BODY + 1].into()).await;
        assert_eq!(
            large,
            (StatusCode::PAYLOAD_TOO_LARGE, json!("body_too_large"))
        );
        let broken = std::io::Error::other("broken");
        let chunks = futures_util::stream::iter([Ok("{"), Err(broken)]);
        let broken = post(Body::from_stream(chunks)).await;
        assert_eq!(broken, (StatusCode::BAD_REQUEST, json!("malformed_json")));
    }

    #[tokio::test]
    async fn what_makes_cargo_lambda_fail_is_answered_as_the_functions_would() {
        let functions = upstream(async |request: Request| {
            let has_value = request.headers().contains_key("sec-fetch-site");
            Json(json!({ "has_value": has_value }))
        })
        .await;
        let proxy = Proxy::new(functions, 8080);

        let mut latin = request(&[]);
        let value = HeaderValue::from_bytes(b"\xe9").unwrap();
        latin.headers_mut().insert("sec-fetch-site", value);
        let response = proxy.forward(PEER, latin).await;
        assert_eq!(json(response).await, json!({ "has_value": false }));

        let mut no_text = request(&[("content-type", "application/json; charset=latin1")]);
        *no_text.body_mut() = Body::from(&b"{\"user\":\"\xe9\"}"[..]);
        let response = proxy.forward(PEER, no_text).await;
        assert_eq!(response.status(), StatusCode::BAD_REQUEST);
        assert_eq!(json(response).await["code"], "malformed_json");
    }

    #[tokio::test]
    async fn functions_that_never_answer_are_a_time_out() {
        let functions = upstream(async |_: Request| std::future::pending::<()>().await).await;
        let mut proxy = Proxy::new(functions, 8080);
        proxy.patience = Duration::from_millis(50);

        let response = proxy.forward(PEER, request(&[])).await;

        assert_eq!(response.status(), StatusCode::GATEWAY_TIMEOUT);
        assert_eq!(json(response).await["code"], "functions_timeout");
    }

    #[tokio::test]
    async fn a_client_that_does_not_wait_is_heard_all_the_same() {
        let (tell, mut told) = mpsc::unbounded_channel();
        let functions = upstream(async move |_: Request| tell.send(()).unwrap()).await;

        let proxy = Proxy::new(functions, 8080);
        let answer = proxy.forward(PEER, request(&[])).now_or_never();
        assert!(answer.is_none(), "the client is gone before there is one");

        let heard = timeout(Duration::from_secs(5), told.recv()).await;
        assert_eq!(heard, Ok(Some(())));
    }
}
