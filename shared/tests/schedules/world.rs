//! What the actors share: the records, the video server, and what is expected of them. A plain
//! value: it can be copied, compared and looked at.

use std::collections::{BTreeMap, BTreeSet};
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use shared::adapters::memory::{CallRecords, MemoryCalls, MemoryVideo, VideoSessions};
use shared::domain::{ConnectionId, SessionId};
use shared::ports::{CallStore, VideoServer};

use crate::gate::{Note, Place};
use crate::operation::{Answer, Operation, seat, short};

/// Everything but the actors.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct World {
    pub(crate) records: CallRecords,
    pub(crate) video: VideoSessions,
    /// The tokens that somebody counts on: handed out, and nobody has asked for their end.
    pub(crate) held: BTreeMap<ConnectionId, Held>,
    /// Connections whose browser is gone, which the video server has not noticed yet.
    pub(crate) leaving: BTreeSet<ConnectionId>,
}

/// A token that somebody counts on.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Held {
    /// Which actor it is.
    pub(crate) by: usize,
    pub(crate) place: Place,
}

impl World {
    /// Does what an operation asks, by the ports in memory.
    pub(crate) fn perform(&mut self, operation: &Operation) -> Answer {
        let calls = MemoryCalls::from(std::mem::take(&mut self.records));
        let video = MemoryVideo::from(std::mem::take(&mut self.video));
        let answer = at_once(perform(&calls, &video, operation));
        self.records = calls.into_records();
        self.video = video.into_sessions();
        self.forget_who_has_left();
        answer
    }

    /// The video server notices that a browser is gone, that of the number among those leaving.
    pub(crate) fn notice(&mut self, number: usize) {
        let id = self.leaving.iter().nth(number).cloned();
        self.with_video(|video| id.iter().for_each(|id| video.exit(id)));
    }

    /// The video server stops and starts.
    pub(crate) fn restart(&mut self) {
        self.with_video(MemoryVideo::restart);
    }

    /// An actor is no longer there: nobody counts on its tokens, and its browser is gone.
    pub(crate) fn crash(&mut self, actor: usize) {
        let gone = self.held.extract_if(.., |_, held| held.by == actor);
        self.leaving.extend(gone.map(|(id, _)| id));
        self.forget_who_has_left();
    }

    /// Takes down what an actor lets us know.
    ///
    /// # Errors
    /// What it says is not true, in words.
    pub(crate) fn note(&mut self, actor: usize, note: &Note) -> Result<(), String> {
        match note {
            Note::Begins(user, number) => {
                let latest = self.video.latest.entry(user.as_str().to_owned());
                let latest = latest.or_default();
                *latest = (*latest).max(*number);
            }
            Note::Holds(place) => {
                let id = place.connection.id.clone();
                let place = place.clone();
                self.held.insert(id, Held { by: actor, place });
            }
            Note::Ends(id) => {
                self.held.remove(id);
            }
            Note::Leaves(id) => {
                self.leaving.insert(id.clone());
                self.forget_who_has_left();
            }
            Note::Ended(id) => {
                let on_record = self.records.tokens.values().any(|t| t.connection.id == *id);
                let at_server = self.connections().any(|(_, there, _)| there == id);
                if on_record || at_server {
                    let id = seat(id);
                    return Err(format!("{id} was ended, and is there all the same"));
                }
            }
            Note::Refused(_) => {}
        }
        Ok(())
    }

    /// What holds at every moment, whatever crashes, restarts or fails.
    ///
    /// - **One live session for one name.** A session is live while somebody counts on a token of
    ///   it: the token was handed out, and nobody has yet asked for its end. (For a moment there may
    ///   be a second session whose people are all on their way out: the last one's leave has closed
    ///   the record but has not yet told the video server, and somebody else opens the call anew.)
    /// - **Nobody in a session that is not on record**, and **a token handed out is on record.** Who
    ///   is connected has a token that was handed out. So both follow from: of every token that
    ///   somebody counts on, the token's record is there, and the session on record is its session.
    ///
    /// Nobody counts on these, and they may be connected without being on record. They are the
    /// exceptions, and the sweep ends what is left of them:
    /// - whose leave or removal has begun, done or not: a crash or a failure may have stopped it
    ///   between the record and the connection;
    /// - who crashed: nobody will leave for them;
    /// - who never got the answer to their join.
    ///
    /// A restart makes no exception: it ends connections, and leaves the records as they are.
    ///
    /// # Errors
    /// What does not hold, in words.
    pub(crate) fn check(&self) -> Result<(), String> {
        let live: BTreeSet<&SessionId> = self
            .held
            .values()
            .map(|held| &held.place.session_id)
            .collect();
        if live.len() > 1 {
            let live: Vec<&str> = live.into_iter().map(short).collect();
            return Err(format!("live sessions for one name: {}", live.join(", ")));
        }
        for (id, Held { place: held, .. }) in &self.held {
            let name = held.session_id.session_name();
            let session = self.records.sessions.get(&name);
            if session.is_none_or(|session| session.id != held.session_id) {
                return Err(format!(
                    "{} is in a session that is not on record",
                    seat(id)
                ));
            }
            let token = (name, held.connection.token.clone());
            let record = self.records.tokens.get(&token);
            if record.is_none_or(|record| {
                record.session_id != held.session_id || record.connection != held.connection
            }) {
                return Err(format!("{}'s token is not on record", seat(id)));
            }
        }
        Ok(())
    }

    /// What holds when everybody has left: nobody is connected. So whatever remains is of the kinds
    /// that the sweep removes: records of tokens, tokens and sessions that nobody uses.
    ///
    /// # Errors
    /// What does not hold, in words.
    pub(crate) fn check_end(&self) -> Result<(), String> {
        match self.connections().find(|(.., connected)| *connected) {
            Some((_, id, _)) => Err(format!("everybody has left, but {} is connected", seat(id))),
            None => Ok(()),
        }
    }

    /// What holds besides if nobody crashed and nothing failed; a restart or a lost answer is no
    /// reason to leave anything on record.
    ///
    /// # Errors
    /// What does not hold, in words.
    pub(crate) fn check_nothing_on_record(&self) -> Result<(), String> {
        if self.records == CallRecords::default() {
            return Ok(());
        }
        Err(format!(
            "everybody has left, but on record: {:?}",
            self.records
        ))
    }

    /// What holds besides if no answer was lost either. A session may remain that was never joined
    /// and has no connections: who had to start a join again may leave one, known and harmless.
    ///
    /// # Errors
    /// What does not hold, in words.
    pub(crate) fn check_nothing_at_server(&self) -> Result<(), String> {
        match self.connections().next() {
            Some((session, id, _)) => {
                let (session, id) = (short(session), seat(id));
                Err(format!(
                    "everybody has left, but {id} is in session {session}"
                ))
            }
            None => Ok(()),
        }
    }

    /// Is this connection at the video server, and connected?
    fn is_connected(&self, id: &ConnectionId) -> bool {
        self.connections()
            .any(|(_, there, connected)| there == id && connected)
    }

    fn connections(&self) -> impl Iterator<Item = (&SessionId, &ConnectionId, bool)> {
        let sessions = self.video.sessions.iter();
        sessions.flat_map(|(session, seats)| {
            seats
                .iter()
                .map(move |(id, connected)| (session, id, *connected))
        })
    }

    fn with_video(&mut self, change: impl FnOnce(&MemoryVideo)) {
        let video = MemoryVideo::from(std::mem::take(&mut self.video));
        change(&video);
        self.video = video.into_sessions();
        self.forget_who_has_left();
    }

    fn forget_who_has_left(&mut self) {
        let mut leaving = std::mem::take(&mut self.leaving);
        leaving.retain(|id| self.is_connected(id));
        self.leaving = leaving;
    }
}

async fn perform(calls: &MemoryCalls, video: &MemoryVideo, operation: &Operation) -> Answer {
    const NEVER: &str = "memory does not fail";
    match operation {
        Operation::FindOrOpen(name, candidate, now, until) => {
            let session = calls.find_or_open(name, candidate, *now, *until).await;
            Answer::Session(Some(session.expect(NEVER)))
        }
        Operation::Find(name, now) => Answer::Session(calls.find(name, *now).await.expect(NEVER)),
        Operation::Record(token) => {
            calls.record(token).await.expect(NEVER);
            Answer::Done
        }
        Operation::Confirm(name, id, until) => {
            Answer::Is(calls.confirm(name, id, *until).await.expect(NEVER))
        }
        Operation::Remove(name, token, owner) => {
            let removal = calls.remove(name, token, owner.as_ref()).await;
            Answer::Removal(removal.expect(NEVER))
        }
        Operation::FindByConnection(name, id, now) => {
            let record = calls.find_by_connection(name, id, *now).await;
            Answer::Record(record.expect(NEVER))
        }
        Operation::HasTokens(name, now) => {
            Answer::Is(calls.has_tokens(name, *now).await.expect(NEVER))
        }
        Operation::Close(session) => Answer::Is(calls.close(session).await.expect(NEVER)),
        Operation::CloseWhateverVersion(session) => {
            let mut session = session.clone();
            if let Some(now) = calls.records().sessions.get(&session.name) {
                session.version = now.version;
            }
            Answer::Is(calls.close(&session).await.expect(NEVER))
        }
        Operation::Open(id) => {
            video.open(id).await.expect(NEVER);
            Answer::Done
        }
        Operation::Connect(id, user, role) => {
            Answer::Connection(video.connect(id, user, *role).await.expect(NEVER))
        }
        Operation::Evict(session, id) => Answer::Is(video.evict(session, id).await.expect(NEVER)),
        Operation::CloseVideo(id) => {
            video.close(id).await.expect(NEVER);
            Answer::Done
        }
        Operation::Enter(connection) => Answer::Is(video.enter(connection)),
        Operation::LookAround(me) => {
            let sessions = video.sessions().sessions;
            let visible = sessions.into_values().filter(|seats| {
                let inside = |me| seats.get(me).is_some_and(|connected| *connected);
                me.as_ref().is_none_or(inside)
            });
            let mut others = visible.flatten();
            let other = others.find(|(id, connected)| *connected && me.as_ref() != Some(id));
            Answer::Somebody(other.map(|(id, _)| id))
        }
    }
}

/// The result of a future that never waits.
fn at_once<T>(future: impl Future<Output = T>) -> T {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(result) => result,
        Poll::Pending => unreachable!("memory does not wait"),
    }
}
