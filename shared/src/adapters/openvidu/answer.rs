//! An answer of an `OpenVidu` server, and what is wrong with one that nobody expects.

use std::borrow::Cow;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use reqwest::{RequestBuilder, StatusCode};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::REST_USER;
use crate::deadline::Deadline;
use crate::ports::{Refusal, VideoError};

/// How much of the server's own words an error keeps, in characters.
const WORDS: usize = 300;

/// A whole answer.
pub(super) struct Answer {
    pub(super) status: StatusCode,
    /// Was the request sent again, because the connection had ended without an answer?
    pub(super) is_second: bool,
    /// What was asked.
    what: &'static str,
    body: Vec<u8>,
}

/// An error as the server reports it, if it says anything.
#[derive(Deserialize)]
struct Reported {
    message: String,
}

/// The answer is longer than any should be.
#[derive(Debug, thiserror::Error)]
#[error("it is longer than {0} bytes")]
struct TooLong(usize);

impl Answer {
    /// Sends a request and reads the answer, of `limit` bytes at most.
    ///
    /// A server that was restarted has ended the connections that are kept open for it, and the first
    /// request may come too late to notice. So a request is sent once more if its connection ended before
    /// any answer. None does harm twice: at worst there is a connection that nobody uses, for the sweep.
    pub(super) async fn to(
        what: &'static str,
        request: RequestBuilder,
        limit: usize,
        deadline: Deadline,
    ) -> Result<Self, VideoError> {
        let again = request.try_clone();
        let mut answer = request.timeout(deadline.left()).send().await;
        let mut is_second = false;
        if let (Err(error), Some(again)) = (&answer, again)
            && has_ended_unanswered(error)
        {
            is_second = true;
            answer = again.timeout(deadline.left()).send().await;
        }
        let mut answer = answer.map_err(unanswered)?;
        let mut body = Vec::new();
        while let Some(chunk) = answer.chunk().await.map_err(unanswered)? {
            if chunk.len() > limit - body.len() {
                return Err(VideoError::Unreadable(Box::new(TooLong(limit))));
            }
            body.extend_from_slice(&chunk);
        }
        Ok(Self {
            status: answer.status(),
            is_second,
            what,
            body,
        })
    }

    /// Its JSON.
    pub(super) fn json<T: DeserializeOwned>(&self) -> Result<T, VideoError> {
        serde_json::from_slice(&self.body).map_err(|error| {
            if error.is_eof() {
                // A server that is stopped may cut a body short where nothing says how long it is.
                VideoError::Unreachable(Box::new(error))
            } else {
                VideoError::Unreadable(Box::new(error))
            }
        })
    }

    /// Its text.
    pub(super) fn text(&self) -> Cow<'_, str> {
        String::from_utf8_lossy(&self.body)
    }

    /// What an answer means that is not among those expected.
    pub(super) fn refusal(&self, secret: &SecretString) -> VideoError {
        let refusal = Refusal {
            request: self.what,
            status: self.status.as_u16(),
            words: self.words(secret),
        };
        if self.is_transient() {
            VideoError::Transient(refusal)
        } else {
            VideoError::Unexpected(refusal)
        }
    }

    /// May the same request succeed later, without anybody changing anything?
    fn is_transient(&self) -> bool {
        match self.status {
            StatusCode::TOO_MANY_REQUESTS
            | StatusCode::INTERNAL_SERVER_ERROR
            | StatusCode::BAD_GATEWAY
            | StatusCode::SERVICE_UNAVAILABLE
            | StatusCode::GATEWAY_TIMEOUT => true,
            // An exception inside the server, which may end a request that it has carried out. (It also
            // answers so to a malformed request, which we never send; a proxy that forbids us says so.)
            StatusCode::FORBIDDEN => self.body.is_empty(),
            // Somebody else has been closing the same session for 15 s.
            StatusCode::BAD_REQUEST => self.text().contains("closing lock"),
            _ => false,
        }
    }

    /// The server's own words, for the log.
    fn words(&self, secret: &SecretString) -> String {
        let words = match serde_json::from_slice(&self.body) {
            Ok(Reported { message }) => message,
            Err(_) => self.text().into_owned(),
        };
        without_secrets(&words, secret)
            .split(|c: char| c.is_whitespace() || c.is_control())
            .filter(|word| !word.is_empty())
            .collect::<Vec<_>>()
            .join(" ")
            .chars()
            .take(WORDS)
            .collect()
    }
}

/// Hides our credentials and everybody's tokens.
fn without_secrets(words: &str, secret: &SecretString) -> String {
    let secret = secret.expose_secret();
    let credentials = STANDARD.encode(format!("{REST_USER}:{secret}"));
    let words = words.replace(&credentials, "(secret)");
    let words = words.replace(secret, "(secret)");
    let mut parts = words.split("tok_");
    let mut shown = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        shown.push_str("(token)");
        shown.push_str(part.trim_start_matches(|c: char| c.is_ascii_alphanumeric()));
    }
    shown
}

/// Did the connection end after it was made, and before there was an answer?
fn has_ended_unanswered(error: &reqwest::Error) -> bool {
    error.is_request() && !error.is_connect() && !error.is_timeout()
}

/// Why there is no whole answer.
fn unanswered(error: reqwest::Error) -> VideoError {
    let error = error.without_url();
    if error.is_timeout() && !error.is_connect() {
        VideoError::TimedOut
    } else {
        VideoError::Unreachable(Box::new(error))
    }
}
