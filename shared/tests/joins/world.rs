//! Calls, a video server, and copies of the function that joins.

use shared::adapters::dynamodb::DynamoDbJoinTallies;
use shared::domain::{JoinLimit, Role, SessionName, Timestamp, UserName};
use shared::ports::{JoinTallies, VideoInventory};
use shared::system;
use shared::use_cases::{JoinError, Joined, Participant, Whom, join_call, leave_call, limit_joins};
use testing::{MemoryCalls, MemoryVideo, NoBackoff, Requests, Tables, installation};

pub(crate) const NOW: Timestamp = Timestamp::from_unix_seconds(1_800_000_000);

pub(crate) fn user(text: &str) -> UserName {
    UserName::parse(text).unwrap()
}

/// The calls' records and the video server, whatever the copy.
#[derive(Debug, Default)]
pub(crate) struct World {
    pub(crate) calls: MemoryCalls,
    pub(crate) video: MemoryVideo,
}

impl World {
    /// `user` joins `call`, where `tallies` are kept.
    pub(crate) async fn join(
        &self,
        tallies: &impl JoinTallies,
        limit: &JoinLimit,
        user: &UserName,
        call: &str,
        now: Timestamp,
    ) -> Result<Joined, JoinError> {
        self.join_at(&self.video, tallies, limit, user, call, now)
            .await
    }

    /// The same at this video server.
    pub(crate) async fn join_at(
        &self,
        video: &impl VideoInventory,
        tallies: &impl JoinTallies,
        limit: &JoinLimit,
        user: &UserName,
        call: &str,
        now: Timestamp,
    ) -> Result<Joined, JoinError> {
        let id = |name: &SessionName| system::new_session_id(name, &installation());
        let (who, call) = (participant(user), SessionName::parse(call).unwrap());
        let joining = join_call(&self.calls, video, &NoBackoff, id, &who, &call, now);
        let join = system::new_join_id();
        limit_joins(tallies, video, limit, user, join, now, joining).await
    }

    /// `user` leaves `call` again.
    pub(crate) async fn leave(&self, user: &UserName, call: &str, joined: &Joined) {
        let (calls, who) = (&self.calls, participant(user));
        let call = SessionName::parse(call).unwrap();
        let whom = Whom::Token(joined.connection.token.clone());
        leave_call(calls, &self.video, &who, &call, &whom, NOW)
            .await
            .unwrap();
    }
}

fn participant(user: &UserName) -> Participant {
    Participant {
        user: user.clone(),
        role: Role::Subscriber,
        nickname: None,
    }
}

/// What one copy of the function keeps tallies with, and a count of its requests.
pub(crate) fn copy(tables: &Tables) -> (DynamoDbJoinTallies, Requests) {
    let (client, requests) = tables.counting_client();
    let table = tables.names.logins.clone();
    (DynamoDbJoinTallies::new(client, table), requests)
}
