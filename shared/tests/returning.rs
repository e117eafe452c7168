//! A video server where an old token may be used again, and where only who is connected is listed.

#![expect(clippy::unwrap_used, reason = "a test that panics has failed")]

use std::time::Duration;

use shared::domain::{
    Connection, Role, SessionId, SessionName, Timestamp, TokenRecord, UserName, VideoEvent,
};
use shared::ports::{CallStore, VideoInventory, VideoServer};
use shared::system::new_session_id;
use shared::telemetry::Metric;
use shared::use_cases::{
    Joined, Participant, SweepReport, Whom, handle_event, join_call, leave_call, sweep_calls,
};
use testing::{
    Answer, CallRecords, Fate, Faulty, MemoryCalls, MemoryVideo, NoBackoff, Script, installation,
};

const NOW: Timestamp = Timestamp::from_unix_seconds(1_800_000_000);

/// As long as a token is good without its connection being listed.
const UNLISTED: Duration = Duration::from_secs(240);

struct World {
    calls: MemoryCalls,
    video: MemoryVideo,
    now: Timestamp,
}

impl World {
    /// Records that have been swept for long, and a server.
    async fn new() -> Self {
        let world = Self {
            calls: MemoryCalls::default(),
            video: MemoryVideo::livekit(),
            now: NOW - UNLISTED * 10,
        };
        world.sweep().await;
        Self { now: NOW, ..world }.at(Duration::ZERO)
    }

    /// The same world, so much later.
    fn at(self, later: Duration) -> Self {
        let now = self.now + later;
        self.video.set_clock(now);
        Self { now, ..self }
    }

    async fn join(&self, user: &str) -> Joined {
        let who = participant(user);
        let id = |name: &SessionName| new_session_id(name, &installation());
        let (calls, video) = (&self.calls, &self.video);
        join_call(calls, video, &NoBackoff, id, &who, &call(), self.now)
            .await
            .unwrap()
    }

    /// Joins and connects.
    async fn enter(&self, user: &str) -> Joined {
        let joined = self.join(user).await;
        assert!(self.video.enter(&joined.connection));
        joined
    }

    /// Removes somebody, who may have a browser that does not go by itself.
    async fn remove(&self, joined: &Joined) {
        let whom = Whom::Connection(joined.connection.id.clone());
        let (calls, video, by) = (&self.calls, &self.video, participant("moderator"));
        leave_call(calls, video, &by, &call(), &whom, self.now)
            .await
            .unwrap();
    }

    async fn hear(&self, event: VideoEvent) {
        handle_event(&self.calls, &self.video, &event, self.now)
            .await
            .unwrap();
    }

    async fn hear_joined(&self, joined: &Joined) {
        self.hear(VideoEvent::Joined(
            joined.session_id.clone(),
            joined.connection.id.clone(),
        ))
        .await;
    }

    async fn sweep(&self) -> SweepReport {
        sweep_with(&self.calls, &self.video, self.now).await
    }

    fn is_in(
        &self,
        Joined {
            session_id,
            connection,
            ..
        }: &Joined,
    ) -> bool {
        let sessions = self.video.sessions().sessions;
        let seats = sessions.get(session_id);
        seats.is_some_and(|seats| seats.contains_key(&connection.id))
    }

    fn has_room(&self, id: &SessionId) -> bool {
        self.video.sessions().sessions.contains_key(id)
    }

    fn is_on_record(&self, joined: &Joined) -> bool {
        let records = self.calls.records();
        let mut tokens = records.tokens.values();
        tokens.any(|token| token.connection == joined.connection)
    }
}

async fn sweep_with(
    calls: &MemoryCalls,
    video: &impl VideoInventory,
    now: Timestamp,
) -> SweepReport {
    sweep_calls(calls, video, &installation(), now, || false)
        .await
        .unwrap()
}

fn call() -> SessionName {
    SessionName::parse("call").unwrap()
}

fn participant(user: &str) -> Participant {
    let role = match user {
        "moderator" => Role::Moderator,
        _ => Role::Publisher,
    };
    let user = UserName::parse(user).unwrap();
    Participant {
        user,
        role,
        nickname: None,
    }
}

#[tokio::test]
async fn whoever_is_on_record_may_connect_and_reconnect() {
    let world = World::new().await;
    let ann = world.enter("ann").await;
    for _ in 0..2 {
        world.hear_joined(&ann).await;
        assert!(world.is_in(&ann) && world.is_on_record(&ann));
        world.video.exit(&ann.connection.id);
        assert!(world.video.enter(&ann.connection));
    }
}

#[tokio::test]
async fn whoever_was_removed_is_out_again_once_the_server_reports_them() {
    let world = World::new().await;
    let (ann, bob) = (world.enter("ann").await, world.enter("bob").await);
    world.remove(&ann).await;
    for _ in 0..50 {
        assert!(world.video.enter(&ann.connection));
        world.hear_joined(&ann).await;
        assert!(!world.is_in(&ann) && world.is_in(&bob));
    }
    assert!(world.is_on_record(&bob));
}

#[tokio::test]
async fn whoever_comes_back_to_an_earlier_opening_makes_no_room_that_stays() {
    let world = World::new().await;
    let ann = world.enter("ann").await;
    world.remove(&ann).await;
    assert_eq!(world.calls.records(), CallRecords::default());
    let bob = world.enter("bob").await;
    assert!(world.video.enter(&ann.connection) && world.has_room(&ann.session_id));
    world.hear_joined(&ann).await;
    assert!(!world.has_room(&ann.session_id));
    assert!(world.is_in(&bob) && world.is_on_record(&bob));
}

/// A leave that did not reach the server keeps a record, which counts for nothing.
#[tokio::test]
async fn the_record_of_a_failed_leave_lets_nobody_in() {
    let world = World::new().await;
    let (ann, bob) = (world.enter("ann").await, world.enter("bob").await);
    let record = world.calls.find_token(&call(), &ann.connection.token).await;
    let ended = record.unwrap().unwrap().as_ended();
    world.calls.record(&ended).await.unwrap();
    world.hear_joined(&ann).await;
    assert!(!world.is_in(&ann) && world.is_in(&bob));
}

/// No sweep has prolonged the session's record. That is nobody's fault who is in the call.
#[tokio::test]
async fn a_session_whose_record_has_run_out_stays_for_those_whose_tokens_have_not() {
    let world = World::new().await;
    let (ann, bob) = (world.enter("ann").await, world.enter("bob").await);
    world.remove(&ann).await;
    let day = Duration::from_secs(24 * 60 * 60);
    let record = world.calls.find_token(&call(), &bob.connection.token).await;
    let prolonged = TokenRecord {
        expires_at: NOW + day * 2,
        ..record.unwrap().unwrap()
    };
    world.calls.record(&prolonged).await.unwrap();
    let world = world.at(day + Duration::from_secs(1));
    assert!(world.video.enter(&ann.connection));
    world.hear_joined(&ann).await;
    assert!(!world.is_in(&ann) && world.is_in(&bob));
}

#[tokio::test]
async fn the_last_one_to_leave_leaves_no_room_behind() {
    let world = World::new().await;
    let ann = world.enter("ann").await;
    world.video.exit(&ann.connection.id);
    let left = VideoEvent::Left(ann.session_id.clone(), ann.connection.id.clone());
    world.hear(left.clone()).await;
    assert_eq!(world.calls.records(), CallRecords::default());
    assert!(!world.has_room(&ann.session_id));
    // Reported once more, when others have opened the call anew.
    let bob = world.enter("bob").await;
    world.hear(left).await;
    assert!(world.is_in(&bob) && world.is_on_record(&bob));
}

#[tokio::test]
async fn a_token_that_nobody_has_used_yet_is_forgotten_only_when_it_is_dead() {
    let world = World::new().await;
    let (ann, bob) = (world.enter("ann").await, world.join("bob").await);
    let ended = VideoEvent::Ended(ann.session_id.clone());
    let world = world.at(UNLISTED - Duration::from_secs(1));
    world.hear(ended.clone()).await;
    let report = world.sweep().await;
    assert!(world.is_on_record(&bob), "{report:?}");
    let world = world.at(Duration::from_secs(1));
    let report = world.sweep().await;
    assert_eq!(report.count(Metric::TokensForgotten), 1, "{report:?}");
    assert!(!world.is_on_record(&bob) && world.is_on_record(&ann));
    // The report of a session's end forgets the same.
    world.video.exit(&ann.connection.id);
    world.hear(ended).await;
    assert_eq!(world.calls.records(), CallRecords::default());
}

/// They have connected since the server was asked, and their token counts for nothing any more.
#[tokio::test]
async fn a_call_that_is_closed_leaves_no_room_that_somebody_just_came_back_to() {
    let world = World::new().await;
    let ann = world.enter("ann").await;
    let world = world.at(UNLISTED);
    let absent = Fate::Answered(Box::new(Answer::Seats(None)));
    let video = Faulty::new(&world.video, Script::new([("seats", absent)]));
    let ended = VideoEvent::Ended(ann.session_id.clone());
    handle_event(&world.calls, &video, &ended, world.now)
        .await
        .unwrap();
    assert_eq!(world.calls.records(), CallRecords::default());
    assert!(!world.has_room(&ann.session_id));
}

/// Without reports, a sweep is what finds them. Each return looks like a new one.
#[tokio::test]
async fn a_sweep_ends_whoever_came_back_however_often_they_do() {
    let mut world = World::new().await;
    let (ann, bob) = (world.enter("ann").await, world.enter("bob").await);
    world.remove(&ann).await;
    for _ in 0..5 {
        world = world.at(Duration::from_secs(60));
        assert!(world.video.enter(&ann.connection));
        let report = world.sweep().await;
        assert_eq!(report.count(Metric::OrphansDeleted), 1, "{report:?}");
        assert!(!world.is_in(&ann) && world.is_in(&bob));
    }
}

#[tokio::test]
async fn a_sweep_closes_a_room_of_an_earlier_opening_that_somebody_came_back_to() {
    let world = World::new().await;
    let ann = world.enter("ann").await;
    world.remove(&ann).await;
    let bob = world.enter("bob").await;
    assert!(world.video.enter(&ann.connection));
    world.sweep().await;
    assert!(!world.has_room(&ann.session_id));
    assert!(world.is_in(&bob) && world.is_on_record(&bob));
}

/// Where a join is still making its room, no sweep takes it away.
#[tokio::test]
async fn a_sweep_leaves_a_young_room_alone_that_nobody_is_in() {
    let world = World::new().await;
    let opening = new_session_id(&call(), &installation());
    world.video.open(&opening).await.unwrap();
    world.sweep().await;
    assert!(world.has_room(&opening));
    let world = world.at(Duration::from_secs(120));
    world.sweep().await;
    assert!(!world.has_room(&opening));
}

/// Comes back after the first list of a sweep was made.
struct BackSince<'a> {
    video: &'a MemoryVideo,
    connection: &'a Connection,
}

mod back_since {
    use shared::domain::{ConnectionId, InvalidToken, Nickname, Seats, Token};
    use shared::ports::{Listing, VideoError};

    use super::*;

    impl VideoServer for BackSince<'_> {
        fn unlisted_for(&self) -> Duration {
            self.video.unlisted_for()
        }
        fn token(&self, text: &str) -> Result<Token, InvalidToken> {
            self.video.token(text)
        }
        async fn open(&self, id: &SessionId) -> Result<(), VideoError> {
            self.video.open(id).await
        }
        async fn connect(
            &self,
            id: &SessionId,
            user: &UserName,
            role: Role,
            nickname: Option<&Nickname>,
        ) -> Result<Option<Connection>, VideoError> {
            self.video.connect(id, user, role, nickname).await
        }
        async fn evict(&self, id: &SessionId, who: &ConnectionId) -> Result<bool, VideoError> {
            self.video.evict(id, who).await
        }
        async fn close(&self, id: &SessionId) -> Result<(), VideoError> {
            self.video.close(id).await
        }
    }

    impl VideoInventory for BackSince<'_> {
        async fn seats(&self, id: &SessionId) -> Result<Option<Seats>, VideoError> {
            self.video.seats(id).await
        }
        async fn nudge(&self, id: &SessionId) -> Result<(), VideoError> {
            self.video.nudge(id).await
        }
        async fn all_seats(&self) -> Result<Listing, VideoError> {
            let listed = self.video.all_seats().await;
            self.video.enter(self.connection);
            listed
        }
    }
}

#[tokio::test]
async fn whoever_is_just_back_when_a_sweep_misses_them_stays() {
    let world = World::new().await;
    let ann = world.enter("ann").await;
    let world = world.at(UNLISTED);
    world.video.restart();
    let video = BackSince {
        video: &world.video,
        connection: &ann.connection,
    };
    let report = sweep_with(&world.calls, &video, world.now).await;
    assert_eq!(report.count(Metric::TokensForgotten), 0, "{report:?}");
    assert!(world.is_in(&ann) && world.is_on_record(&ann));
}
