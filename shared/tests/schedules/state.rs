//! The state of a schedule, and how a move leads to the next.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

use testing::{Kind, Operation};

use crate::action::{Action, Reply};
use crate::actor::{Actor, Position, Way};
use crate::faults::Faults;
use crate::gate::Note;
use crate::moves::{Move, Told};
use crate::world::World;

/// A case: the actors, the world, and the faults that may happen.
pub(crate) struct Case {
    actors: Vec<Actor>,
    /// The possible faults.
    faults: Faults,
    promise: Promise,
    worlds: RefCell<Worlds>,
}

/// What must hold as long as nothing fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Promise {
    /// No join starts again or has to make an existing session again, and the next promise.
    NobodyDisturbed,
    /// Nobody is refused, and the next promise.
    NobodyRefusedNothingLeft,
    /// When everybody has left, nothing remains.
    NothingLeft,
    /// The sweep can remove whatever remains.
    Sweepable,
}

/// A state of a schedule.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct State {
    /// The world's number.
    world: u32,
    /// Each actor's position. `None`: no longer there.
    actors: Vec<Option<Position>>,
    /// The faults that are left.
    faults: Faults,
}

/// Every world that was reached. Equal ones are kept once and have a number. The effect of a move
/// follows from the world and the actor's position, so it is computed once.
#[derive(Default)]
struct Worlds {
    all: Vec<Rc<World>>,
    numbers: HashMap<Rc<World>, u32>,
    effects: HashMap<(u32, Option<Position>, Move), Rc<Effect>>,
}

/// What a move does to the world and to its actor.
struct Effect {
    world: u32,
    position: Option<Position>,
    outcome: Outcome,
}

/// What a move reveals about a use case that may be wrong.
#[derive(Clone, Debug, Default)]
struct Outcome {
    /// What a use case refused.
    refused: Option<String>,
    /// What a join did that is right only if another participant forced it.
    forced: Option<String>,
}

impl Case {
    /// A case with these actors.
    pub(crate) fn new(actors: Vec<Actor>, faults: Faults, promise: Promise) -> Self {
        let worlds = RefCell::default();
        Self {
            actors,
            faults,
            promise,
            worlds,
        }
    }

    /// The same at a video server where tokens stay good.
    pub(crate) fn at_livekit(mut self) -> Self {
        for actor in &mut self.actors {
            actor.kind = Kind::LiveKit;
        }
        self
    }

    pub(crate) fn actors(&self) -> &[Actor] {
        &self.actors
    }

    /// The first state, in this world.
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

    /// Everything that can happen in this state.
    pub(crate) fn moves(&self, state: &State) -> Vec<Move> {
        let world = self.world(state);
        let mut moves: Vec<Move> = (0..).take(world.leaving.len()).map(Move::Notice).collect();
        moves.extend((0..).take(world.away()).map(Move::Return));
        moves.extend((0..).take(world.browsers()).map(Move::Reconnect));
        moves.extend(world.has_empty_room().then_some(Move::TimeOut));
        let is_quiet = self.is_quiet(state);
        for (index, position) in (0..).zip(&state.actors) {
            let Some(position) = *position else { continue };
            moves.push(Move::Step(index));
            // Reports that come in order are waited for, until there will be no more.
            let waits = world
                .next_report()
                .is_some_and(|next| next.is_some() || !is_quiet);
            let actor = &self.actors[usize::from(index)];
            let Some(asks) = actor.asks(position) else {
                continue;
            };
            if matches!(*asks, Action::Hear) {
                let reports = (0..).take(world.reports());
                moves.extend(reports.map(|number| Move::Hear(index, number)));
                if waits {
                    moves.retain(|chosen| *chosen != Move::Step(index));
                }
            }
            if asks.is_remote() {
                moves.extend([Move::FailBefore(index), Move::HangBefore(index)]);
            }
            // A read that is repeated or fails late is the same as one that came later or failed
            // early.
            if asks.is_remote() && asks.is_write() {
                moves.extend([Move::FailAfter(index), Move::HangAfter(index)]);
            }
            if actor.repeats(&asks) && asks.is_write() {
                moves.push(Move::LoseReply(index));
            }
            moves.push(Move::Crash(index));
        }
        if !world.video.sessions.is_empty() {
            moves.push(Move::Restart);
        }
        moves.retain(|chosen| chosen.spend(state.faults).is_some());
        moves
    }

    /// The state after a move.
    ///
    /// # Errors
    /// What no longer holds, in words.
    pub(crate) fn next(&self, state: &State, chosen: Move) -> Result<State, String> {
        let mut next = state.clone();
        let spent = chosen.spend(state.faults);
        next.faults = spent.expect("it is among the moves");
        let effect = self.effect(state, chosen)?;
        next.world = effect.world;
        if let Some(index) = chosen.actor() {
            next.actors[index] = effect.position;
        }
        // Another actor's crash, a restart of the video server or a lost answer is no reason to
        // refuse anybody.
        let nothing_failed =
            (next.faults.failures, next.faults.hangs) == (self.faults.failures, self.faults.hangs);
        let Outcome { refused, forced } = &effect.outcome;
        match (self.promise, refused, forced) {
            (Promise::NobodyDisturbed | Promise::NobodyRefusedNothingLeft, Some(error), _)
                if nothing_failed =>
            {
                Err(format!("nothing failed, but somebody was refused: {error}"))
            }
            (Promise::NobodyDisturbed, _, Some(what)) if next.faults == self.faults => {
                Err(format!("nobody forced it, but {what}"))
            }
            _ => Ok(next),
        }
    }

    /// Has everybody left, and is nothing under way?
    pub(crate) fn has_ended(&self, state: &State) -> bool {
        let world = self.world(state);
        state.actors.iter().all(Option::is_none) && world.leaving.is_empty() && world.away() == 0
    }

    /// Has everybody left who takes part, and will nobody come back?
    fn is_quiet(&self, state: &State) -> bool {
        let world = self.world(state);
        let mut actors = self.actors.iter().zip(&state.actors);
        actors.all(|(actor, position)| !actor.takes_part || position.is_none())
            && world.leaving.is_empty()
            && world.away() == 0
    }

    /// Checks what must hold at the end.
    ///
    /// # Errors
    /// What does not hold, in words.
    pub(crate) fn check_end(&self, state: &State) -> Result<(), String> {
        let (left, given) = (state.faults, self.faults);
        let nothing_left = self.promise != Promise::Sweepable
            && (left.crashes, left.failures, left.hangs)
                == (given.crashes, given.failures, given.hangs);
        let world = self.world(state);
        world.check_end()?;
        if nothing_left {
            world.check_nothing_on_record()?;
            world.check_no_empty_session()?;
        }
        // The lost answer may have been a connection that nobody knows of.
        if nothing_left && state.faults.lost_replies == self.faults.lost_replies {
            world.check_nothing_at_server()?;
        }
        Ok(())
    }

    pub(crate) fn world(&self, state: &State) -> Rc<World> {
        Rc::clone(&self.worlds.borrow().all[state.world as usize])
    }

    /// A description of a move, for people.
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
        let (position, outcome) = self.apply(position, chosen, &mut world)?;
        let mut worlds = self.worlds.borrow_mut();
        if !worlds.numbers.contains_key(&world) {
            world.check()?;
            world.check_swept()?;
        }
        let world = worlds.number(world);
        let effect = Rc::new(Effect {
            world,
            position,
            outcome,
        });
        worlds.effects.insert(key, Rc::clone(&effect));
        Ok(effect)
    }

    fn apply(
        &self,
        position: Option<Position>,
        chosen: Move,
        world: &mut World,
    ) -> Result<(Option<Position>, Outcome), String> {
        let perform = |index: u8, world: &mut World| {
            let actor = &self.actors[usize::from(index)];
            let asks = position.and_then(|position| actor.asks(position));
            let asks = asks.expect("who moves waits");
            let reply = world.perform(&asks);
            match &*asks {
                Action::Port(Operation::Close(session))
                    if reply.is_yes() && session.version == 0 && !actor.takes_part =>
                {
                    Err(format!(
                        "the {} closed a call that somebody is opening",
                        actor.name
                    ))
                }
                _ => Ok(reply),
            }
        };
        let (index, reply) = match chosen {
            Move::Notice(number) => {
                world.notice(number.into());
                return Ok((None, Outcome::default()));
            }
            Move::Restart => {
                world.restart();
                return Ok((None, Outcome::default()));
            }
            Move::Return(number) => {
                world.come_back(number.into());
                return Ok((None, Outcome::default()));
            }
            Move::Reconnect(number) => {
                world.reconnect(number.into());
                return Ok((None, Outcome::default()));
            }
            Move::TimeOut => {
                world.time_out();
                return Ok((None, Outcome::default()));
            }
            Move::Crash(index) => {
                world.crash(index.into());
                return Ok((None, Outcome::default()));
            }
            Move::LoseReply(index) => {
                perform(index, world)?;
                return Ok((position, Outcome::default()));
            }
            Move::Step(index) => (index, perform(index, world)?),
            Move::Hear(index, number) => (index, world.hear(number.into())),
            Move::HangBefore(index) => (index, Reply::Never),
            Move::HangAfter(index) => {
                perform(index, world)?;
                (index, Reply::Never)
            }
            Move::FailBefore(index) => (index, Reply::Failed),
            Move::FailAfter(index) => {
                perform(index, world)?;
                (index, Reply::Failed)
            }
        };
        let index = usize::from(index);
        let before = position.expect("who moves is there");
        let way = self.actors[index].after(before, reply);
        self.settle(index, Some(way), world)
    }

    /// Records an actor's notes, and goes on to its next scene if this one has ended.
    fn settle(
        &self,
        index: usize,
        mut way: Option<Way>,
        world: &mut World,
    ) -> Result<(Option<Position>, Outcome), String> {
        let actor = &self.actors[index];
        let mut outcome = Outcome::default();
        while let Some(Way { to, notes }) = way {
            for note in &*notes {
                world.note(index, note)?;
                match note {
                    Note::Refused(error) => outcome.refused = Some(error.clone()),
                    Note::StartsAgain => outcome.forced = Some("a join started again".to_owned()),
                    Note::Connected(asked) if *asked > 2 => {
                        let what = format!("a join asked the video server {asked} times");
                        outcome.forced = Some(what);
                    }
                    // A repair may have been faster.
                    Note::NotThere if !world.repaired => {
                        outcome.refused = Some("leave: not there".to_owned());
                    }
                    _ => (),
                }
            }
            if actor.asks(to).is_some() {
                return Ok((Some(to), outcome));
            }
            way = actor.begin_next(to);
        }
        Ok((None, outcome))
    }
}

impl State {
    /// An actor's position. `None`: no longer there.
    pub(crate) fn position(&self, actor: usize) -> Option<Position> {
        self.actors[actor]
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
