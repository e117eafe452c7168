//! An answer of a video server, and the error for one that nobody expects.

use std::borrow::Cow;

use reqwest::{RequestBuilder, StatusCode};
use serde::de::DeserializeOwned;

use crate::deadline::Deadline;
use crate::ports::{Refusal, VideoError};

/// How much of the server's own words an error keeps, in characters.
const WORDS: usize = 300;

/// A whole answer.
pub(in crate::adapters) struct Answer {
    pub(in crate::adapters) status: StatusCode,
    /// Was the request sent again, because the connection had ended without an answer?
    pub(in crate::adapters) is_second: bool,
    /// What was asked.
    what: &'static str,
    body: Vec<u8>,
}

/// The answer is longer than any should be.
#[derive(Debug, thiserror::Error)]
#[error("it is longer than {0} bytes")]
struct TooLong(usize);

impl Answer {
    /// Sends a request and reads the answer, of at most `limit` bytes.
    ///
    /// A server that was restarted has ended the connections that are kept open for it, and the first
    /// request may come too late to notice. So a request is sent once more if its connection ended before
    /// any answer. Every request may take effect twice without harm: at worst there is an unused
    /// connection, which the sweep ends.
    pub(in crate::adapters) async fn to(
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
    pub(in crate::adapters) fn json<T: DeserializeOwned>(&self) -> Result<T, VideoError> {
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
    pub(in crate::adapters) fn text(&self) -> Cow<'_, str> {
        String::from_utf8_lossy(&self.body)
    }

    /// Does its status say that the same request may succeed later?
    pub(in crate::adapters) fn is_transient(&self) -> bool {
        matches!(
            self.status,
            StatusCode::TOO_MANY_REQUESTS
                | StatusCode::INTERNAL_SERVER_ERROR
                | StatusCode::BAD_GATEWAY
                | StatusCode::SERVICE_UNAVAILABLE
                | StatusCode::GATEWAY_TIMEOUT
        )
    }

    /// The error for an unexpected answer. `words` is the server's own text, without secrets.
    pub(in crate::adapters) fn refusal(&self, is_transient: bool, words: &str) -> VideoError {
        let refusal = Refusal {
            request: self.what,
            status: self.status.as_u16(),
            words: on_one_line(words),
        };
        if is_transient {
            VideoError::Transient(refusal)
        } else {
            VideoError::Unexpected(refusal)
        }
    }
}

/// The beginning of `words`, for the log.
fn on_one_line(words: &str) -> String {
    words
        .split(|c: char| c.is_whitespace() || c.is_control())
        .filter(|word| !word.is_empty())
        .collect::<Vec<_>>()
        .join(" ")
        .chars()
        .take(WORDS)
        .collect()
}

/// `words` with every text hidden that starts with `prefix` and goes on with characters of `alphabet`.
pub(in crate::adapters) fn without(
    words: &str,
    prefix: &str,
    alphabet: impl Fn(char) -> bool + Copy,
) -> String {
    let mut parts = words.split(prefix);
    let mut shown = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        shown.push_str("(token)");
        shown.push_str(part.trim_start_matches(alphabet));
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
