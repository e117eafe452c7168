//! Errors as clients see them: the one place where a status code and a stable `code` are chosen.

use std::error::Error;

use http::header::RETRY_AFTER;
use http::{HeaderName, HeaderValue, StatusCode};

use super::event::InvalidEvent;
use crate::domain::{InvalidConnectionId, InvalidSessionName, InvalidToken};
use crate::ports::{ProofError, Source, StoreError, VideoError};
use crate::secrets::SecretsExpired;
use crate::use_cases::{
    AuthenticateError, ForgetError, HandleEventError, JoinError, LeaveError, LogInError,
    ReconcileError,
};

/// What went wrong, for programs: stable names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorCode {
    /// The body is not JSON.
    MalformedJson,
    /// The JSON is no object, lacks a field, has one too many, or one of the wrong type.
    InvalidBody,
    /// The session name is empty, too long, or has characters that cannot be seen.
    InvalidSessionName,
    /// The text cannot be a token.
    InvalidToken,
    /// The text cannot be a connection id.
    InvalidConnectionId,
    /// The request cannot be read.
    MalformedRequest,
    /// Unknown user or wrong password.
    InvalidCredentials,
    /// No login, or one that has ended.
    NotLoggedIn,
    /// The webhook's secret header is missing, doubled or wrong.
    WebhookRefused,
    /// Another site's page asks.
    CrossSite,
    /// The token belongs to somebody else.
    NotYourToken,
    /// No function answers at this path.
    NotFound,
    /// The token is not on record.
    TokenNotFound,
    /// The path is right, the method is not.
    MethodNotAllowed,
    /// The body is too large.
    BodyTooLarge,
    /// The body is not said to be JSON.
    UnsupportedMediaType,
    /// Too many attempts to log in have failed.
    TooManyAttempts,
    /// Too many attempts to log in are being made at this moment.
    LoginsBusy,
    /// A fault of ours.
    Internal,
    /// `OpenVidu` refuses our secret, or answers what it should not.
    OpenviduRefused,
    /// `OpenVidu` cannot be reached.
    OpenviduUnavailable,
    /// The store cannot be reached.
    StoreUnavailable,
    /// The secrets cannot be read.
    SecretsUnavailable,
    /// People come and go too fast; trying again will do.
    CallBusy,
    /// The function's time is up.
    OutOfTime,
    /// `OpenVidu` is too slow.
    OpenviduTimeout,
}

/// How an error looks on the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wire {
    /// The stable name.
    pub code: &'static str,
    /// The HTTP status.
    pub status: StatusCode,
    /// After how many seconds to try again (`Retry-After`), if that helps.
    pub retry: Option<u32>,
    /// How to prove who one is (`WWW-Authenticate`).
    pub challenge: Option<&'static str>,
}

/// Trying the same again does not help.
const NEVER: Option<u32> = None;
/// Trying again may help, and soon.
const SOON: Option<u32> = Some(1);

impl ErrorCode {
    /// The table of all errors: code, status, and when to try again.
    pub const fn wire(self) -> Wire {
        let (code, status, retry) = match self {
            Self::MalformedJson => ("malformed_json", StatusCode::BAD_REQUEST, NEVER),
            Self::InvalidBody => ("invalid_body", StatusCode::BAD_REQUEST, NEVER),
            Self::InvalidSessionName => ("invalid_session_name", StatusCode::BAD_REQUEST, NEVER),
            Self::InvalidToken => ("invalid_token", StatusCode::BAD_REQUEST, NEVER),
            Self::InvalidConnectionId => ("invalid_connection_id", StatusCode::BAD_REQUEST, NEVER),
            Self::MalformedRequest => ("malformed_request", StatusCode::BAD_REQUEST, NEVER),
            Self::InvalidCredentials => ("invalid_credentials", StatusCode::UNAUTHORIZED, NEVER),
            Self::NotLoggedIn => ("not_logged_in", StatusCode::UNAUTHORIZED, NEVER),
            Self::WebhookRefused => ("webhook_refused", StatusCode::UNAUTHORIZED, NEVER),
            Self::CrossSite => ("cross_site", StatusCode::FORBIDDEN, NEVER),
            Self::NotYourToken => ("not_your_token", StatusCode::FORBIDDEN, NEVER),
            Self::NotFound => ("not_found", StatusCode::NOT_FOUND, NEVER),
            Self::TokenNotFound => ("token_not_found", StatusCode::NOT_FOUND, NEVER),
            Self::MethodNotAllowed => ("method_not_allowed", StatusCode::METHOD_NOT_ALLOWED, NEVER),
            Self::BodyTooLarge => ("body_too_large", StatusCode::PAYLOAD_TOO_LARGE, NEVER),
            Self::UnsupportedMediaType => (
                "unsupported_media_type",
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                NEVER,
            ),
            // How long to wait is in the error.
            Self::TooManyAttempts => ("too_many_attempts", StatusCode::TOO_MANY_REQUESTS, NEVER),
            Self::LoginsBusy => ("logins_busy", StatusCode::TOO_MANY_REQUESTS, SOON),
            Self::Internal => ("internal", StatusCode::INTERNAL_SERVER_ERROR, NEVER),
            Self::OpenviduRefused => ("openvidu_refused", StatusCode::BAD_GATEWAY, NEVER),
            Self::OpenviduUnavailable => (
                "openvidu_unavailable",
                StatusCode::SERVICE_UNAVAILABLE,
                SOON,
            ),
            Self::StoreUnavailable => ("store_unavailable", StatusCode::SERVICE_UNAVAILABLE, SOON),
            Self::SecretsUnavailable => {
                ("secrets_unavailable", StatusCode::SERVICE_UNAVAILABLE, SOON)
            }
            Self::CallBusy => ("call_busy", StatusCode::SERVICE_UNAVAILABLE, SOON),
            Self::OutOfTime => ("out_of_time", StatusCode::SERVICE_UNAVAILABLE, SOON),
            Self::OpenviduTimeout => ("openvidu_timeout", StatusCode::GATEWAY_TIMEOUT, NEVER),
        };
        // RFC 9110 wants a challenge with every 401. The webhook's names the header to send.
        let challenge = match status.as_u16() {
            401 if matches!(self, Self::WebhookRefused) => Some("X-Webhook-Secret"),
            401 => Some("Bearer"),
            _ => None,
        };
        Wire {
            code,
            status,
            retry,
            challenge,
        }
    }
}

/// An error on its way to a client: what they may know, and what only the log may.
#[derive(Debug)]
pub struct ApiError {
    pub(super) code: ErrorCode,
    pub(super) detail: String,
    /// Headers that go with it.
    pub(super) headers: Vec<(HeaderName, HeaderValue)>,
    pub(super) cause: Option<Source>,
}

impl ApiError {
    /// An error that the client is told all about.
    pub fn new(code: ErrorCode, detail: impl Into<String>) -> Self {
        Self {
            code,
            detail: detail.into(),
            headers: Vec::new(),
            cause: None,
        }
    }

    /// The same error, with a header.
    pub(super) fn with(mut self, name: HeaderName, value: impl Into<HeaderValue>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    /// Which code it has.
    pub const fn code(&self) -> ErrorCode {
        self.code
    }

    fn caused(code: ErrorCode, detail: &str, cause: impl Error + Send + Sync + 'static) -> Self {
        Self {
            cause: Some(Box::new(cause)),
            ..Self::new(code, detail)
        }
    }
}

impl From<StoreError> for ApiError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Unavailable(_) | StoreError::Throttled(_) => Self::caused(
                ErrorCode::StoreUnavailable,
                "The records cannot be reached at the moment. Try again in a little while.",
                error,
            ),
            StoreError::Unreadable(_) => Self::caused(
                ErrorCode::Internal,
                "Something is wrong on our side.",
                error,
            ),
        }
    }
}

impl From<VideoError> for ApiError {
    fn from(error: VideoError) -> Self {
        let (code, detail) = match error {
            VideoError::Unreachable(_) => (
                ErrorCode::OpenviduUnavailable,
                "The video server cannot be reached at the moment. Try again in a little while.",
            ),
            VideoError::TimedOut => (
                ErrorCode::OpenviduTimeout,
                "The video server took too long to answer. Try again in a little while.",
            ),
            VideoError::Transient(_) => (
                ErrorCode::OpenviduUnavailable,
                "The video server cannot do this at the moment. Try again in a little while.",
            ),
            VideoError::WrongSecret | VideoError::Unexpected(_) | VideoError::Unreadable(_) => (
                ErrorCode::OpenviduRefused,
                "The video server did not accept the request. Its operator has to look at it.",
            ),
        };
        Self::caused(code, detail, error)
    }
}

impl From<JoinError> for ApiError {
    fn from(error: JoinError) -> Self {
        match error {
            JoinError::Store(error) => error.into(),
            JoinError::Video(error) => error.into(),
            JoinError::Busy => Self::caused(
                ErrorCode::CallBusy,
                "People are leaving this call faster than it can be joined. Try again.",
                error,
            ),
        }
    }
}

impl From<LeaveError> for ApiError {
    fn from(error: LeaveError) -> Self {
        match error {
            LeaveError::TokenNotFound => Self::new(
                ErrorCode::TokenNotFound,
                "There is no such token in the call.",
            ),
            LeaveError::NotYours => Self::new(
                ErrorCode::NotYourToken,
                "The token belongs to somebody else.",
            ),
            LeaveError::Store(error) => error.into(),
            LeaveError::Video(error) => error.into(),
            LeaveError::Busy => Self::caused(
                ErrorCode::CallBusy,
                "People are joining this call faster than it can be left. Try again.",
                error,
            ),
        }
    }
}

impl From<HandleEventError> for ApiError {
    fn from(error: HandleEventError) -> Self {
        match error {
            HandleEventError::Forget(error) => error.into(),
            HandleEventError::Reconcile(error) => error.into(),
        }
    }
}

impl From<ForgetError> for ApiError {
    fn from(error: ForgetError) -> Self {
        match error {
            ForgetError::Store(error) => error.into(),
            ForgetError::Busy => Self::caused(
                ErrorCode::CallBusy,
                "People are joining this call faster than it can be left. The sweep does the rest.",
                error,
            ),
        }
    }
}

impl From<ReconcileError> for ApiError {
    fn from(error: ReconcileError) -> Self {
        match error {
            ReconcileError::Store(error) => error.into(),
            ReconcileError::Video(error) => error.into(),
        }
    }
}

impl From<LogInError> for ApiError {
    fn from(error: LogInError) -> Self {
        match error {
            LogInError::InvalidCredentials => Self::new(
                ErrorCode::InvalidCredentials,
                "The user name or the password is wrong.",
            ),
            LogInError::TooManyAttempts(wait) => Self::new(
                ErrorCode::TooManyAttempts,
                "Too many attempts have failed. Wait as long as Retry-After says, then try again.",
            )
            .with(RETRY_AFTER, wait.as_secs().max(1)),
            LogInError::Busy => Self::caused(
                ErrorCode::LoginsBusy,
                "Too many people are logging in at this moment. Try again in a second.",
                error,
            ),
            LogInError::Store(error) => error.into(),
            LogInError::Proof(error) => error.into(),
        }
    }
}

impl From<AuthenticateError> for ApiError {
    fn from(error: AuthenticateError) -> Self {
        match error {
            AuthenticateError::NotLoggedIn => Self::new(
                ErrorCode::NotLoggedIn,
                "Log in first: there is no login, or it has ended.",
            ),
            AuthenticateError::Store(error) => error.into(),
        }
    }
}

impl From<SecretsExpired> for ApiError {
    fn from(error: SecretsExpired) -> Self {
        Self::caused(
            ErrorCode::SecretsUnavailable,
            "This function cannot read its secrets at the moment. Try again in a little while.",
            error,
        )
    }
}

impl From<InvalidEvent> for ApiError {
    fn from(error: InvalidEvent) -> Self {
        Self::caused(
            ErrorCode::MalformedRequest,
            "The request cannot be read.",
            error,
        )
    }
}

impl From<ProofError> for ApiError {
    fn from(error: ProofError) -> Self {
        Self::caused(
            ErrorCode::Internal,
            "Something is wrong on our side.",
            error,
        )
    }
}

impl From<InvalidSessionName> for ApiError {
    fn from(error: InvalidSessionName) -> Self {
        Self::new(ErrorCode::InvalidSessionName, sentence(&error))
    }
}

impl From<InvalidToken> for ApiError {
    fn from(error: InvalidToken) -> Self {
        Self::new(ErrorCode::InvalidToken, sentence(&error))
    }
}

impl From<InvalidConnectionId> for ApiError {
    fn from(error: InvalidConnectionId) -> Self {
        Self::new(ErrorCode::InvalidConnectionId, sentence(&error))
    }
}

/// An error message as a sentence of its own.
fn sentence(error: &dyn Error) -> String {
    let text = error.to_string();
    let mut letters = text.chars();
    let first = letters.next().map(|letter| letter.to_ascii_uppercase());
    first.into_iter().chain(letters).chain(['.']).collect()
}
