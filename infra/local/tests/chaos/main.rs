//! A crowd on real parts: three installations share one OpenVidu server.
//!
//! In two of them 100 people visit a call of the same name, half of them at once and half one after
//! the other. All leave soon, each in their own way, some in the middle of something. Each
//! installation gets every webhook twice and out of order, and sweeps ten times. The third has no
//! calls. Its sweeps run as if it were a quarter of an hour later, when they would take any session
//! of their own for an orphan.
//!
//! Afterwards no record of anybody is left, nobody was ever evicted, and nobody was in another
//! session than the others of their installation. OpenVidu is as slow as a real server.
//!
//! A seed decides what each person does. It is printed, and `CHAOS_SEED` sets it. The timing is up
//! to the machine. `CHAOS_MINUTES` repeats the test for that long, with another seed each time.

#![expect(clippy::unwrap_used, reason = "a test that panics has failed")]
#![expect(
    clippy::print_stdout,
    reason = "the seed is for whoever looks at a failure"
)]

mod person;
mod world;

use std::sync::Arc;
use std::time::{Duration, Instant};

use local_testing::postbox::postbox;
use local_testing::servers::Server;
use openvidu_stand_in::{Settings, Webhook};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use tokio::task::JoinSet;

use crate::person::Person;
use crate::world::{Mailbox, SECRET, World};

/// The marks of the installations.
const INSTALLATIONS: [&str; 3] = ["chaos001", "chaos002", "without0calls"];
/// How many people visit the call of each installation.
const PEOPLE: u64 = 100;
const SWEEPS: u32 = 10;
/// For how long people come one after the other.
const TRICKLE: Duration = Duration::from_secs(20);

#[tokio::test(flavor = "multi_thread")]
async fn installations_on_one_server_harm_neither_each_other_nor_anybody() {
    let mut seed = match std::env::var("CHAOS_SEED") {
        Ok(seed) => seed.parse().unwrap(),
        Err(_) => rand::random(),
    };
    let minutes = std::env::var("CHAOS_MINUTES").map_or(0, |minutes| minutes.parse().unwrap());
    let started = Instant::now();
    loop {
        println!("CHAOS_SEED={seed}");
        round(seed).await;
        if started.elapsed() >= Duration::from_secs(60 * minutes) {
            break;
        }
        seed = seed.wrapping_add(1_000_000);
    }
}

async fn round(seed: u64) {
    let (mailboxes, mails): (Vec<_>, Vec<_>) =
        INSTALLATIONS.map(|_| Mailbox::new()).into_iter().unzip();
    let mailboxes = Arc::new(mailboxes);
    let endpoint = postbox(move |event| {
        for mailbox in mailboxes.iter() {
            mailbox.put(event.clone());
        }
    })
    .await;
    let mut openvidu = Server::new().await;
    let mut settings = Settings::new(SECRET);
    settings.webhook = Some(Webhook::new(endpoint, vec![]));
    settings.reconnection_grace = Duration::from_millis(100);
    settings.secret_check = Duration::from_millis(80);
    openvidu.start_openvidu(settings).await;

    let mut worlds = Vec::new();
    for (mark, mail) in INSTALLATIONS.iter().zip(mails) {
        worlds.push(Arc::new(World::start(mark, seed, &openvidu, mail).await));
    }
    let mut crowds = JoinSet::new();
    let [first, second, without_calls] = &worlds[..] else {
        panic!("there are three installations");
    };
    crowds.spawn(crowd(first.clone(), seed));
    crowds.spawn(crowd(second.clone(), seed.wrapping_add(1_000)));
    crowds.spawn(sweep_from_later(without_calls.clone()));
    while let Some(done) = crowds.join_next().await {
        done.unwrap();
    }
    for world in worlds {
        world.events_delivered().await;
        world.sweep_when_nobody_can_be_joining().await;
        world.assert_nothing_is_left().await;
        Arc::into_inner(world).unwrap().end().await;
    }
    openvidu.stop().await;
}

/// The people and the sweeps of one installation.
async fn crowd(world: Arc<World>, seed: u64) {
    let mut tasks = JoinSet::new();
    for number in 0..PEOPLE {
        let mut rng = StdRng::seed_from_u64(seed.wrapping_add(number));
        let person = Person::new(world.clone(), number);
        tasks.spawn(async move {
            if number % 2 == 0 {
                // In a crowd the call never becomes empty. While people come one by one it does,
                // again and again.
                tokio::time::sleep(rng.random_range(Duration::ZERO..TRICKLE)).await;
            }
            person.visit(&mut rng).await;
        });
    }
    for number in 0..SWEEPS {
        let mut rng = StdRng::seed_from_u64(seed.wrapping_sub(u64::from(1 + number)));
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
}

async fn sweep_from_later(world: Arc<World>) {
    for _ in 0..SWEEPS {
        tokio::time::sleep(TRICKLE / SWEEPS).await;
        world.sweep_when_nobody_can_be_joining().await;
    }
}
