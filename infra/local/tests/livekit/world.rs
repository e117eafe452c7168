//! The rules on a real server: people who join and leave as through the functions, and what is then on record and in
//! the rooms.

use std::collections::BTreeSet;
use std::time::Duration;

use local::LiveKitServer;
use shared::adapters::dynamodb::DynamoDbCalls;
use shared::adapters::livekit::{LiveKit, Requests};
use shared::deadline::Deadline;
use shared::domain::{
    ConnectionId, Installation, Role, SessionId, SessionName, Timestamp, UserName,
};
use shared::ports::{CallInventory, SweepRecord, VideoInventory};
use shared::system::{self, JitteredBackoff};
use shared::use_cases::{
    JoinError, Joined, LeaveError, Participant, SweepReport, Whom, join_call, leave_call,
    sweep_calls,
};
use testing::Tables;

use super::{installation, keys};

/// How long a function has for a request.
const REQUEST: Duration = Duration::from_secs(25);

/// When every token that nobody uses is dead.
const LATER: Duration = Duration::from_secs(300);

/// Who is in which session.
pub(crate) type Seated = BTreeSet<(SessionId, ConnectionId)>;

/// An installation at a server.
#[derive(Clone)]
pub(crate) struct World {
    pub(crate) calls: DynamoDbCalls,
    pub(crate) installation: Installation,
    video: LiveKit,
}

impl World {
    pub(crate) async fn at(server: &LiveKitServer) -> Self {
        let tables = Tables::embedded().await;
        let calls = DynamoDbCalls::new(tables.client, tables.names.calls);
        // All records are younger than the first sweep.
        calls
            .keep_sweep_record(&SweepRecord::default())
            .await
            .unwrap();
        let url = server.url().parse().unwrap();
        Self {
            calls,
            installation: installation(),
            video: LiveKit::new(url, keys(server), None).unwrap(),
        }
    }

    /// The same installation, whose functions use another server of the cluster.
    pub(crate) fn through(&self, server: &LiveKitServer) -> Self {
        let url = server.url().parse().unwrap();
        Self {
            video: LiveKit::new(url, keys(server), None).unwrap(),
            ..self.clone()
        }
    }

    /// The video server, for one request of a function.
    pub(crate) fn video(&self) -> Requests {
        self.video.until(Deadline::after(REQUEST))
    }

    pub(crate) async fn join(&self, call: &str) -> Result<Joined, JoinError> {
        let id = |name: &SessionName| system::new_session_id(name, &self.installation);
        let (name, who) = (SessionName::parse(call).unwrap(), who(Role::Publisher));
        let (calls, video) = (&self.calls, &self.video());
        join_call(
            calls,
            video,
            &JitteredBackoff,
            id,
            &who,
            &name,
            system::now(),
        )
        .await
    }

    /// A moderator removes them, or they leave.
    pub(crate) async fn remove(&self, joined: &Joined, role: Role) -> Result<(), LeaveError> {
        let whom = Whom::Connection(joined.connection.id.clone());
        let (name, who) = (joined.session_id.session_name(), who(role));
        leave_call(&self.calls, &self.video(), &who, name, &whom, system::now()).await
    }

    pub(crate) async fn sweep(&self) -> SweepReport {
        self.sweep_at(system::now()).await
    }

    /// Sweeps as if it were some minutes later.
    pub(crate) async fn sweep_later(&self) -> SweepReport {
        self.sweep_at(system::now() + LATER).await
    }

    async fn sweep_at(&self, now: Timestamp) -> SweepReport {
        let video = self.video.until(Deadline::after(Duration::from_secs(60)));
        let (calls, mark) = (&self.calls, &self.installation);
        sweep_calls(calls, &video, mark, now, || false)
            .await
            .unwrap()
    }

    /// Everybody who is on record.
    pub(crate) async fn on_record(&self) -> Seated {
        let page = self.calls.page(None).await.unwrap();
        assert!(page.next.is_none(), "all are on one page");
        let tokens = page.tokens.into_iter().filter(|token| !token.is_ended());
        tokens
            .map(|token| (token.session_id, token.connection.id))
            .collect()
    }

    /// Everybody who is connected.
    pub(crate) async fn connected(&self) -> Seated {
        let sessions = self.video().all_seats().await.unwrap().sessions;
        let people = sessions.into_iter().flat_map(|(id, seats)| {
            seats
                .seats
                .into_keys()
                .map(move |connection| (id.clone(), connection))
        });
        people.collect()
    }

    /// The sessions on record.
    pub(crate) async fn sessions(&self) -> BTreeSet<SessionId> {
        let page = self.calls.page(None).await.unwrap();
        page.sessions
            .into_iter()
            .map(|session| session.id)
            .collect()
    }
}

fn who(role: Role) -> Participant {
    Participant {
        user: UserName::parse("ann").unwrap(),
        role,
        nickname: None,
    }
}
