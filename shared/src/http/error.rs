//! Errors as clients see them: the one place that chooses a status code and a stable `code`.

use std::error::Error;

use http::header::RETRY_AFTER;
use http::{HeaderName, HeaderValue, StatusCode};

use super::event::InvalidEvent;
use crate::domain::{InvalidConnectionId, InvalidNickname, InvalidSessionName, InvalidToken};
use crate::ports::{ProofError, Source, StoreError, VideoError};
use crate::secrets::SecretsExpired;
use crate::use_cases::{
    AuthenticateError, ForgetError, HandleEventError, JoinError, LeaveError, LogInError,
    ReconcileError,
};

/// The stable names of errors, for programs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorCode {
    MalformedJson,
    /// The JSON is not an object, lacks a field, has an unknown one, or has one of the wrong type.
    InvalidBody,
    /// The session name is empty, too long, or contains invisible characters.
    InvalidSessionName,
    /// The nickname is empty, too long, or contains invisible characters.
    InvalidNickname,
    InvalidToken,
    InvalidConnectionId,
    /// The request cannot be read.
    MalformedRequest,
    /// Unknown user or wrong password.
    InvalidCredentials,
    /// No login, or one that has ended.
    NotLoggedIn,
    /// The webhook's request does not come from our video server.
    WebhookRefused,
    /// The request comes from a page of another site.
    CrossSite,
    NotYourToken,
    /// No function answers at this path.
    NotFound,
    TokenNotFound,
    /// The path is right, but the method is not.
    MethodNotAllowed,
    BodyTooLarge,
    /// The request does not declare its body as JSON.
    UnsupportedMediaType,
    /// Too many attempts to log in have failed.
    TooManyAttempts,
    /// The user joins too often, or does not use the tokens.
    TooManyJoins,
    /// Too many attempts to log in are being made at this moment.
    LoginsBusy,
    /// A fault of ours.
    Internal,
    /// `OpenVidu` refuses our secret, or gives an unexpected answer.
    OpenviduRefused,
    /// `OpenVidu` cannot be reached.
    OpenviduUnavailable,
    /// The store cannot be reached.
    StoreUnavailable,
    /// The secrets cannot be read.
    SecretsUnavailable,
    /// People join and leave too fast. Trying again will help.
    CallBusy,
    /// The function has run out of time.
    OutOfTime,
    /// `OpenVidu` is too slow.
    OpenviduTimeout,
}

/// The wire format of an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wire {
    pub code: &'static str,
    pub status: StatusCode,
    /// After how many seconds to try again (`Retry-After`), if that can help.
    pub retry: Option<u32>,
    /// How a client can authenticate (`WWW-Authenticate`).
    pub challenge: Option<&'static str>,
}

/// Trying again does not help.
const NEVER: Option<u32> = None;
/// Trying again soon may help.
const SOON: Option<u32> = Some(1);

impl ErrorCode {
    /// The table of all errors: code, status, and when to try again.
    pub const fn wire(self) -> Wire {
        let (code, status, retry) = match self {
            Self::MalformedJson => ("malformed_json", StatusCode::BAD_REQUEST, NEVER),
            Self::InvalidBody => ("invalid_body", StatusCode::BAD_REQUEST, NEVER),
            Self::InvalidSessionName => ("invalid_session_name", StatusCode::BAD_REQUEST, NEVER),
            Self::InvalidNickname => ("invalid_nickname", StatusCode::BAD_REQUEST, NEVER),
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
            Self::TooManyJoins => ("too_many_joins", StatusCode::TOO_MANY_REQUESTS, NEVER),
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
        // RFC 9110 requires a challenge with every 401. The detail says what a video server has to send.
        let challenge = match status.as_u16() {
            401 if matches!(self, Self::WebhookRefused) => Some("Webhook"),
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

/// An error on its way to a client. The client sees the detail; the cause goes only to the log.
#[derive(Debug)]
pub struct ApiError {
    pub(super) code: ErrorCode,
    pub(super) detail: String,
    pub(super) headers: Vec<(HeaderName, HeaderValue)>,
    pub(super) cause: Option<Source>,
}

impl ApiError {
    /// An error without a hidden cause.
    pub fn new(code: ErrorCode, detail: impl Into<String>) -> Self {
        Self {
            code,
            detail: detail.into(),
            headers: Vec::new(),
            cause: None,
        }
    }

    /// The same error with a header.
    pub(super) fn with(mut self, name: HeaderName, value: impl Into<HeaderValue>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    /// Its code.
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
            VideoError::NameTooLong => (
                ErrorCode::InvalidSessionName,
                "The video server takes no call with so long a name. Choose a shorter one.",
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
            JoinError::TooMany(wait) => Self::new(
                ErrorCode::TooManyJoins,
                "You have joined too often, or not used your tokens. Wait as long as Retry-After says, then try again.",
            )
            .with(RETRY_AFTER, wait.as_secs().max(1)),
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
            ForgetError::Video(error) => error.into(),
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

impl From<InvalidNickname> for ApiError {
    fn from(error: InvalidNickname) -> Self {
        Self::new(ErrorCode::InvalidNickname, sentence(&error))
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

/// The error message as a sentence.
fn sentence(error: &dyn Error) -> String {
    let text = error.to_string();
    let mut letters = text.chars();
    let first = letters.next().map(|letter| letter.to_ascii_uppercase());
    first.into_iter().chain(letters).chain(['.']).collect()
}
