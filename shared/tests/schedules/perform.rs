//! How an action changes the world.

use std::pin::pin;
use std::task::{Context, Poll, Waker};

use shared::domain::{Seats, SessionId};
use shared::ports::SweepRecord;
use testing::{Answer, MemoryCalls, MemoryVideo, Operation};

use crate::action::{Action, Reply};
use crate::person::NOW;
use crate::world::World;

/// How many records are on a page: so few that one call can be on two pages.
const PAGE: usize = 2;

impl World {
    /// Carries an action out, by the ports in memory.
    pub(crate) fn perform(&mut self, action: &Action) -> Reply {
        match action {
            Action::Port(Operation::SweepRecord()) => {
                // No sweep is so late that it has to say when it came.
                let record = SweepRecord {
                    swept_at: Some(NOW),
                    ..self.sweep_record.clone()
                };
                return Answer::SweepRecord(Some(record)).into();
            }
            Action::Port(Operation::KeepSweepRecord(record)) => {
                self.sweep_record = record.clone();
                return Answer::Done(()).into();
            }
            _ => (),
        }
        let before = self.video.clone();
        let calls = MemoryCalls::from(std::mem::take(&mut self.records)).with_pages_of(PAGE);
        let video = MemoryVideo::from(std::mem::take(&mut self.video));
        let mut reply = at_once(perform(&calls, &video, action));
        self.records = calls.into_records();
        self.video = video.into_sessions();
        if let Action::Enter(connection) = action
            && reply.is_yes()
        {
            self.has_entered(connection);
        }
        self.take_note_of_changes(&before);
        self.date(action, &mut reply);
        reply
    }

    /// Sets the dates in a listing.
    fn date(&self, action: &Action, reply: &mut Reply) {
        let date = |id: &SessionId, seats: &mut Seats| {
            seats.created_at = self.made_at(id.as_str());
            for (id, seat) in &mut seats.seats {
                seat.created_at = self.made_at(id.as_str());
            }
        };
        match (action, reply) {
            (Action::Port(Operation::Seats(id)), Reply::Port(Answer::Seats(Some(seats)))) => {
                date(id, seats);
            }
            (_, Reply::Port(Answer::AllSeats(listing))) => {
                listing
                    .sessions
                    .iter_mut()
                    .for_each(|(id, seats)| date(id, seats));
            }
            _ => (),
        }
    }
}

async fn perform(calls: &MemoryCalls, video: &MemoryVideo, action: &Action) -> Reply {
    match action {
        Action::Port(operation) => operation.perform(calls, video).await.into(),
        Action::CloseWhateverVersion(session) => {
            let mut session = session.clone();
            if let Some(now) = calls.records().sessions.get(&session.name) {
                session.version = now.version;
            }
            let close = Operation::Close(session);
            close.perform(calls, video).await.into()
        }
        Action::Hear => Reply::Event(None),
        Action::Enter(connection) => Answer::Is(video.enter(connection)).into(),
        Action::LookAround(me) => {
            let sessions = video.sessions().sessions;
            let visible = sessions.into_values().filter(|seats| {
                let inside = |me| seats.get(me).is_some_and(|connected| *connected);
                me.as_ref().is_none_or(inside)
            });
            let mut others = visible.flatten();
            let other = others.find(|(id, connected)| *connected && me.as_ref() != Some(id));
            Reply::Somebody(other.map(|(id, _)| id))
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
