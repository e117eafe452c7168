//! What a report of the video server changes.

#![expect(clippy::unwrap_used, reason = "a test that panics has failed")]

use std::time::Duration;

use shared::domain::{SessionName, VideoEvent};
use shared::system::{new_session_id, now};
use shared::use_cases::{Joined, handle_event};
use testing::World;

/// Lets this many people be in one call.
async fn people(world: &World, count: usize) -> Vec<Joined> {
    let mut people = Vec::new();
    for user in ["publisher1", "publisher2"].into_iter().take(count) {
        let joined = world.join(user, "call").await;
        assert!(world.video.enter(&joined.connection));
        people.push(joined);
    }
    people
}

async fn handle(world: &World, event: VideoEvent) {
    let later = now() + Duration::from_secs(600);
    handle_event(&world.calls, &world.video, &event, later)
        .await
        .unwrap();
}

fn left(who: &Joined) -> VideoEvent {
    VideoEvent::Left(who.session_id.clone(), who.connection.id.clone())
}

#[tokio::test]
async fn whoever_has_left_is_forgotten_and_after_the_last_one_so_is_the_call() {
    let world = World::new();
    let people = people(&world, 2).await;
    world.video.exit(&people[0].connection.id);
    handle(&world, left(&people[0])).await;
    let records = world.calls.records();
    assert_eq!((records.sessions.len(), records.tokens.len()), (1, 1));

    world.video.exit(&people[1].connection.id);
    // Reports may come twice.
    for _ in 0..2 {
        handle(&world, left(&people[1])).await;
        let records = world.calls.records();
        assert_eq!((records.sessions.len(), records.tokens.len()), (0, 0));
    }
}

#[tokio::test]
async fn after_the_end_of_a_session_its_call_is_closed() {
    let world = World::new();
    let people = people(&world, 2).await;
    world.video.restart();
    handle(&world, VideoEvent::Ended(people[0].session_id.clone())).await;
    let records = world.calls.records();
    assert_eq!((records.sessions.len(), records.tokens.len()), (0, 0));
}

#[tokio::test]
async fn a_session_that_was_made_again_stays_after_a_late_report_of_its_end() {
    let world = World::new();
    let people = people(&world, 2).await;
    handle(&world, VideoEvent::Ended(people[0].session_id.clone())).await;
    assert_eq!(world.calls.records().tokens.len(), 2);
    assert_eq!(world.video.sessions().sessions.len(), 1);
}

#[tokio::test]
async fn a_report_of_an_earlier_opening_changes_nothing() {
    let world = World::new();
    let people = people(&world, 1).await;
    let call = SessionName::parse("call").unwrap();
    let earlier = new_session_id(&call, &world.installation);
    let before = (world.calls.records(), world.video.sessions());
    let connection = people[0].connection.id.clone();
    for event in [
        VideoEvent::Ended(earlier.clone()),
        VideoEvent::Left(earlier, connection),
    ] {
        handle(&world, event).await;
        assert_eq!((world.calls.records(), world.video.sessions()), before);
    }
}
