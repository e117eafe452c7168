//! What people do, as scripts with the real use cases.

use std::sync::atomic::{AtomicU64, Ordering};

use shared::domain::{ConnectionId, Role, SessionId, SessionName, Timestamp, UserName};
use shared::use_cases::{LeaveError, Participant, Whom, join_call, leave_call};
use testing::{NoBackoff, installation};

use crate::action::{Action, Reply};
use crate::gate::{Gate, Note, Place};

/// Every schedule takes place within this second.
pub(crate) const NOW: Timestamp = Timestamp::from_unix_seconds(1_800_000_000);

/// The name of the only call.
pub(crate) fn call() -> SessionName {
    SessionName::parse("standup").expect("a session name")
}

/// How often a page asks for another token if its token is dead on arrival.
const RETRIES: u64 = 2;

/// A participant of the only call.
pub(crate) struct Person {
    who: Participant,
    call: SessionName,
    gate: Gate,
    /// Begins the ids of the sessions that they open. Nobody else's ids begin like that.
    ids: Ids,
}

/// Makes the ids of what a person opens. They differ from everybody else's.
#[derive(Clone, Copy)]
pub(crate) struct Ids {
    pub(crate) actor: u64,
    pub(crate) scene: u64,
}

/// Joins, connects, leaves. If the token is dead on arrival, gives it back and ends the visit.
pub(crate) async fn visit(me: Person) {
    if let Some(place) = me.get_in(0).await {
        me.leave(&place).await;
    }
}

/// Joins, connects, and leaves after something else may have happened.
pub(crate) async fn visit_and_look(me: Person) {
    if let Some(place) = me.get_in(0).await {
        let look = Action::LookAround(Some(place.connection.id.clone()));
        me.gate.ask(look).await;
        me.leave(&place).await;
    }
}

/// Joins, connects, leaves. If the token is dead on arrival, asks for another one, as the page
/// does.
pub(crate) async fn visit_for_sure(me: Person) {
    if let Some(place) = me.get_in(RETRIES).await {
        me.leave(&place).await;
    }
}

/// Joins, connects, and stays.
pub(crate) async fn stay(me: Person) {
    me.get_in(0).await;
}

/// Leaves after [`stay`].
pub(crate) async fn leave(me: Person, place: Place) {
    me.leave(&place).await;
}

/// Comes back with a token that was good once, and stays.
pub(crate) async fn return_with(me: Person, place: Place) {
    me.gate.ask(Action::Enter(place.connection)).await;
}

/// Joins, but no longer waits for the answer: nobody uses the token.
pub(crate) async fn give_up_joining(me: Person) {
    me.join(0).await;
}

/// Joins, and gives the token back without connecting.
pub(crate) async fn change_mind(me: Person) {
    if let Some(place) = me.join(0).await {
        me.gate.note(Note::Holds(place.clone()));
        me.give_back(&place).await;
    }
}

/// Joins, connects, removes somebody from the call, leaves.
pub(crate) async fn visit_and_put_out(me: Person) {
    if let Some(place) = me.get_in(0).await {
        me.put_somebody_out(Some(&place.connection.id)).await;
        me.leave(&place).await;
    }
}

/// Removes somebody from the call without being in it.
pub(crate) async fn put_out(me: Person) {
    me.put_somebody_out(None).await;
}

impl Person {
    pub(crate) fn new(user: &str, role: Role, gate: Gate, ids: Ids) -> Self {
        let user = UserName::parse(user).expect("a user name");
        Self {
            who: Participant {
                user,
                role,
                nickname: None,
            },
            call: call(),
            gate,
            ids,
        }
    }

    /// Joins and connects. The last participant may leave in between, which kills the token. Then
    /// gives it back and asks for another one, this many times.
    async fn get_in(&self, retries: u64) -> Option<Place> {
        for tries in 0..=retries {
            let place = self.join(tries).await?;
            self.gate.note(Note::Holds(place.clone()));
            self.gate.knows_only(format!("{tries} tries, {place:?}"));
            let enter = Action::Enter(place.connection.clone());
            if self.gate.ask(enter).await.is_yes() {
                return Some(place);
            }
            self.give_back(&place).await;
        }
        None
    }

    async fn join(&self, tries: u64) -> Option<Place> {
        let started = AtomicU64::new(0);
        let new_session_id = |name: &SessionName| {
            let start = started.fetch_add(1, Ordering::Relaxed);
            let user = self.who.user.clone();
            self.gate
                .note(Note::Begins(user, self.ids.connection(tries, start)));
            SessionId::new(name, &installation(), self.ids.session(tries, start))
        };
        let (calls, video) = (&self.gate.calls(), &self.gate.video());
        let joining = join_call(
            calls,
            video,
            &NoBackoff,
            new_session_id,
            &self.who,
            &self.call,
            NOW,
        );
        match self.gate.run(joining).await {
            // The other fields are for measurements.
            Ok(joined) => Some(Place {
                session_id: joined.session_id,
                connection: joined.connection,
            }),
            Err(error) => {
                self.gate.refuse("join", error);
                None
            }
        }
    }

    /// Like a page that is being closed: its connection ends and it sends remove-user, and neither
    /// waits for the other.
    async fn leave(&self, place: &Place) {
        self.gate.knows_only(format!("leaves {place:?}"));
        self.gate.note(Note::Leaves(place.connection.id.clone()));
        self.give_back(place).await;
    }

    async fn give_back(&self, place: &Place) {
        let token = Whom::Token(place.connection.token.clone());
        self.remove(&place.connection.id, &token).await;
    }

    async fn put_somebody_out(&self, me: Option<&ConnectionId>) {
        let look = Action::LookAround(me.cloned());
        if let Reply::Somebody(Some(id)) = self.gate.ask(look).await {
            self.remove(&id, &Whom::Connection(id.clone())).await;
        }
    }

    async fn remove(&self, id: &ConnectionId, whom: &Whom) {
        self.gate.note(Note::Ends(id.clone()));
        let (calls, video) = (&self.gate.calls(), &self.gate.video());
        let leaving = leave_call(calls, video, &self.who, &self.call, whom, NOW);
        match self.gate.run(leaving).await {
            Ok(()) => {
                self.gate.asked_at_most("a leave", 1);
                self.gate.note(Note::Ended(id.clone()));
            }
            Err(Some(LeaveError::TokenNotFound)) => self.gate.note(Note::NotThere),
            Err(Some(error @ LeaveError::Video(_))) => {
                self.gate.refuse("leave", Some(error));
                self.try_again(id, whom).await;
            }
            Err(error) => self.gate.refuse("leave", error),
        }
    }
}

impl Person {
    /// Like somebody who was told that the video server could not be reached.
    async fn try_again(&self, id: &ConnectionId, whom: &Whom) {
        let (calls, video) = (&self.gate.calls(), &self.gate.video());
        let leaving = leave_call(calls, video, &self.who, &self.call, whom, NOW);
        match self.gate.run(leaving).await {
            Ok(()) => self.gate.note(Note::Ended(id.clone())),
            Err(Some(LeaveError::TokenNotFound)) => self.gate.note(Note::NotThere),
            Err(error) => self.gate.refuse("leave, again", error),
        }
    }
}

impl Ids {
    /// Hexadecimal digits for the person (from `a` on), the scene, the try to get in, and how often
    /// this join has started again.
    fn session(self, tries: u64, start: u64) -> u64 {
        ((0xa + self.actor) << 12) | (self.scene << 8) | (tries << 4) | start
    }

    /// The same in decimal digits, plus one to count with. The user is known.
    fn connection(self, tries: u64, start: u64) -> u64 {
        self.scene * 1000 + tries * 100 + start * 10
    }
}
