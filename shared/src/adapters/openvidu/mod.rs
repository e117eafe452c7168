//! `OpenVidu` 2.32 over its REST API: the only files that know its JSON and its status codes.

mod listing;
mod tls;

use std::time::Duration;

use reqwest::{Method, RequestBuilder, Response, StatusCode};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::json;
use tokio::time::Instant;
use url::Url;

pub use self::tls::{Authority, InvalidAuthority};
use crate::domain::{Connection, ConnectionId, Role, SessionId, Token, UserName};
use crate::ports::{Source, VideoError, VideoServer};

/// A server that is there answers a connection attempt at once.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(2);

/// The server closes an idle connection after 60 s; we do it first.
const IDLE_TIMEOUT: Duration = Duration::from_secs(50);

/// How long all requests of one invocation may take together: under a function's time-out, with
/// time left for the store, and long enough for a busy server's queue.
const INVOCATION_TIME: Duration = Duration::from_secs(22);

/// The user name of every client of the REST API.
const REST_USER: &str = "OPENVIDUAPP";

/// An `OpenVidu` server.
#[derive(Clone, Debug)]
pub struct OpenVidu {
    http: reqwest::Client,
    url: Url,
    secret: SecretString,
    answer_by: Option<Instant>,
}

/// No client for the server could be made.
#[derive(Debug, thiserror::Error)]
#[error("could not make an HTTP client")]
pub struct HttpClientError(#[source] Source);

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ConnectionAnswer {
    connection_id: String,
    token: String,
}

impl OpenVidu {
    /// The server at `url` (scheme, host and port), which knows us by `secret`.
    ///
    /// With an `authority`, only certificates of that authority are accepted.
    ///
    /// # Errors
    /// [`HttpClientError`]
    pub fn new(
        url: Url,
        secret: SecretString,
        authority: Option<Authority>,
    ) -> Result<Self, HttpClientError> {
        let tls =
            tls::client_config(authority).map_err(|error| HttpClientError(Box::new(error)))?;
        let http = reqwest::Client::builder()
            .tls_backend_preconfigured(tls)
            .connect_timeout(CONNECT_TIMEOUT)
            .pool_idle_timeout(IDLE_TIMEOUT)
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .map_err(|error| HttpClientError(Box::new(error)))?;
        Ok(Self {
            http,
            url,
            secret,
            answer_by: None,
        })
    }

    /// The same server, for the requests of one invocation.
    pub fn for_one_invocation(&self) -> Self {
        self.answering_within(INVOCATION_TIME)
    }

    /// The same server, for requests that together must be answered within `time`.
    ///
    /// A busy server queues requests for many seconds, and they must not outlast the function.
    pub fn answering_within(&self, time: Duration) -> Self {
        Self {
            answer_by: Some(Instant::now() + time),
            ..self.clone()
        }
    }

    fn request(&self, method: Method, path: &[&str]) -> RequestBuilder {
        self.authenticated(method, self.request_url(path))
    }

    fn request_url(&self, path: &[&str]) -> Url {
        let mut url = self.url.clone();
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.clear().extend(["openvidu", "api"]).extend(path);
        }
        url
    }

    fn authenticated(&self, method: Method, url: Url) -> RequestBuilder {
        self.http
            .request(method, url)
            .basic_auth(REST_USER, Some(self.secret.expose_secret()))
    }

    /// Sends a request; a wrong secret is an error whatever was asked.
    async fn send(&self, request: RequestBuilder) -> Result<Response, VideoError> {
        let answer = match self.answer_by {
            None => request.send().await,
            Some(answer_by) => {
                let left = answer_by.saturating_duration_since(Instant::now());
                request.timeout(left).send().await
            }
        };
        let answer = answer.map_err(|error| {
            if error.is_connect() {
                VideoError::Unreachable(Box::new(error))
            } else if error.is_timeout() {
                VideoError::TimedOut
            } else {
                VideoError::Unreachable(Box::new(error))
            }
        })?;
        if answer.status() == StatusCode::UNAUTHORIZED {
            return Err(VideoError::WrongSecret);
        }
        Ok(answer)
    }
}

impl VideoServer for OpenVidu {
    async fn open(&self, id: &SessionId) -> Result<(), VideoError> {
        let request = self
            .request(Method::POST, &["sessions"])
            .json(&json!({ "customSessionId": id.as_str() }));
        let answer = self.send(request).await?;
        match answer.status() {
            // 409: it is there already.
            StatusCode::OK | StatusCode::CONFLICT => Ok(()),
            status => Err(unexpected("making a session", status)),
        }
    }

    async fn connect(
        &self,
        id: &SessionId,
        user: &UserName,
        role: Role,
    ) -> Result<Option<Connection>, VideoError> {
        // Everybody in the call gets `data`; pages of OpenVidu's tutorials read `serverData` in it.
        let data = json!({ "role": role.as_str(), "serverData": user.as_str() }).to_string();
        let request = self
            .request(Method::POST, &["sessions", id.as_str(), "connection"])
            .json(&json!({ "type": "WEBRTC", "role": role.as_str(), "data": data }));
        let answer = self.send(request).await?;
        match answer.status() {
            StatusCode::OK => connection(answer).await.map(Some),
            StatusCode::NOT_FOUND => Ok(None),
            status => Err(unexpected("making a connection", status)),
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
        let answer = self.send(self.request(Method::DELETE, &path)).await?;
        match answer.status() {
            StatusCode::NO_CONTENT => Ok(true),
            // 404: no such connection; 400: no such session.
            StatusCode::NOT_FOUND | StatusCode::BAD_REQUEST => Ok(false),
            status => Err(unexpected("ending a connection", status)),
        }
    }

    async fn close(&self, id: &SessionId) -> Result<(), VideoError> {
        let answer = self
            .send(self.request(Method::DELETE, &["sessions", id.as_str()]))
            .await?;
        match answer.status() {
            StatusCode::NO_CONTENT | StatusCode::NOT_FOUND => Ok(()),
            status => Err(unexpected("ending a session", status)),
        }
    }
}

/// Reads a JSON answer.
async fn read<T: DeserializeOwned>(answer: Response) -> Result<T, VideoError> {
    answer.json().await.map_err(|error| {
        if error.is_timeout() {
            VideoError::TimedOut
        } else {
            VideoError::Unreadable(Box::new(error.without_url()))
        }
    })
}

async fn connection(answer: Response) -> Result<Connection, VideoError> {
    let answer: ConnectionAnswer = read(answer).await?;
    Ok(Connection {
        id: ConnectionId::parse(&answer.connection_id)
            .map_err(|error| VideoError::Unreadable(Box::new(error)))?,
        token: Token::parse(&answer.token)
            .map_err(|error| VideoError::Unreadable(Box::new(error)))?,
    })
}

fn unexpected(request: &'static str, status: StatusCode) -> VideoError {
    VideoError::Unexpected {
        request,
        status: status.as_u16(),
    }
}
