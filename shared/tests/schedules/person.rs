//! What people do, written down as they do it, with the real use cases.

use std::sync::atomic::{AtomicU64, Ordering};

use shared::domain::{ConnectionId, Role, SessionId, SessionName, Timestamp, UserName};
use shared::use_cases::{Joined, LeaveError, Participant, Whom, join_call, leave_call};

use crate::gate::{Gate, Note};
use crate::operation::{Answer, Operation};

/// Every schedule takes place within this second.
pub(crate) const NOW: Timestamp = Timestamp::from_unix_seconds(1_800_000_000);

/// How often a person asks for another token when the one they got is dead on arrival.
const RETRIES: usize = 2;

/// Somebody who takes part in the one call there is.
pub(crate) struct Person {
    who: Participant,
    call: SessionName,
    gate: Gate,
    /// Begins the ids of the sessions they open, so that nobody else's begin like that.
    ids: u64,
    opened: AtomicU64,
}

/// Joins, connects, leaves.
pub(crate) async fn visit(me: Person) {
    if let Some(joined) = me.get_in().await {
        me.leave(&joined).await;
    }
}

/// Joins, connects, and stays.
pub(crate) async fn stay(me: Person) {
    me.get_in().await;
}

/// Joins, but the answer comes too late: nobody uses the token.
pub(crate) async fn give_up_joining(me: Person) {
    me.join().await;
}

/// Joins, connects, puts somebody out of the call, leaves.
pub(crate) async fn visit_and_put_out(me: Person) {
    if let Some(joined) = me.get_in().await {
        me.put_somebody_out(Some(&joined.connection.id)).await;
        me.leave(&joined).await;
    }
}

/// Puts somebody out of the call without being in it.
pub(crate) async fn put_out(me: Person) {
    me.put_somebody_out(None).await;
}

impl Person {
    pub(crate) fn new(user: &str, role: Role, gate: Gate, ids: u64) -> Self {
        let user = UserName::parse(user).expect("a user name");
        Self {
            who: Participant { user, role },
            call: SessionName::parse("standup").expect("a session name"),
            gate,
            ids,
            opened: AtomicU64::new(0),
        }
    }

    /// Joins and connects. The last one may leave in between, which kills the token: then gives it
    /// back and asks for another.
    async fn get_in(&self) -> Option<Joined> {
        for _ in 0..=RETRIES {
            let joined = self.join().await?;
            self.gate.note(Note::Holds(joined.clone()));
            let enter = Operation::Enter(joined.connection.clone());
            if self.gate.ask(enter).await == Answer::Is(true) {
                return Some(joined);
            }
            self.remove(&joined.connection.id, &Whom::Token(joined.connection.token.clone()))
                .await;
        }
        None
    }

    async fn join(&self) -> Option<Joined> {
        let new_session_id = |name: &SessionName| {
            let opened = self.opened.fetch_add(1, Ordering::Relaxed);
            SessionId::new(name, self.ids + opened)
        };
        let (calls, video) = (&self.gate, &self.gate);
        match join_call(calls, video, new_session_id, &self.who, &self.call, NOW).await {
            Ok(joined) => Some(joined),
            Err(error) => {
                self.gate.note(Note::Refused(format!("join: {error}")));
                None
            }
        }
    }

    /// As a page does when it is closed: its connection ends and remove-user is sent, and neither
    /// waits for the other.
    pub(crate) async fn leave(&self, joined: &Joined) {
        self.gate.note(Note::Leaves(joined.connection.id.clone()));
        self.remove(&joined.connection.id, &Whom::Token(joined.connection.token.clone()))
            .await;
    }

    async fn put_somebody_out(&self, me: Option<&ConnectionId>) {
        let look = Operation::LookAround(me.cloned());
        if let Answer::Somebody(Some(id)) = self.gate.ask(look).await {
            self.remove(&id, &Whom::Connection(id.clone())).await;
        }
    }

    async fn remove(&self, id: &ConnectionId, whom: &Whom) {
        self.gate.note(Note::Ends(id.clone()));
        let (calls, video) = (&self.gate, &self.gate);
        match leave_call(calls, video, &self.who, &self.call, whom, NOW).await {
            Ok(()) => self.gate.note(Note::Ended(id.clone())),
            Err(error) => self.gate.note(Note::Refused(format!("leave: {error}"))),
        }
    }
}
