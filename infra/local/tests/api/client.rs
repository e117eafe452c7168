//! A client of the API, and what the tests check in its answers.

use std::env;

use reqwest::{
    Client, Method, StatusCode,
    header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue, SET_COOKIE},
};
use serde_json::{Value, json};

/// The name of a call that no other test uses.
pub(crate) fn new_call() -> String {
    format!("test {:016x}", rand::random::<u64>())
}

/// The API as one user sees it.
#[derive(Clone)]
pub(crate) struct Api {
    client: Client,
    base: String,
    headers: HeaderMap,
}

impl Api {
    /// A client that is not logged in.
    pub(crate) fn anonymous() -> Self {
        // Fails if another test has installed one, which is fine.
        let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
        Self {
            client: Client::builder()
                .no_proxy()
                .build()
                .expect("a plain client"),
            base: env::var("BASE_URL").expect("BASE_URL names a running stack: see `make test`"),
            headers: HeaderMap::new(),
        }
    }

    /// One of the demo users, with a bearer token.
    pub(crate) async fn logged_in(user: &str) -> Self {
        let api = Self::anonymous();
        let (status, login) = api.post("/api-login/login", credentials(user)).await;
        assert_eq!(status, StatusCode::OK, "{login}");
        api.with_header(
            "authorization",
            &format!("Bearer {}", login["token"].as_str().unwrap()),
        )
    }

    /// Logs in and returns the cookie as the browser gets it.
    pub(crate) async fn log_in(&self, user: &str) -> String {
        let url = format!("{}/api-login/login", self.base);
        let answer = self
            .client
            .post(url)
            .json(&credentials(user))
            .send()
            .await
            .unwrap();
        answer.headers()[SET_COOKIE].to_str().unwrap().to_owned()
    }

    /// The content security policy of the site.
    pub(crate) async fn content_security_policy(&self) -> String {
        let answer = self.client.get(&self.base).send().await.unwrap();
        let policy = &answer.headers()["content-security-policy"];
        policy.to_str().unwrap().to_owned()
    }

    /// The same client with one more header.
    pub(crate) fn with_header(mut self, name: &'static str, value: &str) -> Self {
        let value = HeaderValue::try_from(value).unwrap();
        self.headers.insert(HeaderName::from_static(name), value);
        self
    }

    /// `POST /api-sessions/{what}`, which must succeed. Returns the answer.
    pub(crate) async fn ok(&self, what: &str, body: Value) -> Value {
        let (status, answer) = self.post(&format!("/api-sessions/{what}"), body).await;
        assert_eq!(status, StatusCode::OK, "{answer}");
        answer
    }

    /// `POST /api-sessions/{what}`, which must fail. Returns status and code.
    pub(crate) async fn session(&self, what: &str, body: Value) -> (StatusCode, String) {
        let (status, answer) = self.post(&format!("/api-sessions/{what}"), body).await;
        (status, answer["code"].as_str().unwrap().to_owned())
    }

    /// `POST path` with JSON. Returns status and answer.
    pub(crate) async fn post(&self, path: &str, body: Value) -> (StatusCode, Value) {
        let json = Some("application/json");
        self.send(Method::POST, path, &body.to_string(), json).await
    }

    /// Any request. Returns status and answer. Checks that an error is a problem document.
    pub(crate) async fn send(
        &self,
        method: Method,
        path: &str,
        body: &str,
        content_type: Option<&'static str>,
    ) -> (StatusCode, Value) {
        let url = format!("{}{path}", self.base);
        let mut request = self
            .client
            .request(method, url)
            .headers(self.headers.clone());
        if let Some(content_type) = content_type {
            request = request.header(CONTENT_TYPE, content_type);
        }
        let answer = request.body(body.to_owned()).send().await.unwrap();
        let status = answer.status();
        assert!(answer.headers().contains_key("x-request-id"));
        if !status.is_success() {
            assert_eq!(answer.headers()[CONTENT_TYPE], "application/problem+json");
        }
        (status, answer.json().await.unwrap())
    }
}

fn credentials(user: &str) -> Value {
    json!({ "user": user, "pass": "pass" })
}
