//! Participants whose connection was reset: the server keeps them until it sends them something.

#![expect(clippy::unwrap_used, reason = "a test that panics has failed")]

use std::time::Duration;

use shared::domain::{Role, SessionId, Timestamp, UserName};
use shared::ports::{CallInventory, SweepRecord, VideoServer};
use shared::system::now;
use shared::telemetry::Metric;
use shared::use_cases::{Joined, SweepReport, sweep_calls};
use testing::CallRecords;
use testing::World;

/// A world whose records have always been swept, and its time.
async fn world() -> (World, Timestamp) {
    let (world, now) = (World::new(), now());
    world.video.set_clock(now);
    let record = SweepRecord::default();
    world.calls.keep_sweep_record(&record).await.unwrap();
    (world, now)
}

async fn enter(world: &World, user: &str) -> Joined {
    let joined = world.join(user, "call").await;
    assert!(world.video.enter(&joined.connection));
    joined
}

async fn sweep_at(world: &World, time: Timestamp) -> SweepReport {
    let (calls, video) = (&world.calls, &world.video);
    let report = sweep_calls(calls, video, &world.installation, time, || false);
    report.await.unwrap()
}

const fn minutes(minutes: u64) -> Duration {
    Duration::from_secs(minutes * 60)
}

#[tokio::test]
async fn a_ghost_is_gone_within_twelve_minutes_wherever_the_sweeps_fall() {
    for offset in [0, 1, 29, 59] {
        let (world, start) = world().await;
        let ghost = enter(&world, "publisher1").await;
        world.video.reset(&ghost.connection.id);
        for minute in 0..10 {
            sweep_at(
                &world,
                start + minutes(minute) + Duration::from_secs(offset),
            )
            .await;
        }
        assert_eq!(world.calls.records().tokens.len(), 1, "too early");
        for minute in 10..13 {
            sweep_at(
                &world,
                start + minutes(minute) + Duration::from_secs(offset),
            )
            .await;
        }
        assert_eq!(world.calls.records(), CallRecords::default());
        assert!(world.video.sessions().sessions.is_empty());
    }
}

#[tokio::test]
async fn in_a_call_that_goes_on_only_the_ghost_ends() {
    let (world, start) = world().await;
    let ghost = enter(&world, "publisher1").await;
    let alive = enter(&world, "publisher2").await;
    // The call goes on for a long time, and only then somebody is cut off.
    for minute in 0..34 {
        sweep_at(&world, start + minutes(minute)).await;
    }
    world.video.reset(&ghost.connection.id);
    for minute in 34..43 {
        sweep_at(&world, start + minutes(minute)).await;
    }
    let left = world.calls.records().tokens;
    let left: Vec<_> = left.values().map(|token| &token.connection).collect();
    assert_eq!(left, [&alive.connection]);
}

#[tokio::test]
async fn a_session_is_nudged_once_or_twice_in_ten_minutes_without_effect_on_others() {
    let (world, start) = world().await;
    let joined = enter(&world, "publisher1").await;
    let before = (world.calls.records(), world.video.sessions());
    for minute in 0..60 {
        let report = sweep_at(&world, start + minutes(minute)).await;
        assert_eq!(report.count(Metric::SweepFailures), 0);
    }
    let nudges = world.video.nudges();
    assert!((5..=10).contains(&nudges.len()), "{nudges:?}");
    assert!(nudges.iter().all(|id| *id == joined.session_id));
    assert_eq!((world.calls.records(), world.video.sessions()), before);
}

#[tokio::test]
async fn a_nudge_comes_within_ninety_seconds_after_every_ten_minutes() {
    for (seconds, nudges) in [(599, 0), (600, 1), (689, 1), (690, 0), (1199, 0), (1200, 1)] {
        let (world, start) = world().await;
        enter(&world, "publisher1").await;
        sweep_at(&world, start + Duration::from_secs(seconds)).await;
        assert_eq!(world.video.nudges().len(), nudges, "after {seconds} s");
    }
}

#[tokio::test]
async fn only_our_quiet_sessions_with_people_in_them_are_nudged() {
    let (world, start) = world().await;
    // Nobody has connected yet.
    world.join("publisher1", "not entered").await;
    // Somebody connects every nine minutes.
    let user = UserName::parse("publisher1").unwrap();
    for id in [
        "call-3f9c21d07b59-5f3a9c1e7b2d4608",
        "call-5f3a9c1e7b2d4608",
    ] {
        let id = SessionId::parse(id).unwrap();
        world.video.open(&id).await.unwrap();
        let made = world.video.connect(&id, &user, Role::Publisher, None).await;
        assert!(world.video.enter(&made.unwrap().unwrap()));
    }
    for minute in 0..60 {
        let time = start + minutes(minute);
        world.video.set_clock(time);
        if minute % 9 == 0 {
            enter(&world, "publisher1").await;
        }
        sweep_at(&world, time).await;
    }
    assert_eq!(world.video.nudges(), [] as [SessionId; 0]);
}

#[tokio::test]
async fn without_time_left_nobody_is_nudged() {
    let (world, start) = world().await;
    enter(&world, "publisher1").await;
    let (calls, video) = (&world.calls, &world.video);
    let report = sweep_calls(
        calls,
        video,
        &world.installation,
        start + minutes(10),
        || true,
    );
    report.await.unwrap();
    assert_eq!(world.video.nudges(), [] as [SessionId; 0]);
}
