//! What a request says: its body.

use http::header::CONTENT_TYPE;
use lambda_http::{Body, Request};
use serde::de::{DeserializeOwned, IgnoredAny};
use serde_json::error::Category;

use super::error::{ApiError, ErrorCode};

/// The longest body that any function reads, in bytes: several times what any of them needs.
const LONGEST_BODY: usize = 16 * 1024;

/// Reads a JSON body.
///
/// # Errors
/// An [`ApiError`] for a body that is too large, is not said to be JSON, is not JSON, or is not `T`.
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
    // A derived type would take an array of its fields for the object.
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

/// Reads a JSON body, or `T`'s default where there is no body.
///
/// # Errors
/// As [`body`].
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
        // The second is what some of OpenVidu's tutorials send.
        Some("application/json" | "application/vnd.api+json")
    )
}
