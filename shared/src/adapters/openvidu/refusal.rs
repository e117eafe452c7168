//! The error for an answer of an `OpenVidu` server that nobody expects.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use reqwest::StatusCode;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;

use super::REST_USER;
use crate::adapters::video_http::{Answer, without};
use crate::ports::VideoError;

/// The server's own report of an error.
#[derive(Deserialize)]
struct Reported {
    message: String,
}

/// The error for an unexpected answer.
pub(super) fn refusal(answer: &Answer, secret: &SecretString) -> VideoError {
    let words = match answer.json() {
        Ok(Reported { message }) => message,
        Err(_) => answer.text().into_owned(),
    };
    answer.refusal(is_transient(answer), &without_secrets(&words, secret))
}

/// May the same request succeed later, without anybody changing anything?
fn is_transient(answer: &Answer) -> bool {
    match answer.status {
        // An exception inside the server, which may end a request that it has carried out. (It also
        // answers so to a malformed request, which we never send; a proxy that forbids us says so.)
        StatusCode::FORBIDDEN => answer.text().is_empty(),
        // Somebody else has been closing the same session for 15 s.
        StatusCode::BAD_REQUEST => answer.text().contains("closing lock"),
        _ => answer.is_transient(),
    }
}

/// Hides our credentials and everybody's tokens.
fn without_secrets(words: &str, secret: &SecretString) -> String {
    let secret = secret.expose_secret();
    let credentials = STANDARD.encode(format!("{REST_USER}:{secret}"));
    let words = words.replace(&credentials, "(secret)");
    let words = words.replace(secret, "(secret)");
    without(&words, "tok_", |c| c.is_ascii_alphanumeric())
}
