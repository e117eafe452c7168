//! Two hundred people at a real server that crashes half-way, and a webhook that delivers badly.
//!
//! A seed decides what each of them does and what happens to each event. It is printed, and `STORM_SEED` sets it. The
//! timing is up to the machine.

use local_testing::participant::Participant;
use std::sync::Arc;
use std::time::Duration;

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use shared::adapters::livekit::event;
use shared::domain::{Role, VideoEvent};
use shared::ports::VideoError;
use shared::system;
use shared::use_cases::{JoinError, Joined, LeaveError, handle_event};
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::task::JoinSet;

use super::events::{Sent, listener};
use super::started;
use super::world::World;

/// How many come before the crash, and how many after it.
const PEOPLE: u64 = 100;
const CALLS: u32 = 7;

/// How many are at it at the same time.
const AT_ONCE: usize = 12;

/// Somebody who has joined, and may be connected.
type Person = (Joined, Option<Participant>);

#[tokio::test(flavor = "multi_thread")]
async fn after_a_storm_one_sweep_makes_the_records_true() {
    let seed = match std::env::var("STORM_SEED") {
        Ok(seed) => seed.parse().unwrap(),
        Err(_) => rand::random(),
    };
    println!("STORM_SEED={seed}");
    let (url, events) = listener().await;
    let mut server = started(|settings| settings.webhook = Some(url)).await;
    let world = World::at(&server).await;
    let mut postman = JoinSet::new();
    postman.spawn(deliver(world.clone(), events, StdRng::seed_from_u64(seed)));

    let before = crowd(&world, &server.url(), seed, 0).await;
    server.stop().await;
    server.start_again().await.unwrap();
    let mut present = crowd(&world, &server.url(), seed, PEOPLE).await;
    // Some of those whom the crash has cut off come back with their old token.
    for (number, (joined, _)) in before.into_iter().enumerate() {
        if number % 2 == 0 {
            let back = Participant::join(&server.url(), joined.connection.token.expose()).await;
            present.push((joined, back.ok()));
        }
    }
    // What is on its way now is lost.
    postman.shutdown().await;

    let before = world.connected().await;
    println!("{:?}", world.sweep_later().await);
    let (connected, on_record) = (world.connected().await, world.on_record().await);
    assert!(!connected.is_empty(), "somebody has stayed");
    assert!(
        connected.is_subset(&on_record),
        "nobody is in without a record"
    );
    // The server drops whoever has no media after a minute, perhaps in the middle of the sweep.
    assert!(
        on_record.is_subset(&before),
        "nobody is on record without being in"
    );
    let sessions = world.sessions().await;
    assert!(connected.iter().all(|(id, _)| sessions.contains(id)));
    for (joined, participant) in present {
        let seat = (joined.session_id, joined.connection.id);
        if let Some(participant) = participant
            && !connected.contains(&seat)
        {
            participant.until_gone().await;
        }
    }
}

/// As many people as [`PEOPLE`], of whom some stay.
async fn crowd(world: &World, url: &str, seed: u64, first: u64) -> Vec<Person> {
    let turns = Arc::new(tokio::sync::Semaphore::new(AT_ONCE));
    let mut visits = JoinSet::new();
    for number in first..first + PEOPLE {
        let (world, url, turns) = (world.clone(), url.to_owned(), turns.clone());
        let mut rng = StdRng::seed_from_u64(seed.wrapping_add(1 + number));
        visits.spawn(async move {
            let _turn = turns.acquire().await.unwrap();
            visit(&world, &url, &mut rng).await
        });
    }
    let people = visits.join_all().await;
    people.into_iter().flatten().collect()
}

/// Joins a call, and does there what people do. Returns those who stay.
async fn visit(world: &World, url: &str, rng: &mut StdRng) -> Option<Person> {
    let call = format!("call {}", rng.random_range(0..CALLS));
    if rng.random_ratio(1, 20) {
        world.sweep().await;
    }
    if rng.random_ratio(1, 10) {
        // The function dies while it handles the request.
        let dies_after = Duration::from_millis(rng.random_range(0..40));
        let _ = tokio::time::timeout(dies_after, world.join(&call)).await;
        return None;
    }
    let joined = match world.join(&call).await {
        Ok(joined) => joined,
        // Others come and go too fast, or the server was too busy to answer itself.
        Err(JoinError::Busy | JoinError::Video(VideoError::Transient(_))) => return None,
        Err(error) => panic!("{error:?}"),
    };
    if rng.random_ratio(1, 10) {
        return Some((joined, None));
    }
    let token = joined.connection.token.expose().to_owned();
    let join = async || Participant::join(url, &token).await.unwrap();
    let there = join().await;
    match rng.random_range(0..6) {
        0 => there.leave().await,
        1 => {
            there.leave().await;
            remove(world, &joined, Role::Publisher).await;
        }
        2 => {
            remove(world, &joined, Role::Publisher).await;
            there.until_gone().await;
        }
        3 => {
            remove(world, &joined, Role::Moderator).await;
            there.until_gone().await;
            // They try to get back in.
            return Some((joined.clone(), Some(join().await)));
        }
        4 => {
            // The function dies while it removes them.
            let dies_after = Duration::from_millis(rng.random_range(0..20));
            let removal = world.remove(&joined, Role::Moderator);
            let _ = tokio::time::timeout(dies_after, removal).await;
        }
        _ => return Some((joined, Some(there))),
    }
    None
}

/// Asks up to five times, because a server that is too busy to answer itself says 503, and a repeated leave takes
/// effect.
async fn remove(world: &World, joined: &Joined, by: Role) {
    for _ in 0..5 {
        match world.remove(joined, by).await {
            // A webhook may have been faster, and others may come and go too fast.
            Ok(()) | Err(LeaveError::TokenNotFound | LeaveError::Busy) => return,
            Err(LeaveError::Video(VideoError::Transient(_))) => (),
            Err(error) => panic!("{error:?}"),
        }
    }
    panic!("five leaves have failed");
}

/// Loses some events, delivers some twice, and some after others.
async fn deliver(world: World, mut events: UnboundedReceiver<Sent>, mut rng: StdRng) {
    let mut late: Option<VideoEvent> = None;
    while let Some(sent) = events.recv().await {
        let Some(event) = event(&sent.body, &world.installation).unwrap() else {
            continue;
        };
        let hear = async |event: &VideoEvent| {
            // The server may be away. It sends the event again then, or not.
            let _ = handle_event(&world.calls, &world.video(), event, system::now()).await;
        };
        match rng.random_range(0..4) {
            0 => (),
            1 => {
                hear(&event).await;
                hear(&event).await;
            }
            2 => {
                if let Some(earlier) = late.replace(event) {
                    hear(&earlier).await;
                }
            }
            _ => hear(&event).await,
        }
    }
}
