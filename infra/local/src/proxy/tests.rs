//! What the proxy forwards, and what it does not.

use std::net::Ipv4Addr;

use axum::Router;
use futures_util::FutureExt;
use serde_json::Value;
use tokio::{net::TcpListener, sync::mpsc};

use super::*;

const PEER: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), 50_000);

/// A server that answers every request with `answer`.
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
async fn functions_that_are_down_give_a_problem_that_says_so() {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let nobody = listener.local_addr().unwrap();
    drop(listener);

    let response = Proxy::new(nobody, 8080).forward(PEER, request(&[])).await;

    assert_eq!(response.status(), StatusCode::BAD_GATEWAY);
    assert_eq!(response.headers()[CONTENT_TYPE], "application/problem+json");
    assert_eq!(json(response).await["code"], "functions_unavailable");
}

#[tokio::test]
async fn problems_of_the_proxy_have_the_headers_and_fields_of_the_functions() {
    let response = problem(StatusCode::BAD_GATEWAY, "a_code", "Something.");

    let headers = response.headers().clone();
    assert_eq!(headers[CACHE_CONTROL], "no-store");
    let body = json(response).await;
    assert!(!headers[REQUEST_ID].is_empty());
    assert_eq!(headers[REQUEST_ID], body["requestId"].as_str().unwrap());
}

#[tokio::test]
async fn a_body_that_is_too_large_differs_from_one_that_breaks_off() {
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
async fn requests_that_cargo_lambda_cannot_take_are_answered_like_the_functions() {
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
async fn functions_that_never_answer_give_a_time_out() {
    let functions = upstream(async |_: Request| std::future::pending::<()>().await).await;
    let mut proxy = Proxy::new(functions, 8080);
    proxy.patience = Duration::from_millis(50);

    let response = proxy.forward(PEER, request(&[])).await;

    assert_eq!(response.status(), StatusCode::GATEWAY_TIMEOUT);
    assert_eq!(json(response).await["code"], "functions_timeout");
}

#[tokio::test]
async fn a_request_is_handled_even_if_the_client_does_not_wait() {
    let (tell, mut told) = mpsc::unbounded_channel();
    let functions = upstream(async move |_: Request| tell.send(()).unwrap()).await;

    let proxy = Proxy::new(functions, 8080);
    let answer = proxy.forward(PEER, request(&[])).now_or_never();
    assert!(answer.is_none(), "the client is gone before there is one");

    let heard = timeout(Duration::from_secs(5), told.recv()).await;
    assert_eq!(heard, Ok(Some(())));
}
