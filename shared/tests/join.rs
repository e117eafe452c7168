//! What a join repeats, and what it takes back when it fails.

#![expect(clippy::unwrap_used, reason = "a test that panics has failed")]

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use shared::domain::{Role, SessionId, SessionName, UserName};
use shared::ports::{Backoff, CallStore, VideoServer};
use shared::system::{new_session_id, now};
use shared::use_cases::{CALL_LIFETIME, JoinError, Joined, Participant, join_call};
use testing::{Answer, Fate, Faults, Faulty, Operation, Script, Watch, World};

/// Notes the waits.
#[derive(Default)]
struct Waits(Mutex<Vec<usize>>);

impl Backoff for Waits {
    async fn wait(&self, repetition: usize) {
        self.0.lock().unwrap().push(repetition);
    }
}

fn call() -> SessionName {
    SessionName::parse("call").unwrap()
}

/// Lets ann join the call, with these faults of the records and of the video server.
async fn join(
    world: &World,
    calls: impl Faults,
    video: impl Faults,
) -> (Result<Joined, JoinError>, Vec<usize>) {
    let (calls, video) = (
        Faulty::new(&world.calls, calls),
        Faulty::new(&world.video, video),
    );
    let ann = Participant {
        user: UserName::parse("ann").unwrap(),
        role: Role::Publisher,
        nickname: None,
    };
    let (id, waits) = (
        |name: &SessionName| new_session_id(name, &world.installation),
        Waits::default(),
    );
    let joined = join_call(&calls, &video, &waits, id, &ann, &call(), now()).await;
    (joined, waits.0.into_inner().unwrap())
}

fn nothing() -> Script {
    Script::new([])
}

fn fails(method: &'static str) -> (&'static str, Fate) {
    let after_effect = false;
    (method, Fate::Fails { after_effect })
}

fn fails_after(method: &'static str) -> (&'static str, Fate) {
    let after_effect = true;
    (method, Fate::Fails { after_effect })
}

fn no_session() -> (&'static str, Fate) {
    (
        "connect",
        Fate::Answered(Box::new(Answer::Connection(None))),
    )
}

/// Lets the last participant leave just before the join is confirmed, this many times.
struct ClosedMeanwhile<'a> {
    world: &'a World,
    times: AtomicUsize,
}

impl Faults for ClosedMeanwhile<'_> {
    async fn strike(&self, operation: Operation) -> Fate {
        let left = self.times.load(Ordering::Relaxed);
        if operation.method() == "confirm" && left > 0 {
            self.times.store(left - 1, Ordering::Relaxed);
            let calls = &self.world.calls;
            let opened = calls.find(&call(), now()).await.unwrap().unwrap();
            assert!(calls.close(&opened).await.unwrap());
        }
        Fate::Works
    }
}

#[tokio::test]
async fn a_join_starts_again_seven_times_if_the_call_is_closed_meanwhile() {
    for times in [0, 1, 7, 8] {
        let world = World::new();
        let meanwhile = ClosedMeanwhile {
            world: &world,
            times: AtomicUsize::new(times),
        };
        let (joined, waits) = join(&world, &meanwhile, nothing()).await;
        assert!(waits.iter().copied().eq(1..=times.min(7)), "{waits:?}");
        assert_eq!(meanwhile.times.into_inner(), 0);
        let left = match joined {
            Ok(joined) => {
                assert_eq!((joined.restarts, joined.recreations), (times, 0));
                1
            }
            Err(JoinError::Busy) => {
                assert_eq!(times, 8);
                0
            }
            Err(error) => panic!("{error}"),
        };
        // Nothing is left of the tries before.
        let (records, sessions) = (world.calls.records(), world.video.sessions().sessions);
        assert_eq!(records.tokens.len(), left);
        assert_eq!((records.sessions.len(), sessions.len()), (left, left));
    }
}

#[tokio::test]
async fn a_session_that_the_video_server_has_lost_is_made_again_three_times() {
    for times in [0, 1, 3] {
        let world = World::new();
        let script = Script::new((0..times).map(|_| no_session()));
        let (joined, waits) = join(&world, nothing(), &script).await;
        let joined = joined.unwrap();
        assert_eq!((joined.restarts, joined.recreations), (0, times));
        assert!(waits.iter().copied().eq(1..=times), "{waits:?}");
        assert!(script.is_over());
    }
    // After that, the call on record may be another, so the join starts again.
    let world = World::new();
    let (joined, waits) = join(&world, nothing(), Script::new((0..5).map(|_| no_session()))).await;
    let joined = joined.unwrap();
    assert_eq!((joined.restarts, joined.recreations), (1, 1));
    assert_eq!(waits, [1, 2, 3, 1, 1]);
}

#[tokio::test]
async fn an_opening_whose_answer_is_lost_is_asked_for_once_more() {
    let world = World::new();
    let script = Script::new([fails_after("find_or_open")]);
    let (joined, waits) = join(&world, script, nothing()).await;
    // It found the call that its own first request had opened, without a session at the video server.
    let joined = joined.unwrap();
    assert_eq!((joined.restarts, joined.recreations), (0, 1));
    assert_eq!(waits, [1]);
    assert_eq!(world.calls.records().sessions.len(), 1);

    let world = World::new();
    let script = Script::new([fails("find_or_open"), fails("find_or_open")]);
    let (joined, _) = join(&world, &script, nothing()).await;
    assert!(matches!(joined, Err(JoinError::Store(_))), "{joined:?}");
    assert!(script.is_over());
}

#[tokio::test]
async fn a_first_join_that_fails_leaves_nothing() {
    for (calls, video) in [
        (Some(fails("record")), None),
        (Some(fails_after("record")), None),
        (Some(fails("confirm")), None),
        (Some(fails_after("confirm")), None),
        (None, Some(fails("open"))),
        (None, Some(fails_after("open"))),
        (None, Some(fails("connect"))),
        (None, Some(fails_after("connect"))),
    ] {
        let world = World::new();
        let fault = format!("{calls:?} {video:?}");
        let (joined, _) = join(&world, Script::new(calls), Script::new(video)).await;
        assert!(joined.is_err(), "{fault}");
        let records = world.calls.records();
        assert!(
            records.sessions.is_empty() && records.tokens.is_empty(),
            "{fault}"
        );
        assert!(world.video.sessions().sessions.is_empty(), "{fault}");
    }
}

#[tokio::test]
async fn a_later_join_that_fails_leaves_the_call_as_it_was() {
    for method in ["record", "confirm"] {
        for fault in [fails(method), fails_after(method)] {
            let world = World::new();
            let bobs = world.join("publisher1", "call").await;
            let before = (
                world.calls.records().tokens,
                world.video.sessions().sessions,
            );
            let what = format!("{fault:?}");
            let watch = Watch::new(|_| false);
            let (joined, _) = join(&world, Script::new([fault]), &watch).await;
            assert!(joined.is_err(), "{what}");
            let after = (
                world.calls.records().tokens,
                world.video.sessions().sessions,
            );
            assert_eq!(after, before, "{what}");
            assert_eq!(watch.asked(), ["connect", "evict"], "{what}");
            assert!(world.video.enter(&bobs.connection), "{what}");
        }
    }
}

/// Lets somebody else close the call and open it again while a token is recorded, which then fails.
struct ReopenedMeanwhile<'a> {
    world: &'a World,
    reopened: SessionId,
}

impl Faults for ReopenedMeanwhile<'_> {
    async fn strike(&self, operation: Operation) -> Fate {
        if operation.method() != "record" {
            return Fate::Works;
        }
        let (calls, call) = (&self.world.calls, call());
        let opened = calls.find(&call, now()).await.unwrap().unwrap();
        assert!(calls.close(&opened).await.unwrap());
        self.world.video.close(&opened.id).await.unwrap();
        let until = now() + CALL_LIFETIME;
        calls
            .find_or_open(&call, &self.reopened, now(), until)
            .await
            .unwrap();
        self.world.video.open(&self.reopened).await.unwrap();
        fails("record").1
    }
}

#[tokio::test]
async fn a_join_that_fails_closes_nobody_elses_call() {
    let world = World::new();
    let reopened = new_session_id(&call(), &world.installation);
    let meanwhile = ReopenedMeanwhile {
        world: &world,
        reopened: reopened.clone(),
    };
    let (joined, _) = join(&world, meanwhile, nothing()).await;
    assert!(matches!(joined, Err(JoinError::Store(_))), "{joined:?}");
    let on_record = world.calls.find(&call(), now()).await.unwrap();
    assert_eq!(on_record.map(|session| session.id), Some(reopened.clone()));
    assert!(world.video.sessions().sessions.keys().eq([&reopened]));
}
