//! `OpenVidu` 2.32 over its REST API: the only files that know its JSON and its status codes.

mod data;
mod events;
mod listing;
mod public_url;
mod refusal;
mod webhook_secret;

use std::time::Duration;

use reqwest::{Method, RequestBuilder, StatusCode};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde_json::json;
use url::Url;

pub use self::events::event;
pub use self::webhook_secret::{InvalidWebhookSecrets, WebhookSecrets};
use super::video_http::{self, ANSWER_LIMIT, Answer, HttpClientError, TrustedCertificate};
use crate::deadline::Deadline;
use crate::domain::{
    Connection, ConnectionId, InvalidToken, Nickname, Role, SessionId, Token, UserName,
};
use crate::ports::{VideoError, VideoServer};
use crate::secrets::Reloading;

/// The user name of every client of the REST API.
const REST_USER: &str = "OPENVIDUAPP";

/// An `OpenVidu` server. Use [`OpenVidu::until`] to send requests.
#[derive(Clone, Debug)]
pub struct OpenVidu {
    http: reqwest::Client,
    url: Url,
    secret: Reloading<SecretString>,
}

/// Requests to an `OpenVidu` server, all of which are answered by a deadline or fail.
///
/// A busy server queues requests for many seconds, and they must not outlast the function that
/// waits for them. So there is no request without a deadline.
#[derive(Clone, Debug)]
pub struct Requests {
    server: OpenVidu,
    deadline: Deadline,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ConnectionAnswer {
    connection_id: String,
    token: String,
}

impl OpenVidu {
    /// The server at `url` (scheme, host and port), with the secret `secret`.
    ///
    /// It is trusted by the certificate `trusted`, or without one by a public authority.
    ///
    /// # Errors
    /// [`HttpClientError`]
    pub fn new(
        url: Url,
        secret: Reloading<SecretString>,
        trusted: Option<TrustedCertificate>,
    ) -> Result<Self, HttpClientError> {
        let http = video_http::client(&url, trusted)?;
        Ok(Self { http, url, secret })
    }

    /// Where it is: scheme, host and port.
    pub const fn url(&self) -> &Url {
        &self.url
    }

    /// Requests to the server that must all be answered by `deadline`.
    pub fn until(&self, deadline: Deadline) -> Requests {
        Requests {
            server: self.clone(),
            deadline,
        }
    }
}

impl Requests {
    fn request(&self, method: Method, path: &[&str]) -> RequestBuilder {
        self.server.http.request(method, self.url(path))
    }

    fn url(&self, path: &[&str]) -> Url {
        let mut url = self.server.url.clone();
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.clear().extend(["openvidu", "api"]).extend(path);
        }
        url
    }

    /// Sends a request. Errors call it `what`. A wrong secret is an error for every request.
    async fn send(
        &self,
        what: &'static str,
        request: RequestBuilder,
    ) -> Result<Answer, VideoError> {
        self.send_for(ANSWER_LIMIT, what, request).await
    }

    /// The same, for an answer of up to `limit` bytes.
    ///
    /// The server's secret may have changed. If the server refuses ours, the request is sent again
    /// with the secret that is stored now.
    async fn send_for(
        &self,
        limit: usize,
        what: &'static str,
        request: RequestBuilder,
    ) -> Result<Answer, VideoError> {
        let mut secret = self.server.secret.get();
        let mut again = request.try_clone();
        let mut request = request;
        loop {
            let sent = request.basic_auth(REST_USER, Some(secret.expose_secret()));
            let answer = Answer::to(what, sent, limit, self.deadline).await?;
            if answer.status != StatusCode::UNAUTHORIZED {
                return Ok(answer);
            }
            request = again.take().ok_or(VideoError::WrongSecret)?;
            let changed = self.server.secret.instead_of(&secret);
            let changed = self.deadline.limit(changed).await.flatten();
            secret = changed.ok_or(VideoError::WrongSecret)?;
        }
    }

    /// The error for an answer that no caller expects.
    fn refused(&self, answer: &Answer) -> VideoError {
        refusal::refusal(answer, &self.server.secret.get())
    }
}

impl VideoServer for Requests {
    fn unlisted_for(&self) -> Duration {
        Duration::ZERO
    }

    fn token(&self, text: &str) -> Result<Token, InvalidToken> {
        Token::parse(text)
    }

    async fn open(&self, id: &SessionId) -> Result<(), VideoError> {
        let request = self
            .request(Method::POST, &["sessions"])
            .json(&json!({ "customSessionId": id.as_str() }));
        let answer = self.send("making a session", request).await?;
        match answer.status {
            // 409: the session exists already.
            StatusCode::OK | StatusCode::CONFLICT => Ok(()),
            _ => Err(self.refused(&answer)),
        }
    }

    async fn connect(
        &self,
        id: &SessionId,
        user: &UserName,
        role: Role,
        _nickname: Option<&Nickname>,
    ) -> Result<Option<Connection>, VideoError> {
        let data = data::data(user, role);
        let request = self
            .request(Method::POST, &["sessions", id.as_str(), "connection"])
            .json(&json!({ "type": "WEBRTC", "role": role.as_str(), "data": data }));
        let answer = self.send("making a connection", request).await?;
        match answer.status {
            StatusCode::OK => connection(&answer).map(Some),
            StatusCode::NOT_FOUND => Ok(None),
            _ => Err(self.refused(&answer)),
        }
    }

    async fn evict(
        &self,
        session: &SessionId,
        connection: &ConnectionId,
    ) -> Result<bool, VideoError> {
        let path = [
            "sessions",
            session.as_str(),
            "connection",
            connection.as_str(),
        ];
        // The server may end the connection and then fail: it notifies the others in the session,
        // loses those whose sockets are gone, and with the last of them the session that it works
        // on. Asked again, it says that the connection does not exist.
        let mut asked_before = false;
        loop {
            let request = self.request(Method::DELETE, &path);
            let answer = self.send("ending a connection", request).await?;
            asked_before |= answer.is_second;
            match answer.status {
                StatusCode::NO_CONTENT => return Ok(true),
                // 404: no such connection. 400: no such session.
                StatusCode::NOT_FOUND | StatusCode::BAD_REQUEST => return Ok(asked_before),
                _ if asked_before => return Err(self.refused(&answer)),
                _ => asked_before = true,
            }
        }
    }

    async fn close(&self, id: &SessionId) -> Result<(), VideoError> {
        let request = self.request(Method::DELETE, &["sessions", id.as_str()]);
        let answer = self.send("ending a session", request).await?;
        match answer.status {
            StatusCode::NO_CONTENT | StatusCode::NOT_FOUND => Ok(()),
            _ => Err(self.refused(&answer)),
        }
    }
}

fn connection(answer: &Answer) -> Result<Connection, VideoError> {
    let answer: ConnectionAnswer = answer.json()?;
    Ok(Connection {
        id: ConnectionId::parse(&answer.connection_id)
            .map_err(|error| VideoError::Unreadable(Box::new(error)))?,
        token: Token::parse(&answer.token)
            .map_err(|error| VideoError::Unreadable(Box::new(error)))?,
    })
}
