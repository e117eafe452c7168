//! Logs and metrics for operators.
//!
//! A log never contains tokens, passwords, JWTs, secrets or bodies.

use std::env;
use std::time::{SystemTime, UNIX_EPOCH};

use lambda_http::tracing::subscriber::filter::{EnvFilter, LevelFilter};
use lambda_http::tracing::subscriber::fmt;
use serde_json::{Map, Value, json};

pub use crate::metric::Metric;

/// The CloudWatch namespace of our metrics.
pub const NAMESPACE: &str = "OpenViduCalls";

/// The level of the lines of [`audit`](crate::audit).
const AUDIT: &str = "audit=info";

/// The dimension of all metrics, so that two stacks in one account are counted separately.
const DIMENSION: &str = "Stack";

/// Starts logging with the runtime's settings: `AWS_LAMBDA_LOG_FORMAT`, `AWS_LAMBDA_LOG_LEVEL`,
/// `RUST_LOG`.
pub fn init() {
    let variable = |name: &str| env::var(name).ok();
    let log = fmt()
        .with_target(false)
        .without_time()
        .with_env_filter(filter(variable));
    if is_json(variable) {
        log.json().init();
    } else {
        log.init();
    }
}

/// What is logged. The audit log always is, whatever the settings say.
fn filter(variable: impl Fn(&str) -> Option<String>) -> EnvFilter {
    let level = variable("AWS_LAMBDA_LOG_LEVEL").and_then(|level| level.parse().ok());
    EnvFilter::builder()
        .with_default_directive(level.unwrap_or(LevelFilter::INFO).into())
        .parse_lossy(variable("RUST_LOG").unwrap_or_default())
        .add_directive(AUDIT.parse().unwrap_or_default())
}

fn is_json(variable: impl Fn(&str) -> Option<String>) -> bool {
    let format = variable("AWS_LAMBDA_LOG_FORMAT");
    format.is_some_and(|format| format.eq_ignore_ascii_case("json"))
}

/// Counts: one line in CloudWatch's Embedded Metric Format if programs read the log, and a plain
/// line if people do.
pub fn count(counts: &[(Metric, usize)]) {
    if is_json(|name| env::var(name).ok()) {
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

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::sync::{Arc, Mutex};

    use super::*;
    use crate::audit::{self, AuditEvent, Reason};

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

    /// A log in memory.
    #[derive(Clone, Default)]
    struct Kept(Arc<Mutex<Vec<u8>>>);

    impl Write for Kept {
        fn write(&mut self, line: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap().write(line)
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    /// What is logged of one audit line and of one ordinary line, with these variables.
    fn logged(variables: &[(&str, &str)]) -> String {
        let variable = |name: &str| {
            let found = variables.iter().find(|(known, _)| *known == name);
            found.map(|(_, value)| (*value).to_owned())
        };
        let kept = Kept::default();
        let writer = kept.clone();
        let log = fmt()
            .with_env_filter(filter(variable))
            .with_writer(move || writer.clone())
            .finish();
        tracing::subscriber::with_default(log, || {
            audit::record(AuditEvent::Logout, None, None, Reason::OwnWish);
            tracing::info!("gossip");
        });
        String::from_utf8(kept.0.lock().unwrap().clone()).unwrap()
    }

    #[test]
    fn the_audit_log_is_written_at_every_log_level() {
        for (variables, gossip) in [
            (&[][..], true),
            (&[("RUST_LOG", "info")], true),
            (&[("RUST_LOG", "warn")], false),
            (&[("RUST_LOG", "off")], false),
            (&[("RUST_LOG", "audit=off,shared=info")], true),
            (&[("AWS_LAMBDA_LOG_LEVEL", "ERROR")], false),
        ] {
            let log = logged(variables);
            assert!(log.contains("their own wish"), "{variables:?}: {log}");
            assert_eq!(log.contains("gossip"), gossip, "{variables:?}: {log}");
        }
    }
}
