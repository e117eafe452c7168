//! The same rules at a video server where tokens stay good: whoever was removed comes back with the old one,
//! whoever is cut off comes back by themselves, and only who is connected is listed.
//!
//! What holds besides: whoever did nothing wrong is neither off the record nor thrown out, and when every
//! report was heard, nobody is in who is not on record, without a sweep.

use shared::domain::Role::{Moderator, Publisher};

use crate::actor::Actor;
use crate::explorer::{Wrong, explore};
use crate::faults::{Faults, NO_FAULTS};
use crate::flaw::Flaw;
use crate::person;
use crate::repair;
use crate::state::{Case, Promise};
use crate::world::World;
use crate::{after, holds, place_of, repeat, visitor};

#[test]
fn two_people_come_and_go_where_tokens_stay_good() {
    let people = vec![visitor(0, "ann", 2), visitor(1, "bob", 2)];
    let case = case(people, NO_FAULTS, Promise::NobodyRefusedNothingLeft);
    holds("returning: twice", &case, &World::livekit());
}

#[test]
fn faults_where_tokens_stay_good() {
    let faults = NO_FAULTS.and_a_crash().and_a_restart().and_a_lost_answer();
    let people = vec![visitor(0, "ann", 1), visitor(1, "bob", 1)];
    let case = case(people, faults, Promise::NobodyRefusedNothingLeft);
    let name = "returning: a crash, a restart, a lost answer";
    holds(name, &case, &World::livekit());
}

#[test]
fn reports_come_late_twice_or_never_where_tokens_stay_good() {
    for (name, faults) in [
        ("a reconnection", NO_FAULTS.and_a_reconnection()),
        ("a restart", NO_FAULTS.and_a_restart()),
        ("a time-out", NO_FAULTS.and_a_time_out()),
    ] {
        let people = vec![guest(), visitor(1, "bob", 1), webhook(2, 1)];
        let case = case(people, faults, Promise::NobodyRefusedNothingLeft);
        let name = format!("returning: reports, {name}");
        holds(&name, &case, &World::livekit().reporting());
    }
}

#[test]
fn a_sweep_comes_at_any_moment_where_tokens_stay_good() {
    for (name, faults) in [
        (
            "a crash, a lost answer",
            NO_FAULTS.and_a_crash().and_a_lost_answer(),
        ),
        ("a restart", NO_FAULTS.and_a_restart()),
        ("a time-out", NO_FAULTS.and_a_time_out()),
    ] {
        let people = vec![guest(), sweep(1)];
        let case = case(people, faults, Promise::NobodyRefusedNothingLeft);
        let name = format!("returning: a sweep, {name}");
        holds(&name, &case, &World::livekit().repaired());
    }
}

#[test]
fn whoever_was_removed_is_bounced_whenever_they_come_back() {
    for (name, faults) in [
        ("no fault", NO_FAULTS),
        ("a lost answer", NO_FAULTS.and_a_lost_answer()),
    ] {
        let world = somebody_came("ann").reporting_in_order();
        let case = removal(&world, faults, 5);
        holds(&format!("returning: removed, {name}"), &case, &world);
    }
}

#[test]
fn whoever_was_removed_comes_back_while_somebody_joins() {
    let world = somebody_came("ann").reporting_in_order();
    let mut actors = removal_actors(&world, 4);
    actors.push(visitor(3, "bob", 1));
    let case = case(actors, NO_FAULTS, Promise::Sweepable);
    holds("returning: removed while somebody joins", &case, &world);
}

#[test]
fn a_sweep_comes_while_somebody_who_was_removed_is_back() {
    let world = somebody_came("ann").repaired();
    let mut actors = removal_actors(&world, 0);
    actors.push(sweep(3));
    let case = case(actors, NO_FAULTS, Promise::Sweepable);
    holds("returning: removed, a sweep", &case, &world);
}

#[test]
fn joining_without_confirming_is_caught_where_tokens_stay_good() {
    caught_among_visitors(Flaw::NoConfirm);
}

#[test]
fn joining_whatever_the_confirm_answers_is_caught_where_tokens_stay_good() {
    caught_among_visitors(Flaw::ConfirmIgnored);
}

#[test]
fn confirming_before_recording_is_caught_where_tokens_stay_good() {
    caught_among_visitors(Flaw::ConfirmBeforeRecord);
}

#[test]
fn reading_the_version_late_is_caught_where_tokens_stay_good() {
    caught_among_visitors(Flaw::VersionReadLate);
}

#[test]
fn closing_whatever_the_version_is_caught_where_tokens_stay_good() {
    caught_among_visitors(Flaw::VersionIgnored);
}

#[test]
fn naming_sessions_by_their_call_alone_is_caught() {
    caught_among_visitors(Flaw::SessionNamedByCall);
}

#[test]
fn handing_a_token_out_before_it_is_recorded_is_caught() {
    let wrong = caught_among_visitors(Flaw::HandedOutEarly);
    assert!(wrong.what.contains("token is not on record"), "{wrong}");
}

#[test]
fn forgetting_to_close_after_a_lost_answer_is_caught() {
    let world = somebody_came("ann").reporting_in_order();
    let actors = removal_actors(&world, 5).into_iter();
    let actors = actors
        .map(|actor| actor.wrong(Flaw::ClosingForgotten))
        .collect();
    let faults = NO_FAULTS.and_a_lost_answer();
    let wrong = caught(&case(actors, faults, Promise::Sweepable), &world);
    assert!(wrong.what.contains("every report was heard"), "{wrong}");
}

#[test]
fn letting_everybody_in_is_caught() {
    let world = somebody_came("ann").reporting_in_order();
    let actors = removal_actors(&world, 5).into_iter();
    let actors = actors.map(|actor| actor.wrong(Flaw::NoBouncer)).collect();
    let wrong = caught(&case(actors, NO_FAULTS, Promise::Sweepable), &world);
    assert!(wrong.what.contains("every report was heard"), "{wrong}");
}

#[test]
fn forgetting_young_tokens_that_are_not_listed_is_caught() {
    let actors = vec![visitor(0, "ann", 1), sweep(1).wrong(Flaw::AgeIgnored)];
    let case = case(actors, NO_FAULTS, Promise::NobodyRefusedNothingLeft);
    let wrong = caught(&case, &World::livekit().repaired());
    assert!(wrong.what.contains("token is not on record"), "{wrong}");
}

#[test]
fn taking_every_end_for_somebodys_leaving_is_caught() {
    let actors = vec![guest(), webhook(1, 1)];
    let faults = NO_FAULTS.and_a_reconnection();
    let case = case(actors, faults, Promise::NobodyRefusedNothingLeft);
    let world = World::livekit().reporting().reporting_every_end();
    let wrong = caught(&case, &world);
    assert!(wrong.what.contains("on record"), "{wrong}");
}

fn case(actors: Vec<Actor>, faults: Faults, promise: Promise) -> Case {
    Case::new(actors, faults, promise).at_livekit()
}

/// A moderator removes Ann, who is in the call, and at any moment she comes back with the old token. So many
/// reports are heard.
fn removal_actors(world: &World, reports: usize) -> Vec<Actor> {
    let place = place_of(world);
    vec![
        Actor::new(0, "ann").does(Publisher, move |me| person::return_with(me, place.clone())),
        Actor::new(1, "mod").does(Moderator, person::put_out),
        webhook(2, reports),
    ]
}

fn removal(world: &World, faults: Faults, reports: usize) -> Case {
    // What is not heard the sweep clears.
    case(removal_actors(world, reports), faults, Promise::Sweepable)
}

fn somebody_came(name: &'static str) -> World {
    let mut came = Actor::new(9, name).does(Publisher, person::stay);
    came.kind = testing::Kind::LiveKit;
    after(&World::livekit(), came)
}

/// Ann, who is in the call for a while: she may be cut off, and comes back.
fn guest() -> Actor {
    Actor::new(0, "ann").does(Publisher, person::visit_and_look)
}

fn webhook(index: usize, reports: usize) -> Actor {
    let webhook = Actor::new(index, "webhook");
    repeat(reports, webhook, |webhook| {
        webhook.then(|gate, _| repair::hear(gate))
    })
}

fn sweep(index: usize) -> Actor {
    Actor::new(index, "sweep").then(|gate, _| repair::sweep(gate))
}

fn caught_among_visitors(flaw: Flaw) -> Wrong {
    let people = vec![
        visitor(0, "ann", 2).wrong(flaw),
        visitor(1, "bob", 2).wrong(flaw),
    ];
    let case = case(people, NO_FAULTS, Promise::NobodyRefusedNothingLeft);
    caught(&case, &World::livekit())
}

/// Plays schedules of a wrong version until one goes wrong.
fn caught(case: &Case, world: &World) -> Wrong {
    match explore(case, world) {
        Ok(explored) => panic!("it is not caught: {explored}"),
        Err(wrong) => {
            eprintln!("{wrong}");
            wrong
        }
    }
}
