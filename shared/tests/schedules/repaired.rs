//! Repairs as further actors: webhooks that come late, twice, out of order or not at all; a
//! reconciliation at any moment; sweeps.

use std::collections::{BTreeMap, BTreeSet};

use shared::domain::Role::{Moderator, Publisher};
use shared::domain::{SessionId, VideoEvent};
use shared::ports::SweepRecord;
use testing::{Operation, installation};

use crate::action::{Action, Reply};
use crate::actor::Actor;
use crate::explorer::{Wrong, explore};
use crate::faults::{Faults, NO_FAULTS};
use crate::flaw::Flaw;
use crate::person;
use crate::repair;
use crate::state::{Case, Promise};
use crate::world::World;
use crate::{after, crowd, holds, place_of, random_schedules, repeat, somebody_came, visitor};

/// The methods of the ports, under the names of their operations.
const METHODS: [&str; 21] = [
    "FindOrOpen",
    "Find",
    "Record",
    "Confirm",
    "FindToken",
    "Remove",
    "FindByConnection",
    "HasTokens",
    "Close",
    "Open",
    "Connect",
    "Evict",
    "CloseVideo",
    "Tokens",
    "Page",
    "ProlongCall",
    "ProlongToken",
    "SweepRecord",
    "KeepSweepRecord",
    "Seats",
    "AllSeats",
];

#[test]
fn reports_come_late_twice_out_of_order_or_never() {
    let people = vec![visitor(0, "ann", 1), visitor(1, "bob", 1), webhook(2, 2)];
    let case = Case::new(people, NO_FAULTS, Promise::NobodyRefusedNothingLeft);
    holds("reports", &case, &World::default().reporting());
    heard(&case);
}

#[test]
fn reports_of_who_crashed() {
    let faults = NO_FAULTS.and_a_crash();
    let people = vec![visitor(0, "ann", 1), visitor(1, "bob", 1), webhook(2, 1)];
    let case = Case::new(people, faults, Promise::NobodyRefusedNothingLeft);
    holds("reports, a crash", &case, &World::default().reporting());
    heard(&case);
}

#[test]
fn the_call_is_reconciled_at_any_moment() {
    let promise = Promise::NobodyRefusedNothingLeft;
    let world = World::default().repaired();
    let faults = NO_FAULTS.and_a_restart();
    let people = vec![visitor(0, "ann", 1), visitor(1, "bob", 1), reconciler(2)];
    let case = Case::new(people, faults, promise);
    holds("a reconciliation, a restart", &case, &world);

    let faults = faults.and_a_crash().and_a_lost_answer();
    let case = Case::new(vec![visitor(0, "ann", 2), reconciler(1)], faults, promise);
    holds(
        "a reconciliation, a restart, a crash, a lost answer",
        &case,
        &world,
    );
}

#[test]
fn a_sweep_comes_at_any_moment() {
    let promise = Promise::NobodyRefusedNothingLeft;
    let faults = NO_FAULTS.and_a_crash().and_a_restart().and_a_lost_answer();
    let case = Case::new(vec![visitor(0, "ann", 2), sweep(1)], faults, promise);
    let world = World::default().repaired();
    holds("a sweep, a crash, a restart, a lost answer", &case, &world);

    let world = somebody_came("ann").repaired();
    let actors = vec![ann_leaves(&world), visitor(1, "bob", 1), sweep(2)];
    let case = Case::new(actors, NO_FAULTS, promise);
    holds("a sweep while one leaves and one comes", &case, &world);
}

#[test]
fn repairs_leave_a_call_alone_while_somebody_is_opening_it() {
    let promise = Promise::NobodyDisturbed;
    // The reports of the first visit arrive during the second.
    for (name, repairs) in [
        ("late reports of an earlier opening", vec![webhook(1, 2)]),
        ("a sweep", vec![sweep(1)]),
        ("a late report and a sweep", vec![webhook(1, 1), sweep(2)]),
    ] {
        let actors = [visitor(0, "ann", 2)].into_iter().chain(repairs).collect();
        let case = Case::new(actors, NO_FAULTS, promise);
        holds(name, &case, &World::default().reporting());
    }
}

#[test]
fn sweeps_clear_what_others_left_long_ago() {
    let case = clearing(true, NO_FAULTS);
    holds("sweeps of old records", &case, &long_ago());

    // The first has stopped in the middle, and the second has gone on from there.
    let exchanges = exchanges(&case);
    let kept = |what: fn(&SweepRecord) -> bool| {
        assert!(exchanges.iter().any(|(action, _)| {
            matches!(action, Action::Port(Operation::KeepSweepRecord(record)) if what(record))
        }));
    };
    kept(|record| record.next_page.is_some());
    kept(|record| record.next_page.is_none());
}

#[test]
fn every_operation_fails_or_hangs_before_or_after_its_effect() {
    let mut seen = BTreeSet::new();
    let quiet = World::default;
    let reporting = || World::default().reporting();
    let removal = || Actor::new(1, "mod").does(Moderator, person::visit_and_put_out);
    for faults in [NO_FAULTS.and_a_failure(), NO_FAULTS.and_a_hang()] {
        let promise = Promise::NobodyRefusedNothingLeft;
        let cases = [
            (
                "visitors",
                vec![visitor(0, "ann", 2), visitor(1, "bob", 1)],
                promise,
                quiet(),
            ),
            (
                "a removal",
                vec![visitor(0, "ann", 1), removal()],
                Promise::NothingLeft,
                quiet(),
            ),
            (
                "reports",
                vec![visitor(0, "ann", 2), webhook(1, 2)],
                promise,
                reporting(),
            ),
            (
                "a sweep",
                vec![visitor(0, "ann", 1), sweep(1)],
                promise,
                quiet().repaired(),
            ),
        ];
        let cases = cases.map(|(name, actors, promise, world)| {
            (name, Case::new(actors, faults, promise), world)
        });
        let clearing = ("sweeps of old records", clearing(false, faults), long_ago());
        for (name, case, world) in cases.into_iter().chain([clearing]) {
            holds(&format!("{name}, {faults:?}"), &case, &world);
            for (action, reply) in exchanges(&case) {
                if let Action::Port(operation) = action {
                    let operation = format!("{operation:?}");
                    let method = operation.split('(').next().unwrap_or_default();
                    seen.insert((method.to_owned(), reply.to_string()));
                }
            }
        }
    }
    for method in METHODS {
        for how in [Reply::Failed, Reply::Never] {
            let exchange = (method.to_owned(), how.to_string());
            assert!(seen.contains(&exchange), "{exchange:?}");
        }
    }
}

#[test]
fn everybody_comes_and_goes_while_reports_and_sweeps_come_as_chance_has_it() {
    let everything = NO_FAULTS
        .and_a_crash()
        .and_a_restart()
        .and_a_lost_answer()
        .and_a_failure()
        .and_a_hang();
    let people = crowd(&["ann", "bob", "cleo"]);
    let repairs = [
        webhook(4, 12),
        webhook(5, 12),
        repeat(4, Actor::new(6, "sweep"), |sweep| {
            sweep.then(|gate, _| repair::sweep(gate))
        }),
    ];
    let case = Case::new(
        people.into_iter().chain(repairs).collect(),
        everything,
        Promise::NothingLeft,
    );
    random_schedules(
        "everybody and all repairs",
        &case,
        &World::default().reporting(),
    );
}

#[test]
fn reconciling_with_what_the_video_server_had_before_the_records_is_caught() {
    let actors = vec![
        visitor(0, "ann", 1),
        reconciler(1).wrong(Flaw::VideoAskedFirst),
    ];
    let wrong = caught(&Case::new(
        actors,
        NO_FAULTS,
        Promise::NobodyRefusedNothingLeft,
    ));
    assert!(wrong.what.contains("token is not on record"), "{wrong}");
}

#[test]
fn sweeping_new_tokens_by_the_first_listing_is_caught() {
    let actors = vec![visitor(0, "ann", 1), sweep(1).wrong(Flaw::VideoAskedFirst)];
    let wrong = caught(&Case::new(
        actors,
        NO_FAULTS,
        Promise::NobodyRefusedNothingLeft,
    ));
    assert!(wrong.what.contains("token is not on record"), "{wrong}");
}

#[test]
fn opening_a_call_again_with_the_same_id_is_caught() {
    let actors = vec![
        visitor(0, "ann", 1).wrong(Flaw::OpeningRepeated),
        visitor(1, "bob", 1),
        reconciler(2),
    ];
    let faults = NO_FAULTS.and_a_lost_answer();
    let wrong = caught(&Case::new(
        actors,
        faults,
        Promise::NobodyRefusedNothingLeft,
    ));
    assert!(
        wrong.what.contains("session that is not on record"),
        "{wrong}"
    );
}

/// Waits for this many reports.
fn webhook(index: usize, reports: usize) -> Actor {
    let webhook = Actor::new(index, "webhook");
    repeat(reports, webhook, |webhook| {
        webhook.then(|gate, _| repair::hear(gate))
    })
}

fn reconciler(index: usize) -> Actor {
    Actor::new(index, "reconciler").then(|gate, _| repair::reconcile(gate))
}

fn sweep(index: usize) -> Actor {
    Actor::new(index, "sweep").then(|gate, _| repair::sweep(gate))
}

/// A call in which Ann has been for half a day. Zoe never used her token, Kim's browser is gone,
/// Lou's join died before it was recorded, and the session of an earlier opening is still there.
fn long_ago() -> World {
    let mut world = somebody_came("ann");
    for name in ["kim", "lou", "zoe"] {
        let gave_up = Actor::new(9, name).does(Publisher, person::give_up_joining);
        world = after(&world, gave_up);
    }
    for seats in world.video.sessions.values_mut() {
        seats.retain(|id, _| !id.as_str().contains("kim"));
    }
    world
        .records
        .tokens
        .retain(|_, token| token.user.as_str() != "lou");
    let earlier = SessionId::new(&person::call(), &installation(), 1);
    world.video.sessions.insert(earlier, BTreeMap::new());
    world.grown_old().repaired()
}

/// Ann leaves. The place is hers.
fn ann_leaves(world: &World) -> Actor {
    let place = place_of(world);
    Actor::new(0, "ann").does(Publisher, move |me| person::leave(me, place.clone()))
}

/// Ann leaves, and perhaps comes back. Two sweeps clean up the rest; the first stops after a page.
fn clearing(comes_back: bool, faults: Faults) -> Case {
    let ann = repeat(comes_back.into(), ann_leaves(&long_ago()), |ann| {
        ann.does(Publisher, person::visit)
    });
    let actors = vec![
        ann,
        Actor::new(1, "sweep")
            .then(|gate, _| repair::sweep_one_page(gate))
            .then(|gate, _| repair::sweep(gate)),
    ];
    // The sweeps leave alone what is not old yet.
    Case::new(actors, faults, Promise::Sweepable)
}

fn exchanges(case: &Case) -> Vec<(Action, Reply)> {
    case.actors().iter().flat_map(Actor::exchanges).collect()
}

/// Checks that both kinds of reports have arrived.
fn heard(case: &Case) {
    let exchanges = exchanges(case);
    let played = |what: fn(&Reply) -> bool| assert!(exchanges.iter().any(|(_, r)| what(r)));
    played(|reply| matches!(reply, Reply::Event(Some(VideoEvent::Left(..)))));
    played(|reply| matches!(reply, Reply::Event(Some(VideoEvent::Ended(_)))));
}

/// Plays schedules of a wrong version until one goes wrong.
fn caught(case: &Case) -> Wrong {
    match explore(case, &World::default().repaired()) {
        Ok(explored) => panic!("it is not caught: {explored}"),
        Err(wrong) => {
            eprintln!("{wrong}");
            wrong
        }
    }
}
