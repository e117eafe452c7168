//! A crowd on real parts: 100 people join one call at once, another 100 come one after the other, and
//! all leave soon, each in their own way, some of them half-way through. Every webhook comes twice and
//! out of order, and twenty sweeps run beside them. Afterwards nothing is left, and at no time was
//! anybody in another session than everybody else. OpenVidu is as slow as a real server.
//!
//! What each one does is drawn from a seed that is printed; `CHAOS_SEED` sets it. When they do it is up
//! to the machine.

#![expect(clippy::unwrap_used, reason = "a test that panics has failed")]
#![expect(
    clippy::print_stdout,
    reason = "the seed is for whoever looks at a failure"
)]

mod person;
#[path = "../support/postbox.rs"]
mod postbox;
#[path = "../support/servers.rs"]
mod servers;
#[path = "../support/socket.rs"]
mod socket;
mod world;

use std::sync::Arc;
use std::time::Duration;

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use tokio::task::JoinSet;

use crate::person::Person;
use crate::world::World;

const PEOPLE: u64 = 200;
const SWEEPS: u64 = 20;
/// How long people go on coming.
const TRICKLE: Duration = Duration::from_secs(20);

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_left_of_two_hundred_people_who_came_and_went() {
    let seed = match std::env::var("CHAOS_SEED") {
        Ok(seed) => seed.parse().unwrap(),
        Err(_) => rand::random(),
    };
    println!("CHAOS_SEED={seed}");
    let world = Arc::new(World::start(seed).await);

    let mut tasks = JoinSet::new();
    for number in 0..PEOPLE {
        let mut rng = StdRng::seed_from_u64(seed.wrapping_add(number));
        let person = Person::new(world.clone(), number);
        tasks.spawn(async move {
            if number % 2 == 0 {
                // In a crowd the call never empties; while people trickle in it does, again and again.
                tokio::time::sleep(rng.random_range(Duration::ZERO..TRICKLE)).await;
            }
            person.visit(&mut rng).await;
        });
    }
    for number in 0..SWEEPS {
        let mut rng = StdRng::seed_from_u64(seed.wrapping_sub(1 + number));
        let world = world.clone();
        tasks.spawn(async move {
            tokio::time::sleep(rng.random_range(Duration::ZERO..TRICKLE)).await;
            world.sweep_now().await;
        });
    }
    while let Some(done) = tasks.join_next().await {
        done.unwrap();
    }
    println!("{}", world.tally());
    world.assert_everybody_was_in_one_session_at_a_time();
    world.all_events_heard().await;
    world.sweep_when_nobody_can_be_joining().await;
    world.assert_nothing_is_left().await;
    Arc::into_inner(world).unwrap().end().await;
}
