//! Ownership of sessions and connections: a sweep never touches those of others.

use std::time::Duration;

use shared::domain::{ConnectionId, Installation, Role, SessionId, SessionName, UserName};
use shared::ports::{CallInventory, CallStore, VideoServer};
use shared::system::{JitteredBackoff, new_session_id, now};
use shared::telemetry::Metric;
use shared::use_cases::{Joined, Participant, Whom, join_call, leave_call, sweep_calls};
use testing::{CallRecords, MemoryCalls, VideoSessions, World};

use crate::{later, orphan, session_of, sweep_at, swept_since_ever, world};

/// Sessions of other applications, of other installations, and of an earlier version of this one.
const FOREIGN: [&str; 8] = [
    "MyApp-0123456789abcdef",
    "meeting-9f86d081884c7d65",
    "TUTORIAL-00000000deadbeef",
    "Room_20x-0123456789abcdef",
    "call-5f3a9c1e7b2d4608",
    "call-3f9c21d07b59-5f3a9c1e7b2d4608",
    "call-3f9c21d07b5-5f3a9c1e7b2d4608",
    "3f9c21d07b58-5f3a9c1e7b2d4608",
];

/// Sweeps again and again for an hour.
async fn sweep_for_an_hour(world: &World) {
    for minutes in [0, 1, 2, 3, 5, 11, 30, 60] {
        sweep_at(world, now() + Duration::from_secs(minutes * 60)).await;
    }
}

fn participant(user: &str) -> Participant {
    Participant {
        user: UserName::parse(user).unwrap(),
        role: Role::Publisher,
        nickname: None,
    }
}

#[tokio::test]
async fn nobody_elses_session_is_touched_whatever_its_name() {
    let world = world().await;
    let user = UserName::parse("publisher1").unwrap();
    for id in FOREIGN {
        let id = SessionId::parse(id).unwrap();
        world.video.open(&id).await.unwrap();
        let connection = world.video.connect(&id, &user, Role::Publisher, None).await;
        assert!(world.video.enter(&connection.unwrap().unwrap()));
        let unused = world.video.connect(&id, &user, Role::Publisher, None).await;
        assert!(unused.unwrap().is_some());
    }
    let before = world.video.sessions();
    sweep_for_an_hour(&world).await;
    assert_eq!(world.video.sessions(), before);
}

#[tokio::test]
async fn two_installations_on_one_server_leave_each_other_alone() {
    let world = world().await;
    let other = Installation::parse("another0installation").unwrap();
    let their_calls = MemoryCalls::default();
    let their_id = |name: &SessionName| new_session_id(name, &other);
    let who = participant("publisher1");
    for call in ["call", "another call"] {
        let joined = world.join("publisher1", call).await;
        assert!(world.video.enter(&joined.connection));
        let name = SessionName::parse(call).unwrap();
        let joined = join_call(
            &their_calls,
            &world.video,
            &JitteredBackoff,
            their_id,
            &who,
            &name,
            now(),
        )
        .await;
        assert!(world.video.enter(&joined.unwrap().connection));
    }
    let (records, sessions) = (world.calls.records(), world.video.sessions());
    let their_records = their_calls.records();
    assert_eq!(sessions.sessions.len(), 4);
    for minutes in [0, 1, 3, 11, 60] {
        let time = now() + Duration::from_secs(minutes * 60);
        sweep_at(&world, time).await;
        let theirs = sweep_calls(&their_calls, &world.video, &other, time, || false).await;
        assert_eq!(theirs.unwrap().count(Metric::OrphansDeleted), 0);
    }
    assert_eq!(world.video.sessions(), sessions);
    assert_eq!(world.calls.records(), records);
    assert_eq!(their_calls.records(), their_records);
}

/// Lets people join two calls. One person in each never connects.
async fn two_calls(world: &World) -> [Joined; 2] {
    let mut in_call = Vec::new();
    for call in ["call", "another call"] {
        let joined = world.join("publisher1", call).await;
        assert!(world.video.enter(&joined.connection));
        world.join("publisher2", call).await;
        in_call.push(joined);
    }
    in_call.try_into().unwrap()
}

#[tokio::test]
async fn an_emptied_table_throws_nobody_out() {
    let world = world().await;
    two_calls(&world).await;
    sweep_at(&world, now()).await;
    let before = world.video.sessions();
    world.calls.clear();
    sweep_for_an_hour(&world).await;
    assert_eq!(world.video.sessions(), before);

    // What is made from then on is treated as usual.
    let time = now() + Duration::from_secs(110 * 60);
    world.video.set_clock(time);
    world.video.open(&orphan()).await.unwrap();
    sweep_at(&world, time + Duration::from_secs(60)).await;
    assert!(world.video.sessions().sessions.contains_key(&orphan()));
    sweep_at(&world, time + Duration::from_secs(180)).await;
    assert_eq!(world.video.sessions(), before);
}

#[tokio::test]
async fn the_time_of_the_first_sweep_is_kept() {
    let world = World::new();
    sweep_for_an_hour(&world).await;
    world.video.set_clock(now() + Duration::from_secs(600));
    world.video.open(&orphan()).await.unwrap();
    let hour = now() + Duration::from_secs(60 * 60);
    assert_eq!(
        sweep_at(&world, hour).await.count(Metric::OrphansDeleted),
        1
    );
}

#[tokio::test]
async fn what_an_operator_added_stays_until_nobody_else_is_in_the_call() {
    let world = world().await;
    let ann = world.join("publisher1", "call").await;
    assert!(world.video.enter(&ann.connection));
    let camera = ConnectionId::parse("ipc_IPCAM_rtsp_cam_example_org").unwrap();
    world.video.add_foreign(&ann.session_id, &camera);
    let before = world.video.sessions();
    sweep_for_an_hour(&world).await;
    assert_eq!(world.video.sessions(), before);

    // Ann's browser crashes, and nobody reports it.
    world.video.exit(&ann.connection.id);
    let connections = |sessions: VideoSessions| sessions.sessions[&ann.session_id].len();
    assert_eq!(connections(world.video.sessions()), 1);
    let report = sweep_at(&world, later()).await;
    assert_eq!(report.count(Metric::CallsClosed), 1);
    assert!(world.video.sessions().sessions.is_empty());
}

#[tokio::test]
async fn a_session_of_ours_off_the_record_that_only_has_a_camera_left_is_ended() {
    let world = world().await;
    let camera = ConnectionId::parse("ipc_IPCAM_rtsp_cam_example_org").unwrap();
    world.video.add_foreign(&orphan(), &camera);
    assert_eq!(
        sweep_at(&world, later())
            .await
            .count(Metric::OrphansDeleted),
        1
    );
    assert!(world.video.sessions().sessions.is_empty());
}

#[tokio::test]
async fn somebody_on_record_whose_connection_does_not_look_like_ours_stays_on_record() {
    let world = world().await;
    let joined = world.join("publisher1", "call").await;
    assert!(world.video.enter(&joined.connection));
    // A later version of this program may write other data, or an operator may change the role.
    world
        .video
        .add_foreign(&joined.session_id, &joined.connection.id);
    let before = (world.calls.records(), world.video.sessions());
    sweep_for_an_hour(&world).await;
    assert_eq!((world.calls.records(), world.video.sessions()), before);
}

#[tokio::test]
async fn a_connection_that_a_join_has_not_recorded_yet_is_left_alone() {
    let world = world().await;
    let joined = world.join("publisher1", "call").await;
    assert!(world.video.enter(&joined.connection));
    let user = UserName::parse("publisher2").unwrap();
    let joining = world
        .video
        .connect(&joined.session_id, &user, Role::Publisher, None);
    assert!(joining.await.unwrap().is_some());
    let before = world.video.sessions();
    sweep_at(&world, now()).await;
    assert_eq!(world.video.sessions(), before);
}

#[tokio::test]
async fn a_connection_whose_leave_did_not_reach_the_server_is_ended() {
    let world = world().await;
    let (stays, left) = (
        world.join("publisher1", "call").await,
        world.join("publisher2", "call").await,
    );
    assert!(world.video.enter(&stays.connection) && world.video.enter(&left.connection));
    let records = world.calls.records().tokens;
    let record = records.values().find(|it| it.connection == left.connection);
    let ended = record.unwrap().as_ended();
    world.calls.record(&ended).await.unwrap();
    sweep_at(&world, later()).await;
    let seats = &world.video.sessions().sessions[&stays.session_id];
    assert!(seats.keys().eq([&stays.connection.id]));
}

#[tokio::test]
async fn people_whose_tokens_are_on_record_stay_though_their_call_is_not() {
    let mut world = world().await;
    let joined = world.join("publisher1", "call").await;
    assert!(world.video.enter(&joined.connection));
    let tokens = world.calls.records().tokens;
    let records = CallRecords {
        tokens,
        ..CallRecords::default()
    };
    world.calls = records.into();
    let record = swept_since_ever();
    world.calls.keep_sweep_record(&record).await.unwrap();
    let before = world.video.sessions();
    sweep_at(&world, later()).await;
    assert_eq!(world.video.sessions(), before);
}

/// A call that an earlier version of this program opened: the id of its session has no mark.
async fn call_of_an_earlier_version(world: &World) -> (SessionId, Joined) {
    let id = SessionId::parse("call-5f3a9c1e7b2d4608").unwrap();
    let new_id = |_: &SessionName| id.clone();
    let who = participant("publisher1");
    let name = id.session_name();
    let joined = join_call(
        &world.calls,
        &world.video,
        &JitteredBackoff,
        new_id,
        &who,
        name,
        now(),
    )
    .await;
    let joined = joined.unwrap();
    assert!(world.video.enter(&joined.connection));
    (id, joined)
}

#[tokio::test]
async fn a_call_of_an_earlier_version_goes_on_until_everybody_has_left() {
    let world = world().await;
    let (id, ann) = call_of_an_earlier_version(&world).await;
    let bob = world.join("publisher2", "call").await;
    assert_eq!(bob.session_id, id);
    assert!(world.video.enter(&bob.connection));
    let before = world.video.sessions();
    sweep_for_an_hour(&world).await;
    assert_eq!(world.video.sessions(), before);

    // One leaves, the other vanishes. Then the call is opened again.
    let whom = Whom::Token(ann.connection.token);
    let (who, name) = (participant("publisher1"), id.session_name());
    leave_call(&world.calls, &world.video, &who, name, &whom, now())
        .await
        .unwrap();
    assert_eq!(world.video.sessions().sessions[&id].len(), 1);
    world.video.exit(&bob.connection.id);
    let report = sweep_at(&world, later()).await;
    assert_eq!(report.count(Metric::CallsClosed), 1);
    let joined = world.join("publisher1", "call").await;
    assert!(joined.session_id.is_of(&world.installation));
}

#[tokio::test]
async fn a_call_of_an_earlier_version_that_is_off_the_record_is_left_alone() {
    let world = world().await;
    let (id, _) = call_of_an_earlier_version(&world).await;
    let session = world.calls.find(id.session_name(), now()).await.unwrap();
    world.calls.clear();
    let before = world.video.sessions();
    sweep_for_an_hour(&world).await;
    assert_eq!(world.video.sessions(), before);
    assert_eq!(session.unwrap().id, id);
    assert_ne!(id, session_of("call"));
}
