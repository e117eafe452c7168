//! The function `sweep`, which a schedule calls once a minute.

use std::time::{Duration, Instant, SystemTime};

use lambda_runtime::{Error, LambdaEvent, run, service_fn};
use serde_json::{Value, json};
use shared::adapters::dynamodb::{self, DynamoDbCalls};
use shared::adapters::openvidu::OpenVidu;
use shared::config::RecordsConfig;
use shared::current::Current;
use shared::deadline::Deadline;
use shared::domain::Installation;
use shared::system;
use shared::telemetry::{self, Metric};
use shared::use_cases::sweep_calls;

/// What is kept of the function's time for stopping cleanly.
const RESERVE: Duration = Duration::from_secs(5);

/// How long a sweep may take where nobody says.
const WITHOUT_DEADLINE: Duration = Duration::from_secs(45);

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    telemetry::init();
    let current = Current::new(async |variables| {
        let config = RecordsConfig::load(variables)?;
        let installation = config.installation.clone();
        let (calls, openvidu) = config.adapters(dynamodb::client().await)?;
        Ok((installation, calls, openvidu))
    })
    .await?;
    run(service_fn(async |event: LambdaEvent<Value>| {
        let (installation, calls, openvidu) = &*current.get().await;
        sweep(installation, calls, openvidu, event).await
    }))
    .await
}

async fn sweep(
    installation: &Installation,
    calls: &DynamoDbCalls,
    openvidu: &OpenVidu,
    event: LambdaEvent<Value>,
) -> Result<Value, Error> {
    let deadline = event.context.deadline().duration_since(SystemTime::now());
    // `cargo lambda watch` sets a deadline in 1970.
    let left = deadline.map_or(WITHOUT_DEADLINE, |left| left.saturating_sub(RESERVE));
    let started = Instant::now();
    let video = openvidu.until(Deadline::after(left));
    let time_is_up = || started.elapsed() >= left;
    let report = sweep_calls(calls, &video, installation, system::now(), time_is_up).await?;
    tracing::info!(?report, "swept");
    telemetry::count(&[
        (Metric::CallsLookedAt, report.calls),
        (Metric::TokensForgotten, report.tokens_forgotten),
        (Metric::TokensGivenBack, report.tokens_given_back),
        (Metric::CallsClosed, report.calls_closed),
        (Metric::OrphansDeleted, report.orphans_deleted),
        (Metric::SweepFailures, report.failures),
    ]);
    Ok(json!({
        "calls": report.calls,
        "tokensForgotten": report.tokens_forgotten,
        "tokensGivenBack": report.tokens_given_back,
        "callsClosed": report.calls_closed,
        "orphansDeleted": report.orphans_deleted,
        "failures": report.failures,
        "complete": report.complete,
    }))
}
