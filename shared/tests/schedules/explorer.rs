//! Plays every schedule of a case, or some at random, and tells the one that goes wrong.

use std::collections::{BTreeSet, HashMap, HashSet, VecDeque};
use std::fmt::Write as _;
use std::rc::Rc;
use std::time::{Duration, Instant};

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

use crate::actor::Position;
use crate::operation::{Answer, Operation};
use crate::state::{Case, Faults, Move, State};
use crate::world::World;

/// What was seen while playing every schedule of a case.
pub(crate) struct Explored {
    pub(crate) states: usize,
    pub(crate) moves: usize,
    /// Different ways in which it all ended.
    pub(crate) ends: usize,
    pub(crate) time: Duration,
}

/// A schedule that goes wrong.
#[derive(Debug)]
pub(crate) struct Wrong {
    pub(crate) what: String,
    pub(crate) steps: Vec<String>,
}

/// Plays every schedule; a moment that was reached before, by whatever schedule, is not played on.
///
/// # Errors
/// A shortest schedule that goes wrong: shorter ones are played first.
pub(crate) fn explore(case: &Case) -> Result<Explored, Wrong> {
    let begun = Instant::now();
    let first = case.begin().map_err(|what| Wrong { what, steps: Vec::new() })?;
    let mut seen = Seen::default();
    let mut newcomers = Newcomers::default();
    let mut queue = VecDeque::from_iter(seen.visit(first, None));
    let (mut moves, mut ends) = (0, 0);
    while let Some((number, state)) = queue.pop_front() {
        if case.has_ended(&state) {
            ends += 1;
            case.check_end(&state)
                .and_then(|()| newcomers.check(&state.world))
                .map_err(|what| wrong(case, what, &seen.schedule(number)))?;
        }
        for chosen in case.moves(&state) {
            moves += 1;
            match case.next(&state, &chosen) {
                Ok(next) => queue.extend(seen.visit(next, Some((number, chosen)))),
                Err(what) => {
                    let mut schedule = seen.schedule(number);
                    schedule.push(chosen);
                    return Err(wrong(case, what, &schedule));
                }
            }
        }
    }
    let states = seen.came.len();
    let time = begun.elapsed();
    Ok(Explored { states, moves, ends, time })
}

/// Plays one schedule to its end, chosen by `seed`.
///
/// # Errors
/// The schedule, if it goes wrong.
pub(crate) fn play(case: &Case, seed: u64) -> Result<World, Wrong> {
    let mut random = StdRng::seed_from_u64(seed);
    let mut schedule = Vec::new();
    let begun = case.begin();
    let mut state = begun.map_err(|what| Wrong { what, steps: Vec::new() })?;
    loop {
        let moves = case.moves(&state);
        if moves.is_empty() || case.has_ended(&state) {
            break;
        }
        let chosen = moves[random.random_range(0..moves.len())].clone();
        schedule.push(chosen.clone());
        let next = case.next(&state, &chosen);
        state = next.map_err(|what| wrong(case, what, &schedule))?;
    }
    case.check_end(&state)
        .and_then(|()| Newcomers::default().check(&state.world))
        .map_err(|what| wrong(case, what, &schedule))?;
    Ok(World::clone(&state.world))
}

/// The moments that were reached, and how. Equal worlds are kept once and named by a number, which
/// makes a moment a few small numbers.
#[derive(Default)]
struct Seen {
    worlds: HashMap<Rc<World>, usize>,
    moments: HashSet<(usize, Vec<Option<Position>>, Faults)>,
    came: Vec<Option<(usize, Move)>>,
}

impl Seen {
    /// Gives the moment a number, if it is new.
    fn visit(&mut self, state: State, came: Option<(usize, Move)>) -> Option<(usize, State)> {
        let State { world, actors, faults } = state;
        let (world, world_number) = match self.worlds.get_key_value(&world) {
            Some((known, number)) => (Rc::clone(known), *number),
            None => {
                let number = self.worlds.len();
                self.worlds.insert(Rc::clone(&world), number);
                (world, number)
            }
        };
        let is_new = self.moments.insert((world_number, actors.clone(), faults));
        is_new.then(|| {
            self.came.push(came);
            (self.came.len() - 1, State { world, actors, faults })
        })
    }

    /// The moves that led to a moment.
    fn schedule(&self, mut number: usize) -> Vec<Move> {
        let mut schedule = Vec::new();
        while let Some((before, chosen)) = &self.came[number] {
            schedule.push(chosen.clone());
            number = *before;
        }
        schedule.reverse();
        schedule
    }
}
