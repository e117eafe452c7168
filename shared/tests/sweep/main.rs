//! What a sweep repairs, and what it leaves alone.

#![expect(clippy::unwrap_used, reason = "a test that panics has failed")]

mod ownership;
mod requests;
mod time;

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use shared::domain::{Role, SessionId, SessionName, Timestamp, UserName};
use shared::ports::{CallInventory, SweepRecord, VideoInventory, VideoServer};
use shared::system::now;
use shared::telemetry::Metric;
use shared::use_cases::{CALL_LIFETIME, SweepReport, sweep_calls};
use testing::{CallRecords, Faulty, Operation, Watch, World, installation};

/// A world whose records have been swept since ever.
async fn world() -> World {
    let world = World::new();
    let record = swept_since_ever();
    world.calls.keep_sweep_record(&record).await.unwrap();
    world
}

fn swept_since_ever() -> SweepRecord {
    SweepRecord {
        swept_at: Some(later()),
        ..SweepRecord::default()
    }
}

/// What a sweep has counted, without zeros.
fn counted(report: &SweepReport) -> Vec<(Metric, usize)> {
    let mut counts = report.counts();
    counts.retain(|(_, count)| *count > 0);
    counts
}

async fn sweep_at(world: &World, time: Timestamp) -> SweepReport {
    sweep_calls(
        &world.calls,
        &world.video,
        &world.installation,
        time,
        || false,
    )
    .await
    .unwrap()
}

/// The id of a session of ours, for any call.
fn session_of(call: &str) -> SessionId {
    SessionId::new(&SessionName::parse(call).unwrap(), &installation(), 7)
}

/// The id of a session of ours that is not on record.
fn orphan() -> SessionId {
    session_of("nobody's")
}

/// So long after every join of a test that no join can be going on.
fn later() -> Timestamp {
    now() + Duration::from_secs(180)
}

#[tokio::test]
async fn people_who_are_in_the_call_or_about_to_be_are_left_alone() {
    let world = world().await;
    let joined = world.join("publisher1", "call").await;
    world.join("publisher2", "call").await;
    world.video.enter(&joined.connection);
    let (records, seats) = (world.calls.records(), world.video.sessions());
    for time in [now(), later()] {
        let report = sweep_at(&world, time).await;
        assert_eq!(counted(&report), [(Metric::CallsLookedAt, 1)]);
    }
    assert_eq!(
        (world.calls.records(), world.video.sessions()),
        (records, seats)
    );
}

#[tokio::test]
async fn who_is_gone_is_forgotten_at_once_and_the_last_one_closes_the_call() {
    for time in [now(), later()] {
        let world = world().await;
        let one = world.join("publisher1", "call").await;
        let two = world.join("publisher2", "call").await;
        assert!(world.video.enter(&one.connection) && world.video.enter(&two.connection));
        world.video.exit(&one.connection.id);
        let report = sweep_at(&world, time).await;
        assert_eq!(
            (
                report.count(Metric::TokensForgotten),
                report.count(Metric::CallsClosed)
            ),
            (1, 0)
        );
        world.video.exit(&two.connection.id);
        let report = sweep_at(&world, time).await;
        assert_eq!(
            (
                report.count(Metric::TokensForgotten),
                report.count(Metric::CallsClosed)
            ),
            (1, 1)
        );
        assert_eq!(world.calls.records(), CallRecords::default());
    }
}

#[tokio::test]
async fn a_restarted_server_leaves_no_records_behind() {
    let world = world().await;
    for call in ["one", "two", "three"] {
        world.join("publisher1", call).await;
        world.join("subscriber", call).await;
    }
    world.video.restart();
    let report = sweep_at(&world, later()).await;
    assert_eq!(
        (
            report.count(Metric::CallsLookedAt),
            report.count(Metric::TokensForgotten),
            report.count(Metric::CallsClosed)
        ),
        (3, 6, 3)
    );
    assert_eq!(world.calls.records(), CallRecords::default());
}

#[tokio::test]
async fn a_token_nobody_used_for_ten_minutes_is_given_back() {
    let world = world().await;
    let used = world.join("publisher1", "call").await;
    world.video.enter(&used.connection);
    let unused = world.join("publisher2", "call").await;
    let report = sweep_at(&world, now() + Duration::from_secs(590)).await;
    assert_eq!(report.count(Metric::TokensGivenBack), 0);
    let report = sweep_at(&world, now() + Duration::from_secs(610)).await;
    assert_eq!(report.count(Metric::TokensGivenBack), 1);
    assert!(!world.video.enter(&unused.connection), "the token is dead");
    assert_eq!(world.calls.records().tokens.len(), 1);
}

#[tokio::test]
async fn a_call_that_is_alive_does_not_run_out() {
    let world = world().await;
    let joined = world.join("publisher1", "call").await;
    world.video.enter(&joined.connection);
    let half_time = now() + CALL_LIFETIME / 2 + Duration::from_secs(60);
    sweep_at(&world, half_time).await;
    let records = world.calls.records();
    let ends = records.sessions.values().map(|session| session.expires_at);
    let ends = ends.chain(records.tokens.values().map(|token| token.expires_at));
    for end in ends {
        assert_eq!(end, half_time + CALL_LIFETIME);
    }
}

#[tokio::test]
async fn records_are_prolonged_as_soon_as_more_than_half_of_their_time_is_over() {
    let world = world().await;
    let joined = world.join("publisher1", "call").await;
    world.video.enter(&joined.connection);
    let before = world.calls.records();
    let token = before.tokens.values().next().unwrap();
    let half_time = token.expires_at - CALL_LIFETIME / 2;
    sweep_at(&world, half_time).await;
    assert_eq!(world.calls.records(), before);
    let time = half_time + Duration::from_secs(1);
    sweep_at(&world, time).await;
    let records = world.calls.records();
    let ends = records.sessions.values().map(|session| session.expires_at);
    let mut ends = ends.chain(records.tokens.values().map(|token| token.expires_at));
    assert!(ends.all(|end| end == time + CALL_LIFETIME));
}

#[tokio::test]
async fn people_stay_in_a_call_whose_records_have_run_out() {
    for page_size in [1, 2, 100] {
        let mut world = world().await;
        // On record, the token that nobody uses comes first.
        let unused = world.join("moderator", "call").await;
        let [gone, ann, bob] = [
            world.join("publisher1", "call").await,
            world.join("publisher1", "call").await,
            world.join("publisher2", "call").await,
        ];
        for joined in [&gone, &ann, &bob] {
            assert!(world.video.enter(&joined.connection));
        }
        world.video.exit(&gone.connection.id);
        world.calls = world.calls.with_pages_of(page_size);
        let before = world.video.sessions().sessions;

        // No sweep has come for a day.
        let time = now() + CALL_LIFETIME + Duration::from_secs(60);
        sweep_at(&world, time).await;
        assert_eq!(world.video.sessions().sessions, before);

        // The next finds them on record, and gives back the token that nobody uses.
        let mut expected = before;
        let seats = expected.get_mut(&ann.session_id).unwrap();
        seats.remove(&unused.connection.id);
        sweep_at(&world, time + Duration::from_secs(60)).await;
        let records = world.calls.records();
        let mut in_call: Vec<_> = records.tokens.values().collect();
        in_call.retain(|token| token.expires_at > time);
        let connections = in_call.iter().map(|token| &token.connection);
        assert!(connections.eq([&ann.connection, &bob.connection]));
        let ends = in_call.iter().map(|token| token.expires_at);
        let ends = ends.chain(records.sessions.values().map(|session| session.expires_at));
        assert!(ends.into_iter().all(|end| end == time + CALL_LIFETIME));
        assert_eq!(world.video.sessions().sessions, expected);
    }
}

#[tokio::test]
async fn sessions_and_connections_that_are_not_on_record_are_ended() {
    let world = world().await;
    let joined = world.join("publisher1", "call").await;
    world.video.enter(&joined.connection);
    let user = UserName::parse("publisher2").unwrap();
    let stray = world
        .video
        .connect(&joined.session_id, &user, Role::Publisher, None)
        .await;
    let stray = stray.unwrap().unwrap();
    world.video.open(&orphan()).await.unwrap();
    let report = sweep_at(&world, later()).await;
    assert_eq!(report.count(Metric::OrphansDeleted), 2);
    let left = world.video.sessions().sessions;
    assert_eq!(left.len(), 1);
    assert_eq!(left[&joined.session_id].len(), 1);
    assert!(!world.video.enter(&stray));
}

#[tokio::test]
async fn a_call_on_several_pages_is_one_call() {
    let mut world = world().await;
    for _ in 0..5 {
        world.join("publisher1", "call").await;
    }
    world.calls = world.calls.with_pages_of(2);
    let report = sweep_at(&world, later()).await;
    assert_eq!(counted(&report), [(Metric::CallsLookedAt, 1)]);
}

/// Sweeps with time for this many checks.
async fn sweep_looking(world: &World, server: &impl VideoInventory, looks: usize) -> SweepReport {
    let asked = AtomicUsize::new(0);
    let time_is_up = || asked.fetch_add(1, Ordering::Relaxed) >= looks;
    sweep_calls(
        &world.calls,
        server,
        &world.installation,
        later(),
        time_is_up,
    )
    .await
    .unwrap()
}

#[tokio::test]
async fn orphans_that_cannot_be_ended_keep_no_others_from_being_ended() {
    let world = world().await;
    for number in 0..20 {
        world
            .video
            .open(&session_of(&format!("a stuck one {number}")))
            .await
            .unwrap();
    }
    for number in 0..5 {
        let id = session_of(&format!("b {number}"));
        world.video.open(&id).await.unwrap();
    }
    let watch = Watch::new(
        |operation| matches!(operation, Operation::CloseVideo(id) if id.as_str().starts_with('a')),
    );
    let server = Faulty::new(&world.video, &watch);
    let mut ended = 0;
    // One check is for the page of records, so six are for sessions.
    for _ in 0..5 {
        let report = sweep_looking(&world, &server, 7).await;
        assert_eq!(report.count(Metric::SweepIncomplete), 1);
        ended += report.count(Metric::OrphansDeleted);
    }
    assert_eq!(ended, 5);
    // With enough time, it begins again.
    let report = sweep_looking(&world, &server, usize::MAX).await;
    assert_eq!(report.count(Metric::SweepIncomplete), 0);
    assert_eq!(report.count(Metric::SweepFailures), 20);
    let record = world.calls.sweep_record().await.unwrap().unwrap();
    assert_eq!((record.next_page, record.orphans_after), (None, None));
}

#[tokio::test]
async fn tokens_are_given_back_only_while_there_is_time() {
    let world = world().await;
    for _ in 0..5 {
        world.join("publisher1", "call").await;
    }
    let watch = Watch::new(|_| false);
    let server = Faulty::new(&world.video, &watch);
    let asked = AtomicUsize::new(0);
    // One check is for the call.
    let time_is_up = || asked.fetch_add(1, Ordering::Relaxed) >= 3;
    let time = now() + Duration::from_secs(610);
    let ours = &world.installation;
    let report = sweep_calls(&world.calls, &server, ours, time, time_is_up).await;
    let report = report.unwrap();
    assert_eq!(report.count(Metric::TokensGivenBack), 2);
    assert_eq!(report.count(Metric::SweepFailures), 0);
    assert_eq!(report.count(Metric::SweepIncomplete), 1);
    assert_eq!(world.calls.records().tokens.len(), 3);
}

#[tokio::test]
async fn if_time_is_up_it_stops_and_says_so() {
    let world = world().await;
    world.video.open(&orphan()).await.unwrap();
    let report = sweep_calls(
        &world.calls,
        &world.video,
        &world.installation,
        later(),
        || true,
    )
    .await
    .unwrap();
    assert_eq!(report.count(Metric::SweepIncomplete), 1);
    assert_eq!(report.count(Metric::OrphansDeleted), 0);
}
