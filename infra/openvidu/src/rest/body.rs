//! Reads request bodies as Spring does, and their fields as OpenVidu's parsers do.
//!
//! A body that is not a JSON object is a 403, because of how Spring 6 reports errors. A field of
//! the wrong type or value is a 400 with an explanation.

use axum::body::Bytes;
use axum::extract::{FromRequest, Request};
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use serde_json::{Deserializer, Map, Value};

const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// A JSON object, or nothing (no body, or `null`).
pub(super) struct Body(pub(super) Option<Map<String, Value>>);

impl<S: Send + Sync> FromRequest<S> for Body {
    type Rejection = Response;

    async fn from_request(request: Request, state: &S) -> Result<Self, Response> {
        let is_json = request
            .headers()
            .get(CONTENT_TYPE)
            .and_then(|value| value.to_str().ok())
            .is_some_and(is_json);
        let bytes = Bytes::from_request(request, state)
            .await
            .map_err(|_| malformed())?;
        if bytes.is_empty() {
            return Ok(Self(None));
        }
        if !is_json {
            return Err(malformed());
        }
        let bytes = bytes.strip_prefix(BYTE_ORDER_MARK).unwrap_or(&bytes);
        // Only the first value is read; anything after it is ignored.
        match Deserializer::from_slice(bytes).into_iter().next() {
            Some(Ok(Value::Object(fields))) => Ok(Self(Some(fields))),
            Some(Ok(Value::Null)) => Ok(Self(None)),
            _ => Err(malformed()),
        }
    }
}

fn malformed() -> Response {
    StatusCode::FORBIDDEN.into_response()
}

fn is_json(content_type: &str) -> bool {
    let media_type = content_type
        .split(';')
        .next()
        .unwrap_or_default()
        .trim()
        .to_ascii_lowercase();
    media_type == "application/json"
        || (media_type.starts_with("application/") && media_type.ends_with("+json"))
}

/// Why a field is refused, in words.
#[derive(Debug, PartialEq)]
pub(super) struct BadField(pub(super) String);

impl BadField {
    pub(super) fn of_type(name: &str, expected: &str) -> Self {
        Self(format!(
            "Type error in some parameter: '{name}' cannot be cast to {expected}"
        ))
    }
}

/// The fields of an object. `null` counts as absent; unknown fields are ignored.
#[derive(Clone, Copy)]
pub(super) struct Fields<'a>(pub(super) &'a Map<String, Value>);

impl<'a> Fields<'a> {
    pub(super) fn get(self, name: &str) -> Option<&'a Value> {
        self.0.get(name).filter(|value| !value.is_null())
    }

    pub(super) fn string(self, name: &str) -> Result<Option<&'a str>, BadField> {
        self.typed(name, "String", Value::as_str)
    }

    pub(super) fn boolean(self, name: &str) -> Result<Option<bool>, BadField> {
        self.typed(name, "Boolean", Value::as_bool)
    }

    pub(super) fn integer(self, name: &str) -> Result<Option<i64>, BadField> {
        self.typed(name, "Integer", Value::as_i64)
    }

    pub(super) fn array(self, name: &str) -> Result<Option<&'a [Value]>, BadField> {
        self.typed(name, "List", |value| value.as_array().map(Vec::as_slice))
    }

    pub(super) fn object(self, name: &str) -> Result<Option<Fields<'a>>, BadField> {
        self.typed(name, "Map", |value| value.as_object().map(Fields))
    }

    /// One of several allowed words.
    pub(super) fn choice(
        self,
        name: &str,
        choices: &[&'static str],
    ) -> Result<Option<&'static str>, BadField> {
        let Some(given) = self.string(name)? else {
            return Ok(None);
        };
        choices
            .iter()
            .find(|choice| **choice == given)
            .map(|choice| Some(*choice))
            .ok_or_else(|| BadField(format!("Parameter '{name}' is not valid: {given}")))
    }

    fn typed<T>(
        self,
        name: &str,
        expected: &str,
        read: impl FnOnce(&'a Value) -> Option<T>,
    ) -> Result<Option<T>, BadField> {
        self.get(name)
            .map(|value| read(value).ok_or_else(|| BadField::of_type(name, expected)))
            .transpose()
    }
}
