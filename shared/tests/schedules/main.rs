//! The real rules for joining, leaving and repairing, under every schedule.
//!
//! A schedule decides who takes the next step. Each step is one operation of the ports, or of a
//! browser at the video server. Between two steps anything else may happen, including crashes,
//! failures, lost answers and a restart of the video server. With a few people *every* schedule is
//! played, with five people some at random. After every step the invariants are checked
//! ([`world::World::check`]), and at every end what may remain ([`world::World::check_end`]).
//!
//! How it works, in reading order: a [`person`] is a script with the real use cases. It reaches the
//! ports through a [`gate`], which takes one [`action`] at a time. An [`actor`] is such a script
//! as the scheduler sees it. The [`state`] of all actors and of the [`world`] has moves to other
//! states, and the [`explorer`] follows them. The tests are sharp: they catch wrong versions of the
//! rules (each a [`flaw`]). [`repaired`] does the same with webhooks and sweeps beside the people.
//!
//! To see the numbers: `cargo test -p shared --test schedules -- --nocapture`.

mod action;
mod actor;
mod explorer;
mod faults;
mod flaw;
mod gate;
mod moves;
mod newcomer;
mod perform;
mod person;
mod repair;
mod repaired;
mod returning;
mod returns;
mod state;
mod world;

use shared::domain::Role::{Moderator, Publisher, Subscriber};
use testing::{Answer, Operation};

use action::{Action, Reply};
use actor::Actor;
use explorer::{Wrong, explore, play};
use faults::NO_FAULTS;
use flaw::Flaw;
use gate::Place;
use state::{Case, Promise};
use world::World;

#[test]
fn two_people_come_and_go_twice() {
    let people = vec![visitor(0, "ann", 2), visitor(1, "bob", 2)];
    let case = Case::new(people, NO_FAULTS, Promise::NobodyRefusedNothingLeft);
    holds("twice", &case, &World::default());

    // Check that the difficult situations have been played.
    let exchanges: Vec<_> = case.actors().iter().flat_map(Actor::exchanges).collect();
    let played = |what: fn(&Action, &Reply) -> bool| {
        let mut exchanges = exchanges.iter();
        assert!(exchanges.any(|(action, reply)| what(action, reply)));
    };
    let refused = |what: fn(&Action) -> bool| {
        let mut refused = exchanges.iter().filter(|(_, reply)| reply.is_no());
        assert!(refused.any(|(action, _)| what(action)));
    };
    refused(|action| matches!(action, Action::Port(Operation::Confirm(..))));
    refused(|action| matches!(action, Action::Port(Operation::Close(..))));
    refused(|action| matches!(action, Action::Enter(..)));
    played(|_, reply| *reply == Answer::Connection(None).into());
}

#[test]
fn two_people_ask_again_for_tokens_that_are_dead_on_arrival() {
    let person = |index, name| Actor::new(index, name).does(Publisher, person::visit_for_sure);
    let people = || vec![person(0, "ann"), person(1, "bob")];
    let case = Case::new(people(), NO_FAULTS, Promise::NobodyRefusedNothingLeft);
    holds("asking again", &case, &World::default());

    let faults = NO_FAULTS.and_a_restart();
    let case = Case::new(people(), faults, Promise::NobodyRefusedNothingLeft);
    holds("asking again, a restart", &case, &World::default());
}

#[test]
fn somebody_crashes_and_the_video_server_restarts() {
    let faults = NO_FAULTS.and_a_crash().and_a_restart();
    let people = vec![visitor(0, "ann", 2), visitor(1, "bob", 2)];
    let case = Case::new(people, faults, Promise::NobodyRefusedNothingLeft);
    holds("a crash, a restart", &case, &World::default());
}

#[test]
fn an_answer_is_lost_as_well() {
    let faults = NO_FAULTS.and_a_crash().and_a_restart().and_a_lost_answer();
    let people = vec![visitor(0, "ann", 2), visitor(1, "bob", 1)];
    let case = Case::new(people, faults, Promise::NobodyRefusedNothingLeft);
    holds(
        "a crash, a restart, a lost answer",
        &case,
        &World::default(),
    );
}

#[test]
fn a_close_whose_answer_is_lost_leaves_no_session() {
    let faults = NO_FAULTS.and_a_lost_answer();
    let people = vec![
        Actor::new(0, "ann").does(Publisher, person::change_mind),
        Actor::new(1, "bob").does(Publisher, person::change_mind),
    ];
    let case = Case::new(people, faults, Promise::NobodyRefusedNothingLeft);
    holds("tokens given back, a lost answer", &case, &World::default());
}

#[test]
fn a_moderator_puts_somebody_out_while_somebody_joins() {
    let people = vec![
        visitor(0, "ann", 1),
        visitor(1, "bob", 1),
        Actor::new(2, "mod").does(Moderator, person::put_out),
    ];
    let case = Case::new(people, NO_FAULTS, Promise::NothingLeft);
    holds("a removal from outside", &case, &World::default());

    let faults = NO_FAULTS.and_a_crash().and_a_lost_answer().and_a_failure();
    let people = vec![
        visitor(0, "ann", 1),
        Actor::new(1, "mod").does(Moderator, person::visit_and_put_out),
    ];
    let case = Case::new(people, faults, Promise::NothingLeft);
    holds(
        "a removal from inside, a crash, a lost answer, a failure",
        &case,
        &World::default(),
    );
}

#[test]
fn somebody_comes_back_before_they_have_left() {
    let world = somebody_came("ann");
    let place = place_of(&world);
    let people = vec![
        Actor::new(0, "ann").does(Publisher, move |me| person::leave(me, place.clone())),
        visitor(1, "ann's next page", 1),
        visitor(2, "bob", 1),
    ];
    let case = Case::new(people, NO_FAULTS, Promise::NobodyRefusedNothingLeft);
    holds("back before gone", &case, &world);
}

#[test]
fn somebody_asks_again_before_they_were_answered() {
    let people = vec![
        Actor::new(0, "ann").does(Publisher, person::give_up_joining),
        visitor(1, "ann's next try", 1),
        visitor(2, "bob", 1),
    ];
    // Nobody has the first token, so nobody gives it back.
    let case = Case::new(people, NO_FAULTS, Promise::Sweepable);
    holds("asked again", &case, &World::default());
}

#[test]
fn five_people_come_and_go_as_chance_has_it() {
    let everything = NO_FAULTS
        .and_a_crash()
        .and_a_restart()
        .and_a_lost_answer()
        .and_a_failure();
    for (name, faults) in [
        ("five people", NO_FAULTS),
        ("five people, faults", everything),
    ] {
        let people = crowd(&["ann", "bob", "cleo", "dan"]);
        let case = Case::new(people, faults, Promise::NothingLeft);
        random_schedules(name, &case, &World::default());
    }
}

#[test]
fn joining_without_confirming_is_caught() {
    // The call looks like one that somebody is opening, so it is never closed.
    let wrong = caught(Flaw::NoConfirm);
    assert!(wrong.what.contains("everybody has left, but"), "{wrong}");
}

#[test]
fn joining_whatever_the_confirm_answers_is_caught() {
    let wrong = caught(Flaw::ConfirmIgnored);
    assert!(wrong.what.contains("not on record"), "{wrong}");
}

#[test]
fn confirming_before_recording_is_caught() {
    let wrong = caught(Flaw::ConfirmBeforeRecord);
    assert!(wrong.what.contains("not on record"), "{wrong}");
}

#[test]
fn reading_the_version_after_looking_for_tokens_is_caught() {
    let wrong = caught(Flaw::VersionReadLate);
    assert!(wrong.what.contains("not on record"), "{wrong}");
}

#[test]
fn closing_whatever_the_version_is_caught() {
    let wrong = caught(Flaw::VersionIgnored);
    assert!(wrong.what.contains("not on record"), "{wrong}");
}

/// Subscribers who come and go three times, and a moderator who does so twice and removes somebody.
fn crowd(subscribers: &[&'static str]) -> Vec<Actor> {
    let moderator = Actor::new(subscribers.len(), "mod");
    let moderator = repeat(2, moderator, |who| {
        who.does(Moderator, person::visit_and_put_out)
    });
    let subscribers = subscribers.iter().enumerate().map(|(index, name)| {
        repeat(3, Actor::new(index, name), |who| {
            who.does(Subscriber, person::visit_for_sure)
        })
    });
    subscribers.chain([moderator]).collect()
}

/// Comes and goes this many times.
fn visitor(index: usize, name: &'static str, visits: usize) -> Actor {
    let actor = Actor::new(index, name);
    repeat(visits, actor, |actor| actor.does(Publisher, person::visit))
}

fn repeat(times: usize, actor: Actor, scene: impl Fn(Actor) -> Actor) -> Actor {
    (0..times).fold(actor, |actor, _| scene(actor))
}

/// The world after somebody has come and stays.
fn somebody_came(name: &'static str) -> World {
    let came = Actor::new(9, name).does(Publisher, person::stay);
    after(&World::default(), came)
}

/// The world after somebody has done everything without being disturbed.
fn after(world: &World, somebody: Actor) -> World {
    let case = Case::new(vec![somebody], NO_FAULTS, Promise::NobodyRefusedNothingLeft);
    let mut state = case.begin(world.clone()).expect("nothing has happened yet");
    while let Some(step) = case.moves(&state).first() {
        state = case.next(&state, *step).expect("nobody is in the way");
    }
    World::clone(&case.world(&state))
}

/// The place of the person in the call.
fn place_of(world: &World) -> Place {
    let held = world.held.values().next();
    held.expect("they are in").place.clone()
}

/// Plays some schedules, chosen by a seed. None goes wrong.
fn random_schedules(name: &str, case: &Case, world: &World) {
    let first = match std::env::var("SCHEDULE_SEED") {
        Ok(seed) => seed.parse().expect("SCHEDULE_SEED is a number"),
        Err(_) => rand::random(),
    };
    eprintln!("{name}: SCHEDULE_SEED={first}");
    let begun = std::time::Instant::now();
    for run in 0..150 {
        let seed = u64::wrapping_add(first, run);
        if let Err(wrong) = play(case, world, seed) {
            panic!("SCHEDULE_SEED={seed}: {wrong}");
        }
    }
    eprintln!("{name}: {:.1?}", begun.elapsed());
}

/// Plays every schedule. None goes wrong.
fn holds(name: &str, case: &Case, world: &World) {
    match explore(case, world) {
        Ok(explored) => eprintln!("{name}: {explored}"),
        Err(wrong) => panic!("{name}: {wrong}"),
    }
}

/// Plays schedules of a wrong version until one goes wrong.
fn caught(flaw: Flaw) -> Wrong {
    let people = vec![
        visitor(0, "ann", 2).wrong(flaw),
        visitor(1, "bob", 2).wrong(flaw),
    ];
    let case = Case::new(people, NO_FAULTS, Promise::NobodyRefusedNothingLeft);
    match explore(&case, &World::default()) {
        Ok(explored) => panic!("{flaw:?} is not caught: {explored}"),
        Err(wrong) => {
            eprintln!("{flaw:?}: {wrong}");
            wrong
        }
    }
}
