//! How an operation changes the world.

use std::pin::pin;
use std::task::{Context, Poll, Waker};

use shared::domain::{Seats, SessionId};
use shared::ports::{CallInventory, CallStore, SweepRecord, VideoInventory, VideoServer};
use testing::{MemoryCalls, MemoryVideo};

use crate::operation::{Answer, Operation};
use crate::person::NOW;
use crate::world::World;

/// How many records are on a page: so few that a call may be on two.
const PAGE: usize = 2;

impl World {
    /// Does what an operation asks, by the ports in memory.
    pub(crate) fn perform(&mut self, operation: &Operation) -> Answer {
        match operation {
            Operation::SweepRecord => {
                // No sweep is so late that it has to say when it came.
                let record = SweepRecord {
                    swept_at: Some(NOW),
                    ..self.sweep_record.clone()
                };
                return Answer::SweepRecord(Some(record));
            }
            Operation::KeepSweepRecord(record) => {
                self.sweep_record = record.clone();
                return Answer::Done;
            }
            _ => (),
        }
        let before = self.video.clone();
        let calls = MemoryCalls::from(std::mem::take(&mut self.records)).with_pages_of(PAGE);
        let video = MemoryVideo::from(std::mem::take(&mut self.video));
        let mut answer = at_once(perform(&calls, &video, operation));
        self.records = calls.into_records();
        self.video = video.into_sessions();
        self.take_note_of_changes(&before);
        self.date(operation, &mut answer);
        answer
    }

    /// Puts the dates on a listing.
    fn date(&self, operation: &Operation, answer: &mut Answer) {
        let date = |id: &SessionId, seats: &mut Seats| {
            seats.created_at = self.made_at(id.as_str());
            for (id, seat) in &mut seats.seats {
                seat.created_at = self.made_at(id.as_str());
            }
        };
        match (operation, answer) {
            (Operation::Seats(id), Answer::Seats(Some(seats))) => date(id, seats),
            (_, Answer::AllSeats(sessions)) => {
                sessions.iter_mut().for_each(|(id, seats)| date(id, seats));
            }
            _ => (),
        }
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
        Operation::FindToken(name, token) => {
            Answer::Record(calls.find_token(name, token).await.expect(NEVER))
        }
        Operation::Remove(name, token, owner) => {
            let removal = calls.remove(name, token, owner.as_ref()).await;
            Answer::Removal(removal.expect(NEVER))
        }
        Operation::FindByConnection(name, id) => {
            let record = calls.find_by_connection(name, id).await;
            Answer::Token(record.expect(NEVER))
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
        Operation::Tokens(name) => Answer::Records(calls.tokens(name).await.expect(NEVER)),
        Operation::ProlongCall(name, id, until) => {
            calls.prolong_call(name, id, *until).await.expect(NEVER);
            Answer::Done
        }
        Operation::ProlongToken(name, token, until) => {
            let done = calls.prolong_token(name, token, *until).await;
            done.expect(NEVER);
            Answer::Done
        }
        Operation::Seats(id) => Answer::Seats(video.seats(id).await.expect(NEVER)),
        Operation::Nudge(id) => {
            video.nudge(id).await.expect(NEVER);
            Answer::Done
        }
        Operation::AllSeats => Answer::AllSeats(video.all_seats().await.expect(NEVER).sessions),
        Operation::Page(after) => Answer::Page(calls.page(after.as_ref()).await.expect(NEVER)),
        Operation::SweepRecord | Operation::KeepSweepRecord(_) => {
            unreachable!("the sweep's record is the world's own")
        }
        Operation::Hear => Answer::Event(None),
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
pub(crate) fn at_once<T>(future: impl Future<Output = T>) -> T {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(result) => result,
        Poll::Pending => unreachable!("memory does not wait"),
    }
}
