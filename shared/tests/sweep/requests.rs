//! What a sweep asks the video server and the store.

use std::time::Duration;

use shared::ports::{CallStore, TokenRecords, VideoServer};
use shared::system::now;
use shared::telemetry::Metric;
use shared::use_cases::{CALL_LIFETIME, sweep_calls};
use testing::{Fate, Faults, Faulty, Operation, Watch};

use crate::{later, orphan, sweep_at, world};

#[tokio::test]
async fn it_asks_the_video_server_once_and_then_only_for_what_changes_something() {
    let world = world().await;
    // Of ten calls, one is empty, one has somebody who never connected, and one is not on record.
    for number in 0..10 {
        let call = format!("call {number}");
        let joined = world.join("publisher1", &call).await;
        assert!(world.video.enter(&joined.connection));
        if number == 0 {
            world.video.exit(&joined.connection.id);
        }
    }
    for unused in ["publisher2", "publisher2", "subscriber"] {
        world.join(unused, "call 5").await;
    }
    world.video.open(&orphan()).await.unwrap();

    let watch = Watch::new(|_| false);
    let server = Faulty::new(&world.video, &watch);
    // At a time without nudges.
    let time = now() + Duration::from_secs(700);
    sweep_calls(&world.calls, &server, &world.installation, time, || false)
        .await
        .unwrap();
    // Before it gives tokens back, it makes sure that nobody has used them meanwhile: once per call.
    let asked = ["all_seats", "seats", "evict", "evict", "evict", "close"];
    assert_eq!(watch.asked(), asked);
    assert_eq!(world.calls.records().tokens.len(), 9);

    let watch = Watch::new(|_| false);
    let server = Faulty::new(&world.video, &watch);
    sweep_calls(&world.calls, &server, &world.installation, time, || false)
        .await
        .unwrap();
    assert_eq!(watch.asked(), ["all_seats"]);
}

#[tokio::test]
async fn of_calls_in_which_nothing_is_wrong_it_reads_only_the_pages() {
    let world = world().await;
    let joined = world.join("publisher1", "call").await;
    assert!(world.video.enter(&joined.connection));
    // Somebody is opening another call.
    let id = orphan();
    let (name, lifetime) = (id.session_name(), CALL_LIFETIME);
    let opening = world.calls.find_or_open(name, &id, now(), now() + lifetime);
    opening.await.unwrap();

    let watch = Watch::new(|_| false);
    let calls = Faulty::new(&world.calls, &watch);
    let ours = &world.installation;
    sweep_calls(&calls, &world.video, ours, now(), || false)
        .await
        .unwrap();
    assert_eq!(watch.asked(), ["sweep_record", "page"]);

    // Later nobody can be opening it any more.
    let report = sweep_at(&world, later()).await;
    assert_eq!(report.count(Metric::CallsClosed), 1);
    assert_eq!(world.calls.records().sessions.len(), 1);
}

#[tokio::test]
async fn whose_join_may_still_go_on_is_forgotten_only_after_another_look_at_the_server() {
    for (time, asked) in [
        (now(), vec!["all_seats", "seats"]),
        (later(), vec!["all_seats"]),
    ] {
        let world = world().await;
        world.join("publisher1", "call").await;
        world.video.restart();
        let watch = Watch::new(|_| false);
        let server = Faulty::new(&world.video, &watch);
        let report = sweep_calls(&world.calls, &server, &world.installation, time, || false).await;
        assert_eq!(report.unwrap().count(Metric::TokensForgotten), 1);
        assert_eq!(watch.asked(), asked);
    }
}

#[tokio::test]
async fn a_server_that_does_not_answer_is_one_failure_for_a_call() {
    let world = world().await;
    for _ in 0..5 {
        world.join("publisher1", "call").await;
    }
    let watch = Watch::new(|operation| operation.method() == "evict");
    let server = Faulty::new(&world.video, &watch);
    let time = now() + Duration::from_secs(610);
    let ours = &world.installation;
    let report = sweep_calls(&world.calls, &server, ours, time, || false).await;
    assert_eq!(report.unwrap().count(Metric::SweepFailures), 1);
    assert_eq!(watch.asked(), ["all_seats", "seats", "evict"]);
}

#[tokio::test]
async fn if_the_video_server_cannot_be_asked_nothing_changes() {
    let world = world().await;
    world.join("publisher1", "call").await;
    world.video.restart();
    let before = world.calls.records();
    let watch = Watch::new(|_| true);
    let server = Faulty::new(&world.video, &watch);
    assert!(
        sweep_calls(&world.calls, &server, &world.installation, later(), || {
            false
        })
        .await
        .is_err()
    );
    assert_eq!(world.calls.records(), before);
}

/// A store that cannot read the token of any call.
struct Unreadable;

impl Faults for Unreadable {
    async fn strike(&self, operation: Operation) -> Fate {
        let tokens = TokenRecords {
            readable: vec![],
            unreadable: 1,
        };
        match operation {
            Operation::Tokens(_) => Fate::Answered(Box::new(tokens.into())),
            _ => Fate::Works,
        }
    }
}

/// The token may be that of somebody in the session.
#[tokio::test]
async fn while_a_token_cannot_be_read_no_session_of_its_call_is_taken_for_an_orphan() {
    let world = world().await;
    world.video.open(&orphan()).await.unwrap();
    let calls = Faulty::new(&world.calls, Unreadable);
    let report = sweep_calls(&calls, &world.video, &world.installation, later(), || false).await;
    assert_eq!(report.unwrap().count(Metric::OrphansDeleted), 0);
    assert!(world.video.sessions().sessions.contains_key(&orphan()));
    let report = sweep_at(&world, later()).await;
    assert_eq!(report.count(Metric::OrphansDeleted), 1);
}
