//! What is told to whoever runs this: logs and metrics.
//!
//! Never in a log: tokens, passwords, JWTs, secrets, bodies.

use std::env;
use std::error::Error;
use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::{Map, Value, json};

/// The CloudWatch namespace of our metrics.
pub const NAMESPACE: &str = "OpenViduCalls";

/// The dimension of all of them, so that two stacks in one account are counted apart.
const DIMENSION: &str = "Stack";

/// What is counted. The names are fixed: alarms and dashboards go by them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Metric {
    /// `SessionsRecreated`: the video server did not have a session that was on record.
    SessionsRecreated,
    /// `JoinsRestarted`: the last one left a call while somebody joined it.
    JoinsRestarted,
    /// `WebhooksRefused`: somebody called the webhook without the secret.
    WebhooksRefused,
    /// `CallsLookedAt`: by a sweep.
    CallsLookedAt,
    /// `TokensForgotten`: a sweep found tokens whose connection was gone.
    TokensForgotten,
    /// `TokensGivenBack`: a sweep found tokens that nobody used.
    TokensGivenBack,
    /// `CallsClosed`: a sweep found calls that nobody was in.
    CallsClosed,
    /// `OrphansDeleted`: a sweep found sessions or connections that were not on record.
    OrphansDeleted,
    /// `SweepFailures`: calls that a sweep left as they were.
    SweepFailures,
}

impl Metric {
    /// The metric's name in CloudWatch.
    pub const fn name(self) -> &'static str {
        match self {
            Self::SessionsRecreated => "SessionsRecreated",
            Self::JoinsRestarted => "JoinsRestarted",
            Self::WebhooksRefused => "WebhooksRefused",
            Self::CallsLookedAt => "CallsLookedAt",
            Self::TokensForgotten => "TokensForgotten",
            Self::TokensGivenBack => "TokensGivenBack",
            Self::CallsClosed => "CallsClosed",
            Self::OrphansDeleted => "OrphansDeleted",
            Self::SweepFailures => "SweepFailures",
        }
    }
}

/// Starts logging as the runtime says: `AWS_LAMBDA_LOG_FORMAT`, `AWS_LAMBDA_LOG_LEVEL`, `RUST_LOG`.
pub fn init() {
    lambda_http::tracing::init_default_subscriber();
}

/// Counts: one line in CloudWatch's Embedded Metric Format where programs read the log, and a plain
/// one where people do.
pub fn count(counts: &[(Metric, usize)]) {
    if env::var("AWS_LAMBDA_LOG_FORMAT").is_ok_and(|format| format.eq_ignore_ascii_case("json")) {
        let since = SystemTime::now().duration_since(UNIX_EPOCH);
        emit(&embedded(
            counts,
            env::var("STACK").ok().as_deref(),
            since.map_or(0, |since| since.as_millis()),
        ));
    } else {
        for (metric, count) in counts.iter().filter(|(_, count)| *count > 0) {
            tracing::info!(metric = metric.name(), count, "counted");
        }
    }
}

#[expect(
    clippy::print_stdout,
    reason = "CloudWatch reads metrics from plain lines of the log"
)]
fn emit(line: &Value) {
    println!("{line}");
}

/// <https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html>
fn embedded(counts: &[(Metric, usize)], stack: Option<&str>, milliseconds: u128) -> Value {
    let metrics: Vec<Value> = counts
        .iter()
        .map(|(metric, _)| json!({ "Name": metric.name(), "Unit": "Count" }))
        .collect();
    let dimensions: Vec<&str> = stack.iter().map(|_| DIMENSION).collect();
    let mut line = Map::new();
    line.insert(
        "_aws".to_owned(),
        json!({
            "Timestamp": u64::try_from(milliseconds).unwrap_or_default(),
            "CloudWatchMetrics": [
                { "Namespace": NAMESPACE, "Dimensions": [dimensions], "Metrics": metrics },
            ],
        }),
    );
    if let Some(stack) = stack {
        line.insert(DIMENSION.to_owned(), json!(stack));
    }
    for (metric, count) in counts {
        line.insert(metric.name().to_owned(), json!(count));
    }
    Value::Object(line)
}

/// An error with everything that caused it, on one line.
pub fn chain(error: &dyn Error) -> String {
    let mut line = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        line.push_str(": ");
        line.push_str(&error.to_string());
        cause = error.source();
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn metrics_are_embedded_as_cloudwatch_reads_them() {
        let line = embedded(
            &[(Metric::CallsClosed, 3), (Metric::SweepFailures, 0)],
            Some("rooms"),
            1_795_600_800_000,
        );
        let expected = json!({
            "_aws": {
                "Timestamp": 1_795_600_800_000_u64,
                "CloudWatchMetrics": [{
                    "Namespace": "OpenViduCalls",
                    "Dimensions": [["Stack"]],
                    "Metrics": [
                        { "Name": "CallsClosed", "Unit": "Count" },
                        { "Name": "SweepFailures", "Unit": "Count" },
                    ],
                }],
            },
            "Stack": "rooms",
            "CallsClosed": 3,
            "SweepFailures": 0,
        });
        assert_eq!(line, expected);
    }

    #[test]
    fn outside_a_stack_metrics_have_no_dimension() {
        let line = embedded(&[(Metric::CallsClosed, 3)], None, 0);
        let metrics = &line["_aws"]["CloudWatchMetrics"][0];
        assert_eq!(metrics["Dimensions"], json!([[]]));
        assert_eq!(line.get("Stack"), None);
    }
}
