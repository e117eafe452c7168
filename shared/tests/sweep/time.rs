//! A sweep that runs out of time, and sweeps with long breaks between them.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use futures_util::FutureExt;
use shared::domain::{Connection, Role, UserName};
use shared::ports::{CallInventory, Cursor, SweepRecord, VideoInventory, VideoServer};
use shared::system::now;
use shared::telemetry::Metric;
use shared::use_cases::{CALL_LIFETIME, Joined, SweepReport, sweep_calls};

use testing::{Faulty, Watch, World};

use crate::{later, orphan, sweep_at, swept_since_ever, world};

/// Lets this many people join one call.
async fn people_in_a_call(world: &World, count: usize) -> Vec<Joined> {
    let mut joined = Vec::new();
    for _ in 0..count {
        joined.push(world.join("publisher1", "call").await);
    }
    joined
}

/// Sweeps after `time`, until `time_is_up`.
async fn sweep_until(
    world: &World,
    server: &impl VideoInventory,
    time: Duration,
    time_is_up: impl Fn() -> bool,
) -> SweepReport {
    let (calls, ours) = (&world.calls, &world.installation);
    let report = sweep_calls(calls, server, ours, now() + time, time_is_up).await;
    report.unwrap()
}

#[tokio::test]
async fn lost_tokens_are_forgotten_only_while_there_is_time() {
    let world = world().await;
    people_in_a_call(&world, 5).await;
    world.video.restart();
    let left = || world.calls.records().tokens.len();
    let soon = Duration::from_secs(180);
    let report = sweep_until(&world, &world.video, soon, || left() <= 3).await;
    assert_eq!(left(), 3);
    assert_eq!(report.count(Metric::TokensForgotten), 2);
    assert_eq!(report.count(Metric::CallsClosed), 0);
    assert_eq!(report.count(Metric::SweepIncomplete), 1);
    // The next sweep does the rest.
    sweep_at(&world, later()).await;
    assert_eq!(left(), 0);
}

#[tokio::test]
async fn tokens_are_prolonged_only_while_there_is_time() {
    let world = world().await;
    for joined in people_in_a_call(&world, 5).await {
        assert!(world.video.enter(&joined.connection));
    }
    let half_time = CALL_LIFETIME / 2 + Duration::from_secs(60);
    let end = now() + CALL_LIFETIME + Duration::from_secs(60);
    let prolonged = || {
        let tokens = world.calls.records().tokens.into_values();
        tokens.filter(|token| token.expires_at > end).count()
    };
    let report = sweep_until(&world, &world.video, half_time, || prolonged() >= 2).await;
    assert_eq!(prolonged(), 2);
    assert_eq!(report.count(Metric::SweepIncomplete), 1);
}

#[tokio::test]
async fn orphans_in_one_session_are_ended_only_while_there_is_time() {
    let world = world().await;
    let joined = world.join("publisher1", "call").await;
    assert!(world.video.enter(&joined.connection));
    let user = UserName::parse("publisher2").unwrap();
    let id = &joined.session_id;
    for _ in 0..5 {
        let stray = world.video.connect(id, &user, Role::Publisher, None).await;
        assert!(matches!(stray, Ok(Some(Connection { .. }))));
    }
    let watch = Watch::new(|_| false);
    let server = Faulty::new(&world.video, &watch);
    let soon = Duration::from_secs(180);
    let evictions = || {
        let asked = watch.asked().into_iter();
        asked.filter(|what| *what == "evict").count()
    };
    let report = sweep_until(&world, &server, soon, || evictions() >= 2).await;
    assert_eq!(evictions(), 2);
    assert_eq!(report.count(Metric::SweepIncomplete), 1);
    sweep_at(&world, later()).await;
    assert_eq!(world.video.sessions().sessions[id].len(), 1);
}

/// Whatever the video server does, the next sweep does not read the same records again.
#[tokio::test]
async fn where_it_is_among_the_records_is_kept_before_it_ends_anything() {
    let world = world().await;
    world.video.open(&orphan()).await.unwrap();
    let half_way = SweepRecord {
        next_page: Some(Cursor {
            session_name: "call".to_owned(),
            record: "#session".to_owned(),
        }),
        ..swept_since_ever()
    };
    world.calls.keep_sweep_record(&half_way).await.unwrap();
    let kept = AtomicBool::new(false);
    let look = || {
        let record = world.calls.sweep_record().now_or_never();
        let record = record.unwrap().unwrap().unwrap();
        let is_there = world.video.sessions().sessions.contains_key(&orphan());
        if is_there && record.next_page.is_none() {
            kept.store(true, Ordering::Relaxed);
        }
        false
    };
    let report = sweep_until(&world, &world.video, Duration::from_secs(180), look).await;
    assert_eq!(report.count(Metric::OrphansDeleted), 1);
    assert!(kept.into_inner());
}

#[tokio::test]
async fn who_connects_while_tokens_are_given_back_stays() {
    let world = world().await;
    let joined = people_in_a_call(&world, 25).await;
    // The last token on record is not in the first batch.
    let records = world.calls.records();
    let last = records.tokens.into_values().next_back().unwrap();
    let late = joined.iter().find(|it| it.connection == last.connection);
    let late = late.unwrap();
    let time_is_up = || {
        if world.calls.records().tokens.len() == 15 {
            world.video.enter(&late.connection);
        }
        false
    };
    let report = sweep_until(&world, &world.video, Duration::from_secs(610), time_is_up).await;
    assert_eq!(report.count(Metric::TokensGivenBack), 24);
    let left = world.video.sessions().sessions;
    assert!(left[&late.session_id].keys().eq([&late.connection.id]));
}

/// The records may be an old copy, or may have expired while there was no sweep.
#[tokio::test]
async fn after_a_long_break_nothing_older_is_taken_for_an_orphan() {
    for (minutes, ended) in [(59, 1), (61, 0), (24 * 60, 0)] {
        let world = World::new();
        world
            .calls
            .keep_sweep_record(&SweepRecord::new(now()))
            .await
            .unwrap();
        world.video.set_clock(now() + Duration::from_secs(240));
        world.video.open(&orphan()).await.unwrap();
        let report = sweep_at(&world, now() + Duration::from_secs(minutes * 60)).await;
        assert_eq!(report.count(Metric::OrphansDeleted), ended, "{minutes}");
    }
}

#[tokio::test]
async fn sweeps_say_when_they_came_but_not_each_time() {
    let world = World::new();
    let first = now();
    let swept_at = async |seconds| {
        sweep_at(&world, first + Duration::from_secs(seconds)).await;
        let record = world.calls.sweep_record().await.unwrap().unwrap();
        assert_eq!(record.since, first);
        record.swept_at.unwrap() - first
    };
    assert_eq!(swept_at(0).await.as_secs(), 0);
    assert_eq!(swept_at(540).await.as_secs(), 0);
    assert_eq!(swept_at(600).await.as_secs(), 600);
    assert_eq!(swept_at(4000).await.as_secs(), 4000);
}

/// The store deletes its record.
#[tokio::test]
async fn a_token_that_has_just_run_out_is_neither_forgotten_nor_given_back() {
    let mut world = world().await;
    // One stays, one is gone, and the third has never connected.
    let joined = people_in_a_call(&world, 3).await;
    for joined in &joined[..2] {
        assert!(world.video.enter(&joined.connection));
    }
    world.video.exit(&joined[1].connection.id);
    let end = now() + CALL_LIFETIME;
    let mut records = world.calls.records();
    for token in records.tokens.values_mut() {
        token.expires_at = end;
    }
    world.calls = records.into();
    let record = SweepRecord::new(now());
    world.calls.keep_sweep_record(&record).await.unwrap();
    sweep_at(&world, end).await;
    assert_eq!(world.calls.records().tokens.len(), 3);
}
