//! Logs: a line of JSON (or text, where people read it) for each event.
//!
//! Never in a log: tokens, passwords, JWTs, secrets, bodies.

/// Starts logging as the runtime says: `AWS_LAMBDA_LOG_FORMAT`, `AWS_LAMBDA_LOG_LEVEL`, `RUST_LOG`.
pub fn init() {
    lambda_http::tracing::init_default_subscriber();
}

/// An error with everything that caused it, on one line.
pub fn chain(error: &dyn std::error::Error) -> String {
    let mut line = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        line.push_str(": ");
        line.push_str(&error.to_string());
        cause = error.source();
    }
    line
}
