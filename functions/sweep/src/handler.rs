//! From a tick of the schedule to a report: sweep.

use std::time::Duration;

use serde_json::Value;
use shared::deadline::Deadline;
use shared::domain::Installation;
use shared::ports::{CallInventory, VideoInventory};
use shared::system;
use shared::telemetry;
use shared::use_cases::{ReconcileError, sweep_calls};

/// The sweep begins nothing new in this time before the deadline, so that it can finish what it has
/// begun.
const LAST_START: Duration = Duration::from_secs(15);

/// Sweeps once. Reports the result to the log, the metrics and the caller.
pub(crate) async fn sweep(
    installation: &Installation,
    calls: &impl CallInventory,
    video: &impl VideoInventory,
    deadline: Deadline,
) -> Result<Value, ReconcileError> {
    let time_is_up = || deadline.left() <= LAST_START;
    let report = sweep_calls(calls, video, installation, system::now(), time_is_up).await?;
    tracing::info!(?report, "swept");
    let counts = report.counts();
    telemetry::count(&counts);
    let counts = counts.into_iter();
    Ok(counts
        .map(|(metric, count)| (metric.name(), count))
        .collect())
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use testing::CallRecords;
    use testing::{Fault, Faulty, World};

    use super::*;

    #[tokio::test]
    async fn a_sweep_puts_records_right_and_says_so() {
        let world = World::new();
        let joined = world.join("publisher1", "call").await;
        assert!(world.video.enter(&joined.connection));
        let nothing_to_do = sweep(&world.installation, &world.calls, &world.video, in_time())
            .await
            .unwrap();
        assert_eq!(
            nothing_to_do,
            json!({
                "CallsLookedAt": 1, "TokensForgotten": 0, "TokensGivenBack": 0, "CallsClosed": 0,
                "OrphansDeleted": 0, "RecordsUnreadable": 0, "SweepFailures": 0, "SweepIncomplete": 0,
            })
        );
        world.video.restart();
        let report = sweep(&world.installation, &world.calls, &world.video, in_time())
            .await
            .unwrap();
        assert_eq!([&report["TokensForgotten"], &report["CallsClosed"]], [1, 1]);
        assert_eq!(world.calls.records(), CallRecords::default());
    }

    #[tokio::test(start_paused = true)]
    async fn nothing_new_is_begun_shortly_before_the_deadline() {
        let world = World::new();
        let joined = world.join("publisher1", "call").await;
        assert!(world.video.enter(&joined.connection));
        world.video.restart();
        let before = world.calls.records();
        let deadline = Deadline::after(LAST_START);
        let report = sweep(&world.installation, &world.calls, &world.video, deadline)
            .await
            .unwrap();
        assert_eq!(report["SweepIncomplete"], 1);
        assert_eq!(world.calls.records(), before);
    }

    #[tokio::test(start_paused = true)]
    async fn a_sweep_of_slow_records_stops_before_the_deadline() {
        let world = World::new();
        for call in 0..40 {
            world.join("publisher1", &format!("call {call}")).await;
        }
        world.video.restart();
        let slow = Fault::Takes(Duration::from_millis(1900));
        let slow = Faulty::new(&world.calls, slow);
        let deadline = in_time();
        let report = sweep(&world.installation, &slow, &world.video, deadline).await;
        assert_eq!(report.unwrap()["SweepIncomplete"], 1);
        assert!(!deadline.has_passed());
    }

    fn in_time() -> Deadline {
        Deadline::after(Duration::from_secs(50))
    }
}
