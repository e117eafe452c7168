//! A moment in a schedule, and the moves that lead to the next.

use std::cell::RefCell;
use std::collections::HashMap;
use std::fmt;
use std::rc::Rc;

use crate::actor::{Actor, Position, Way};
use crate::faults::Faults;
use crate::gate::Note;
use crate::operation::{Answer, seat};
use crate::world::World;

/// What is played: who acts, in which world, and what may go wrong.
pub(crate) struct Case {
    actors: Vec<Actor>,
    /// What may go wrong.
    faults: Faults,
    promise: Promise,
    worlds: RefCell<Worlds>,
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
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct State {
    /// The world's number.
    world: u32,
    /// Where each actor is; `None`: no longer there.
    actors: Vec<Option<Position>>,
    /// What may still go wrong.
    faults: Faults,
}

/// What can happen next.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Move {
    /// An actor's operation takes effect and is answered.
    Step(u8),
    /// An actor's operation takes effect, but the answer is lost: it is repeated later.
    LoseReply(u8),
    /// An actor's operation fails without effect.
    FailBefore(u8),
    /// An actor's operation takes effect and fails.
    FailAfter(u8),
    Crash(u8),
    /// The video server notices that a browser is gone, the one of this number among those.
    Notice(u8),
    Restart,
}

/// Every world that was reached: equal ones are kept once, and named by a number. What a move does
/// follows from the world and the position of who moves, so it is found out once.
#[derive(Default)]
struct Worlds {
    all: Vec<Rc<World>>,
    numbers: HashMap<Rc<World>, u32>,
    effects: HashMap<(u32, Option<Position>, Move), Rc<Effect>>,
}

/// What a move does to the world and to who moves.
struct Effect {
    world: u32,
    position: Option<Position>,
    /// What a use case refused.
    refused: Option<String>,
}

/// A move, for people to read.
pub(crate) struct Told<'a>(&'a Case, &'a State, Move);

impl Case {
    /// These actors in this world.
    pub(crate) fn new(actors: Vec<Actor>, faults: Faults, promise: Promise) -> Self {
        let worlds = RefCell::default();
        Self {
            actors,
            faults,
            promise,
            worlds,
        }
    }

    pub(crate) fn actors(&self) -> &[Actor] {
        &self.actors
    }

    /// The first moment, in this world.
    ///
    /// # Errors
    /// What does not hold, in words.
    pub(crate) fn begin(&self, mut world: World) -> Result<State, String> {
        let mut actors = Vec::new();
        for (index, actor) in self.actors.iter().enumerate() {
            let (position, _) = self.settle(index, actor.begin(0), &mut world)?;
            actors.push(position);
        }
        world.check()?;
        let world = self.worlds.borrow_mut().number(world);
        Ok(State {
            world,
            actors,
            faults: self.faults,
        })
    }

    /// Everything that can happen at this moment.
    pub(crate) fn moves(&self, state: &State) -> Vec<Move> {
        let world = self.world(state);
        let mut moves: Vec<Move> = (0..).take(world.leaving.len()).map(Move::Notice).collect();
        for (index, position) in (0..).zip(&state.actors) {
            let Some(position) = *position else { continue };
            moves.push(Move::Step(index));
            // A read that is repeated, or fails after its effect, is one that came later, or failed
            // before.
            let asks = self.actors[usize::from(index)].asks(position);
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
        if state.faults.restarts > 0 && !world.video.sessions.is_empty() {
            moves.push(Move::Restart);
        }
        moves
    }

    /// The moment after a move.
    ///
    /// # Errors
    /// What no longer holds, in words.
    pub(crate) fn next(&self, state: &State, chosen: Move) -> Result<State, String> {
        let mut next = state.clone();
        match chosen {
            Move::Step(_) | Move::Notice(_) => {}
            Move::LoseReply(_) => next.faults.lost_replies -= 1,
            Move::FailBefore(_) | Move::FailAfter(_) => next.faults.failures -= 1,
            Move::Crash(_) => next.faults.crashes -= 1,
            Move::Restart => next.faults.restarts -= 1,
        }
        let effect = self.effect(state, chosen)?;
        next.world = effect.world;
        if let Some(index) = chosen.actor() {
            next.actors[index] = effect.position;
        }
        // That somebody else crashes, or the video server restarts, is no reason to refuse anybody.
        let nothing_failed = Faults {
            crashes: 0,
            restarts: 0,
            ..self.faults
        } == Faults {
            crashes: 0,
            restarts: 0,
            ..next.faults
        };
        match &effect.refused {
            Some(error) if nothing_failed && self.promise == Promise::NobodyRefusedNothingLeft => {
                Err(format!("nothing failed, but somebody was refused: {error}"))
            }
            _ => Ok(next),
        }
    }

    /// Has everybody left, and is nothing under way?
    pub(crate) fn has_ended(&self, state: &State) -> bool {
        state.actors.iter().all(Option::is_none) && self.world(state).leaving.is_empty()
    }

    /// Checks what holds at the end.
    ///
    /// # Errors
    /// What does not hold, in words.
    pub(crate) fn check_end(&self, state: &State) -> Result<(), String> {
        let nothing_left = self.promise != Promise::Sweepable
            && state.faults.crashes == self.faults.crashes
            && state.faults.failures == self.faults.failures;
        let world = self.world(state);
        world.check_end()?;
        if nothing_left {
            world.check_nothing_on_record()?;
        }
        // The answer that was lost may have been a connection, which nobody knows of.
        if nothing_left && state.faults.lost_replies == self.faults.lost_replies {
            world.check_nothing_at_server()?;
        }
        Ok(())
    }

    pub(crate) fn world(&self, state: &State) -> Rc<World> {
        Rc::clone(&self.worlds.borrow().all[state.world as usize])
    }

    pub(crate) fn tell<'a>(&'a self, state: &'a State, chosen: Move) -> Told<'a> {
        Told(self, state, chosen)
    }

    fn effect(&self, state: &State, chosen: Move) -> Result<Rc<Effect>, String> {
        let position = chosen.actor().and_then(|index| state.actors[index]);
        let key = (state.world, position, chosen);
        if let Some(known) = self.worlds.borrow().effects.get(&key) {
            return Ok(Rc::clone(known));
        }
        let mut world = World::clone(&self.world(state));
        let (position, refused) = self.apply(position, chosen, &mut world)?;
        world.check()?;
        let mut worlds = self.worlds.borrow_mut();
        let world = worlds.number(world);
        let effect = Rc::new(Effect {
            world,
            position,
            refused,
        });
        worlds.effects.insert(key, Rc::clone(&effect));
        Ok(effect)
    }

    fn apply(
        &self,
        position: Option<Position>,
        chosen: Move,
        world: &mut World,
    ) -> Result<(Option<Position>, Option<String>), String> {
        let perform = |index: u8, world: &mut World| {
            let asks = position.and_then(|position| self.actors[usize::from(index)].asks(position));
            world.perform(&asks.expect("who moves waits"))
        };
        let (index, answer) = match chosen {
            Move::Notice(number) => {
                world.notice(number.into());
                return Ok((None, None));
            }
            Move::Restart => {
                world.restart();
                return Ok((None, None));
            }
            Move::Crash(index) => {
                world.crash(index.into());
                return Ok((None, None));
            }
            Move::LoseReply(index) => {
                perform(index, world);
                return Ok((position, None));
            }
            Move::Step(index) => (index, perform(index, world)),
            Move::FailBefore(index) => (index, Answer::Failed),
            Move::FailAfter(index) => {
                perform(index, world);
                (index, Answer::Failed)
            }
        };
        let index = usize::from(index);
        let before = position.expect("who moves is there");
        let way = self.actors[index].after(before, answer);
        self.settle(index, Some(way), world)
    }

    /// Takes down an actor's notes on its way; goes on to its next scene if this one has ended.
    fn settle(
        &self,
        index: usize,
        mut way: Option<Way>,
        world: &mut World,
    ) -> Result<(Option<Position>, Option<String>), String> {
        let actor = &self.actors[index];
        let mut refused = None;
        while let Some(Way { to, notes }) = way {
            for note in &*notes {
                world.note(index, note)?;
                if let Note::Refused(error) = note {
                    refused = Some(error.clone());
                }
            }
            if actor.asks(to).is_some() {
                return Ok((Some(to), refused));
            }
            way = actor.begin_next(to);
        }
        Ok((None, refused))
    }
}

impl Move {
    /// Something goes wrong.
    pub(crate) fn is_fault(self) -> bool {
        !matches!(self, Self::Step(_) | Self::Notice(_))
    }

    fn actor(self) -> Option<usize> {
        match self {
            Self::Step(index)
            | Self::LoseReply(index)
            | Self::FailBefore(index)
            | Self::FailAfter(index)
            | Self::Crash(index) => Some(index.into()),
            Self::Notice(_) | Self::Restart => None,
        }
    }
}

impl Worlds {
    fn number(&mut self, world: World) -> u32 {
        if let Some(known) = self.numbers.get(&world) {
            return *known;
        }
        let number = u32::try_from(self.all.len()).expect("not that many");
        let world = Rc::new(world);
        self.all.push(Rc::clone(&world));
        self.numbers.insert(world, number);
        number
    }
}

impl fmt::Display for Told<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(case, state, chosen) = self;
        let world = case.world(state);
        let (index, what) = match *chosen {
            Move::Notice(number) => {
                let id = world.leaving.iter().nth(number.into()).ok_or(fmt::Error)?;
                return write!(f, "video server: {} is gone", seat(id));
            }
            Move::Restart => return write!(f, "video server: restarts, everything is lost"),
            Move::Crash(index) => (index, Some("crashes before")),
            Move::Step(index) => (index, None),
            Move::LoseReply(index) => (index, Some("loses the answer, and will repeat")),
            Move::FailBefore(index) => (index, Some("fails, without effect:")),
            Move::FailAfter(index) => (index, Some("fails, after its effect:")),
        };
        let actor = &case.actors[usize::from(index)];
        let position = state.actors[usize::from(index)].ok_or(fmt::Error)?;
        let operation = actor.asks(position).ok_or(fmt::Error)?;
        match what {
            Some(what) => write!(f, "{}: {what} {}", actor.name, *operation),
            None => {
                let answer = World::clone(&world).perform(&operation);
                write!(f, "{}: {} -> {answer}", actor.name, *operation)
            }
        }
    }
}
