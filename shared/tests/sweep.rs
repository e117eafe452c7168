//! What a sweep puts right, and what it leaves alone.

#![expect(clippy::unwrap_used, reason = "a test that panics has failed")]

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::time::Duration;

use shared::adapters::memory::{CallRecords, MemoryVideo};
use shared::domain::{
    Connection, ConnectionId, Role, Seats, SessionId, SessionName, Timestamp, UserName,
};
use shared::ports::{VideoError, VideoInventory, VideoServer};
use shared::system::now;
use shared::testing::{World, installation};
use shared::use_cases::{CALL_LIFETIME, SweepReport, sweep_calls};

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

/// The id of a session of ours that is not on record.
fn orphan() -> SessionId {
    SessionId::new(&SessionName::parse("nobody's").unwrap(), &installation(), 7)
}

/// Long enough after every join of a test that nobody can be joining any more.
fn later() -> Timestamp {
    now() + Duration::from_secs(180)
}

#[tokio::test]
async fn people_who_are_in_the_call_or_about_to_be_are_left_alone() {
    let world = World::new();
    let joined = world.join("publisher1", "call").await;
    world.join("publisher2", "call").await;
    world.video.enter(&joined.connection);
    let (records, seats) = (world.calls.records(), world.video.sessions());
    for time in [now(), later()] {
        let report = sweep_at(&world, time).await;
        let expected = SweepReport {
            calls: 1,
            complete: true,
            ..SweepReport::default()
        };
        assert_eq!(report, expected);
    }
    assert_eq!(
        (world.calls.records(), world.video.sessions()),
        (records, seats)
    );
}

#[tokio::test]
async fn who_is_gone_is_forgotten_at_once_and_the_last_one_closes_the_call() {
    for time in [now(), later()] {
        let world = World::new();
        let one = world.join("publisher1", "call").await;
        let two = world.join("publisher2", "call").await;
        assert!(world.video.enter(&one.connection) && world.video.enter(&two.connection));
        world.video.exit(&one.connection.id);
        let report = sweep_at(&world, time).await;
        assert_eq!((report.tokens_forgotten, report.calls_closed), (1, 0));
        world.video.exit(&two.connection.id);
        let report = sweep_at(&world, time).await;
        assert_eq!((report.tokens_forgotten, report.calls_closed), (1, 1));
        assert_eq!(world.calls.records(), CallRecords::default());
    }
}

#[tokio::test]
async fn a_restarted_server_leaves_no_records_behind() {
    let world = World::new();
    for call in ["one", "two", "three"] {
        world.join("publisher1", call).await;
        world.join("subscriber", call).await;
    }
    world.video.restart();
    let report = sweep_at(&world, later()).await;
    assert_eq!(
        (report.calls, report.tokens_forgotten, report.calls_closed),
        (3, 6, 3)
    );
    assert_eq!(world.calls.records(), CallRecords::default());
}

#[tokio::test]
async fn a_token_nobody_used_for_ten_minutes_is_given_back() {
    let world = World::new();
    let used = world.join("publisher1", "call").await;
    world.video.enter(&used.connection);
    let unused = world.join("publisher2", "call").await;
    let report = sweep_at(&world, now() + Duration::from_secs(590)).await;
    assert_eq!(report.tokens_given_back, 0);
    let report = sweep_at(&world, now() + Duration::from_secs(610)).await;
    assert_eq!(report.tokens_given_back, 1);
    assert!(!world.video.enter(&unused.connection), "the token is dead");
    assert_eq!(world.calls.records().tokens.len(), 1);
}

#[tokio::test]
async fn a_call_that_is_alive_does_not_run_out() {
    let world = World::new();
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
async fn sessions_and_connections_that_are_not_on_record_are_ended() {
    let world = World::new();
    let joined = world.join("publisher1", "call").await;
    world.video.enter(&joined.connection);
    let user = UserName::parse("publisher2").unwrap();
    let stray = world
        .video
        .connect(&joined.session_id, &user, Role::Publisher)
        .await;
    let stray = stray.unwrap().unwrap();
    let orphan = orphan();
    world.video.open(&orphan).await.unwrap();
    let report = sweep_at(&world, later()).await;
    assert_eq!(report.orphans_deleted, 2);
    let left = world.video.sessions().sessions;
    assert_eq!(left.len(), 1);
    assert_eq!(left[&joined.session_id].len(), 1);
    assert!(!world.video.enter(&stray));
}

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

#[tokio::test]
async fn nobody_elses_session_is_touched_whatever_its_name() {
    let world = World::new();
    let user = UserName::parse("publisher1").unwrap();
    for id in FOREIGN {
        let id = SessionId::parse(id).unwrap();
        world.video.open(&id).await.unwrap();
        let connection = world.video.connect(&id, &user, Role::Publisher).await;
        assert!(world.video.enter(&connection.unwrap().unwrap()));
        world
            .video
            .connect(&id, &user, Role::Publisher)
            .await
            .unwrap();
    }
    let before = world.video.sessions();
    for minutes in [0, 3, 11, 60] {
        let report = sweep_at(&world, now() + Duration::from_secs(minutes * 60)).await;
        assert_eq!(report.orphans_deleted, 0);
    }
    assert_eq!(world.video.sessions(), before);
}

#[tokio::test]
async fn if_time_is_up_it_stops_and_says_so() {
    let world = World::new();
    let orphan = orphan();
    world.video.open(&orphan).await.unwrap();
    let report = sweep_calls(
        &world.calls,
        &world.video,
        &world.installation,
        later(),
        || true,
    )
    .await
    .unwrap();
    assert!(!report.complete);
    assert_eq!(report.orphans_deleted, 0);
}

/// A server that counts what it is asked for, or that answers nothing.
struct Server<'a> {
    memory: &'a MemoryVideo,
    answers: bool,
    asked: Mutex<Vec<&'static str>>,
}

impl<'a> Server<'a> {
    fn new(memory: &'a MemoryVideo, answers: bool) -> Self {
        let asked = Mutex::default();
        Self {
            memory,
            answers,
            asked,
        }
    }

    fn ask(&self, what: &'static str) -> Result<&MemoryVideo, VideoError> {
        self.asked.lock().unwrap().push(what);
        self.answers
            .then_some(self.memory)
            .ok_or(VideoError::TimedOut)
    }
}

impl VideoServer for Server<'_> {
    async fn open(&self, id: &SessionId) -> Result<(), VideoError> {
        self.ask("open")?.open(id).await
    }
    async fn connect(
        &self,
        id: &SessionId,
        user: &UserName,
        role: Role,
    ) -> Result<Option<Connection>, VideoError> {
        self.ask("connect")?.connect(id, user, role).await
    }
    async fn evict(&self, id: &SessionId, connection: &ConnectionId) -> Result<bool, VideoError> {
        self.ask("evict")?.evict(id, connection).await
    }
    async fn close(&self, id: &SessionId) -> Result<(), VideoError> {
        self.ask("close")?.close(id).await
    }
}

impl VideoInventory for Server<'_> {
    async fn seats(&self, id: &SessionId) -> Result<Option<Seats>, VideoError> {
        self.ask("list one")?.seats(id).await
    }
    async fn all_seats(&self) -> Result<BTreeMap<SessionId, Seats>, VideoError> {
        self.ask("list all")?.all_seats().await
    }
}

#[tokio::test]
async fn it_asks_the_video_server_once_and_then_only_for_what_changes_something() {
    let world = World::new();
    // Of ten calls one has nobody any more, in one somebody never connected, and one is not on record.
    for number in 0..10 {
        let call = format!("call {number}");
        let joined = world.join("publisher1", &call).await;
        assert!(world.video.enter(&joined.connection));
        if number == 0 {
            world.video.exit(&joined.connection.id);
        }
    }
    world.join("publisher2", "call 5").await;
    let orphan = orphan();
    world.video.open(&orphan).await.unwrap();

    let server = Server::new(&world.video, true);
    let time = now() + Duration::from_secs(610);
    sweep_calls(&world.calls, &server, &world.installation, time, || false)
        .await
        .unwrap();
    // Before it gives a token back it makes sure that nobody has used it meanwhile.
    let asked = ["list all", "list one", "evict", "close"];
    assert_eq!(*server.asked.lock().unwrap(), asked);
    assert_eq!(world.calls.records().tokens.len(), 9);

    let server = Server::new(&world.video, true);
    sweep_calls(&world.calls, &server, &world.installation, time, || false)
        .await
        .unwrap();
    assert_eq!(*server.asked.lock().unwrap(), ["list all"]);
}

#[tokio::test]
async fn if_the_video_server_cannot_be_asked_nothing_changes() {
    let world = World::new();
    world.join("publisher1", "call").await;
    world.video.restart();
    let before = world.calls.records();
    let server = Server::new(&world.video, false);
    assert!(
        sweep_calls(&world.calls, &server, &world.installation, later(), || {
            false
        })
        .await
        .is_err()
    );
    assert_eq!(world.calls.records(), before);
}
