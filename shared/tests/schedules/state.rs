//! A moment in a schedule, and the moves that lead to the next.

use std::fmt;
use std::rc::Rc;

use shared::domain::ConnectionId;

use crate::actor::{Actor, Position};
use crate::gate::Note;
use crate::operation::{Answer, seat};
use crate::world::World;

/// What is played: who acts, in which world, and what may go wrong.
pub(crate) struct Case {
    pub(crate) actors: Vec<Actor>,
    /// How it is before.
    pub(crate) world: World,
    /// How often what may go wrong.
    pub(crate) faults: Faults,
    /// What is promised as long as nothing goes wrong.
    pub(crate) promise: Promise,
}

/// How much may go wrong.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Faults {
    /// An actor stops for good: its future is dropped.
    pub(crate) crashes: u8,
    /// The video server stops and starts, and has lost every session.
    pub(crate) restarts: u8,
    /// A request takes effect, but its answer is lost; it is sent again, and that answer counts.
    pub(crate) lost_replies: u8,
    /// A request fails, before or after taking effect.
    pub(crate) failures: u8,
}

/// What is promised as long as nothing goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Promise {
    /// Nobody is refused, and when everybody has left, nothing remains.
    NobodyRefusedNothingLeft,
    /// When everybody has left, nothing remains.
    NothingLeft,
    /// What remains the sweep can remove.
    Sweepable,
}

/// A moment in a schedule.
#[derive(Clone)]
pub(crate) struct State {
    pub(crate) world: Rc<World>,
    /// Where each actor is; `None`: no longer there.
    pub(crate) actors: Vec<Option<Position>>,
    /// What may still go wrong.
    pub(crate) faults: Faults,
}

/// What can happen next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Move {
    /// An actor's operation takes effect and is answered.
    Step(usize),
    /// An actor's operation takes effect, but the answer is lost: it is repeated later.
    LoseReply(usize),
    /// An actor's operation fails without effect.
    FailBefore(usize),
    /// An actor's operation takes effect and fails.
    FailAfter(usize),
    Crash(usize),
    /// The video server notices that a browser is gone.
    Notice(ConnectionId),
    Restart,
}

/// What a move did, for people to read.
pub(crate) struct Told<'a> {
    case: &'a Case,
    state: &'a State,
    chosen: &'a Move,
}

impl Case {
    /// The first moment.
    ///
    /// # Errors
    /// What does not hold, in words.
    pub(crate) fn begin(&self) -> Result<State, String> {
        let mut world = self.world.clone();
        let mut actors = Vec::new();
        for (index, actor) in self.actors.iter().enumerate() {
            let first = actor.begin(0);
            actors.push(self.settle(index, first, &mut world, self.faults)?);
        }
        world.check()?;
        let (world, faults) = (Rc::new(world), self.faults);
        Ok(State { world, actors, faults })
    }

    /// Everything that can happen at this moment.
    pub(crate) fn moves(&self, state: &State) -> Vec<Move> {
        let mut moves: Vec<Move> = state.world.leaving.iter().cloned().map(Move::Notice).collect();
        for (index, position) in state.actors.iter().enumerate() {
            let Some(position) = *position else { continue };
            moves.push(Move::Step(index));
            let node = self.actors[index].node(position);
            let asks = node.asks.as_ref();
            // A read that is repeated, or fails after its effect, is one that came later, or failed
            // before.
            let (remote, write) = asks.map_or((false, false), |o| (o.is_remote(), o.is_write()));
            if state.faults.lost_replies > 0 && remote && write {
                moves.push(Move::LoseReply(index));
            }
            if state.faults.failures > 0 && remote {
                moves.push(Move::FailBefore(index));
            }
            if state.faults.failures > 0 && remote && write {
                moves.push(Move::FailAfter(index));
            }
            if state.faults.crashes > 0 {
                moves.push(Move::Crash(index));
            }
        }
        if state.faults.restarts > 0 && !state.world.video.sessions.is_empty() {
            moves.push(Move::Restart);
        }
        moves
    }

    /// The moment after a move.
    ///
    /// # Errors
    /// What no longer holds, in words.
    pub(crate) fn next(&self, state: &State, chosen: &Move) -> Result<State, String> {
        let mut world = World::clone(&state.world);
        let mut actors = state.actors.clone();
        let mut faults = state.faults;
        match chosen {
            Move::Notice(id) => world.notice(id),
            Move::Restart => {
                faults.restarts -= 1;
                world.restart();
            }
            Move::Crash(index) => {
                faults.crashes -= 1;
                world.crash(*index);
                actors[*index] = None;
            }
            Move::LoseReply(index) => {
                faults.lost_replies -= 1;
                self.perform(state, *index, &mut world);
            }
            Move::Step(index) => {
                let answer = self.perform(state, *index, &mut world);
                actors[*index] = self.answer(state, *index, answer, &mut world, faults)?;
            }
            Move::FailBefore(index) => {
                faults.failures -= 1;
                actors[*index] = self.answer(state, *index, Answer::Failed, &mut world, faults)?;
            }
            Move::FailAfter(index) => {
                faults.failures -= 1;
                self.perform(state, *index, &mut world);
                actors[*index] = self.answer(state, *index, Answer::Failed, &mut world, faults)?;
            }
        }
        world.check()?;
        let world = Rc::new(world);
        Ok(State { world, actors, faults })
    }

    /// Has everybody left, and is nothing under way?
    pub(crate) fn has_ended(&self, state: &State) -> bool {
        state.world.leaving.is_empty() && state.actors.iter().all(Option::is_none)
    }

    /// Checks what holds at the end.
    ///
    /// # Errors
    /// What does not hold, in words.
    pub(crate) fn check_end(&self, state: &State) -> Result<(), String> {
        let clean = state.faults == self.faults && self.promise != Promise::Sweepable;
        state.world.check_end(clean)
    }

    pub(crate) fn tell<'a>(&'a self, state: &'a State, chosen: &'a Move) -> Told<'a> {
        let case = self;
        Told { case, state, chosen }
    }

    fn perform(&self, state: &State, index: usize, world: &mut World) -> Answer {
        let node = self.actors[index].node(state.actors[index].expect("who moves is there"));
        world.perform(node.asks.as_ref().expect("who moves waits"))
    }

    fn answer(
        &self,
        state: &State,
        index: usize,
        answer: Answer,
        world: &mut World,
        faults: Faults,
    ) -> Result<Option<Position>, String> {
        let before = state.actors[index].expect("who moves is there");
        let after = self.actors[index].after(before, answer);
        self.settle(index, Some(after), world, faults)
    }

    /// Takes down an actor's notes at this position; goes on to its next scene if this one has ended.
    fn settle(
        &self,
        index: usize,
        mut position: Option<Position>,
        world: &mut World,
        faults: Faults,
    ) -> Result<Option<Position>, String> {
        let actor = &self.actors[index];
        while let Some(there) = position {
            let node = actor.node(there);
            for note in &node.notes {
                world.note(index, note)?;
                self.check_refusal(note, faults)?;
            }
            if node.asks.is_some() {
                break;
            }
            drop(node);
            position = actor.begin_next(there);
        }
        Ok(position)
    }

    fn check_refusal(&self, note: &Note, left: Faults) -> Result<(), String> {
        // A crash or a restart is no reason to refuse anybody else.
        let reason = (left.failures, left.lost_replies) != (self.faults.failures, self.faults.lost_replies);
        match note {
            Note::Refused(error) if !reason && self.promise == Promise::NobodyRefusedNothingLeft => {
                Err(format!("nothing failed, but somebody was refused: {error}"))
            }
            _ => Ok(()),
        }
    }
}

impl fmt::Display for Told<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (case, state) = (self.case, self.state);
        let (index, what) = match self.chosen {
            Move::Notice(id) => return write!(f, "video server: {} is gone", seat(id)),
            Move::Restart => return write!(f, "video server: restarts, everything is lost"),
            Move::Crash(index) => return write!(f, "{}: crashes", case.actors[*index].name),
            Move::Step(index) => (*index, None),
            Move::LoseReply(index) => (*index, Some("(answer lost, will be repeated)")),
            Move::FailBefore(index) => (*index, Some("(fails without effect)")),
            Move::FailAfter(index) => (*index, Some("(takes effect, but fails)")),
        };
        let actor = &case.actors[index];
        let node = actor.node(state.actors[index].ok_or(fmt::Error)?);
        let operation = node.asks.as_ref().ok_or(fmt::Error)?;
        write!(f, "{}: {operation} ", actor.name)?;
        match what {
            Some(what) => write!(f, "{what}"),
            None => {
                let answer = World::clone(&state.world).perform(operation);
                write!(f, "-> {answer}")
            }
        }
    }
}
