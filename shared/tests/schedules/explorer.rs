//! Plays every schedule of a case, or some at random, and reports the one that goes wrong.

use std::collections::{HashSet, VecDeque};
use std::fmt;
use std::hash::{BuildHasher, RandomState};
use std::time::{Duration, Instant};

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

use crate::moves::Move;
use crate::newcomer::Newcomers;
use crate::state::{Case, State};
use crate::world::World;

/// Statistics of all schedules of a case.
pub(crate) struct Explored {
    /// Different states.
    pub(crate) states: usize,
    /// Moves from these states.
    pub(crate) moves: usize,
    /// Different final states.
    pub(crate) ends: usize,
    pub(crate) time: Duration,
}

impl fmt::Display for Explored {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            states,
            moves,
            ends,
            time,
        } = self;
        write!(f, "{states} states, {moves} moves, {ends} ends, {time:.1?}")
    }
}

/// A schedule that goes wrong.
#[derive(Debug)]
pub(crate) struct Wrong {
    pub(crate) what: String,
    pub(crate) steps: Vec<String>,
}

/// Plays every schedule. A state that another schedule has reached is not played again.
///
/// # Errors
/// A shortest schedule that goes wrong: shorter ones are played first.
pub(crate) fn explore(case: &Case, world: &World) -> Result<Explored, Wrong> {
    let begun = Instant::now();
    let wrong = |what, schedule: &[Move]| Wrong::tell(case, world, what, schedule);
    let first = case.begin(world.clone()).map_err(|what| wrong(what, &[]))?;
    let mut seen = Seen::default();
    let newcomers = Newcomers::to(world);
    let mut queue = VecDeque::from_iter(seen.visit(first, None));
    let (mut moves, mut ends) = (0, 0);
    while let Some((number, state)) = queue.pop_front() {
        if case.has_ended(&state) {
            ends += 1;
            case.check_end(&state)
                .and_then(|()| newcomers.check(&case.world(&state)))
                .map_err(|what| wrong(what, &seen.schedule(number)))?;
        }
        for chosen in case.moves(&state) {
            moves += 1;
            match case.next(&state, chosen) {
                Ok(next) => queue.extend(seen.visit(next, Some((number, chosen)))),
                Err(what) => {
                    let mut schedule = seen.schedule(number);
                    schedule.push(chosen);
                    return Err(wrong(what, &schedule));
                }
            }
        }
    }
    let states = seen.came.len();
    let time = begun.elapsed();
    Ok(Explored {
        states,
        moves,
        ends,
        time,
    })
}

/// Plays one schedule to its end, chosen by `seed`.
///
/// # Errors
/// The schedule, if it goes wrong.
pub(crate) fn play(case: &Case, world: &World, seed: u64) -> Result<(), Wrong> {
    let wrong = |what, schedule: &[Move]| Wrong::tell(case, world, what, schedule);
    let mut random = StdRng::seed_from_u64(seed);
    let mut schedule = Vec::new();
    let mut state = case.begin(world.clone()).map_err(|what| wrong(what, &[]))?;
    while !case.has_ended(&state) {
        // Rarely: otherwise all faults would be used up before anything has happened.
        let faulty = random.random_ratio(1, 30);
        let mut moves = case.moves(&state);
        moves.retain(|chosen| faulty || !chosen.is_fault());
        let chosen = moves[random.random_range(0..moves.len())];
        schedule.push(chosen);
        let next = case.next(&state, chosen);
        state = next.map_err(|what| wrong(what, &schedule))?;
    }
    case.check_end(&state)
        .and_then(|()| Newcomers::to(world).check(&case.world(&state)))
        .map_err(|what| wrong(what, &schedule))
}

/// The states that were reached, and how.
#[derive(Default)]
struct Seen {
    /// Hashes of all states. With ten million states, the chance that two have the same hash is one
    /// in a hundred thousand.
    hashes: HashSet<u64>,
    hasher: RandomState,
    came: Vec<Option<(u32, Move)>>,
}

impl Seen {
    /// Gives the state a number, if it is new.
    fn visit(&mut self, state: State, came: Option<(u32, Move)>) -> Option<(u32, State)> {
        let is_new = self.hashes.insert(self.hasher.hash_one(&state));
        is_new.then(|| {
            let number = u32::try_from(self.came.len()).expect("not that many");
            self.came.push(came);
            (number, state)
        })
    }

    /// The moves that led to a state.
    fn schedule(&self, mut number: u32) -> Vec<Move> {
        let mut schedule = Vec::new();
        while let Some((before, chosen)) = self.came[number as usize] {
            schedule.push(chosen);
            number = before;
        }
        schedule.reverse();
        schedule
    }
}

impl Wrong {
    fn tell(case: &Case, world: &World, what: String, schedule: &[Move]) -> Self {
        let mut steps = Vec::new();
        let mut state = case.begin(world.clone());
        for chosen in schedule {
            let Ok(now) = state else { break };
            steps.push(case.tell(&now, *chosen).to_string());
            state = case.next(&now, *chosen);
        }
        Self { what, steps }
    }
}

impl fmt::Display for Wrong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}, after this schedule:", self.what)?;
        for (number, step) in self.steps.iter().enumerate() {
            writeln!(f, "{:4}. {step}", number + 1)?;
        }
        Ok(())
    }
}
