//! The body of a request.

use http::header::CONTENT_TYPE;
use lambda_http::{Body, Request};
use serde::de::{DeserializeOwned, IgnoredAny};
use serde_json::error::Category;

use super::error::{ApiError, ErrorCode};

/// The longest body that any function reads, in bytes: several times what they need.
const LONGEST_BODY: usize = 16 * 1024;

/// Reads a JSON body.
///
/// # Errors
/// An [`ApiError`] for a body that is too large, not declared as JSON, not JSON, or not a `T`.
pub fn body<T: DeserializeOwned>(request: &Request) -> Result<T, ApiError> {
    let bytes: &[u8] = request.body();
    if bytes.len() > LONGEST_BODY {
        return Err(ApiError::new(
            ErrorCode::BodyTooLarge,
            format!("The body may have {LONGEST_BODY} bytes."),
        ));
    }
    if !is_json(request) {
        return Err(ApiError::new(
            ErrorCode::UnsupportedMediaType,
            "The body must be JSON, and its Content-Type application/json.",
        ));
    }
    // Serde would accept an array of the fields instead of the object.
    if !bytes.trim_ascii_start().starts_with(b"{") {
        serde_json::from_slice::<IgnoredAny>(bytes).map_err(|error| malformed(&error))?;
        return Err(ApiError::new(
            ErrorCode::InvalidBody,
            "The body must be a JSON object.",
        ));
    }
    serde_json::from_slice(bytes).map_err(|error| match error.classify() {
        Category::Data => ApiError::new(
            ErrorCode::InvalidBody,
            format!("The body is not as it should be: {error}."),
        ),
        Category::Io | Category::Syntax | Category::Eof => malformed(&error),
    })
}

fn malformed(error: &serde_json::Error) -> ApiError {
    ApiError::new(
        ErrorCode::MalformedJson,
        format!("The body is not JSON: {error}."),
    )
}

/// Reads a JSON body, or `T`'s default if there is no body.
///
/// # Errors
/// As for [`body`].
pub fn body_or_nothing<T: DeserializeOwned + Default>(request: &Request) -> Result<T, ApiError> {
    match request.body() {
        Body::Empty => Ok(T::default()),
        other if other.is_empty() => Ok(T::default()),
        _ => body(request),
    }
}

fn is_json(request: &Request) -> bool {
    let content_type = request.headers().get(CONTENT_TYPE);
    let essence = content_type
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.split(';').next())
        .map(|essence| essence.trim().to_ascii_lowercase());
    matches!(
        essence.as_deref(),
        // Some of OpenVidu's tutorials send the second one.
        Some("application/json" | "application/vnd.api+json")
    )
}
