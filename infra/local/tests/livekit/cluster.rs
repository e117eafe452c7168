//! Two servers that are one cluster, through a Redis, and one of them dies.

use local_testing::participant::Participant;
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use futures_util::future::join_all;
use shared::ports::VideoInventory;
use tokio::time::{sleep, timeout};

use super::world::World;
use super::{free_port, started, twirp};

/// How many calls there are when the server dies: some are on each.
const CALLS: usize = 16;

/// By then the rules must have noticed. They take nobody for lost who has joined within two minutes: they may have
/// come back.
const PATIENCE: Duration = Duration::from_secs(300);

/// A Redis of Debian's, without a file. It is killed when dropped.
struct Redis {
    process: Child,
    address: String,
}

impl Redis {
    fn start() -> Self {
        let port = free_port();
        let mut command = Command::new("redis-server");
        command.args([
            "--port",
            &port.to_string(),
            "--bind",
            "127.0.0.1",
            "--save",
            "",
        ]);
        let started = command.stdout(Stdio::null()).spawn();
        let process = started.expect("redis-server is missing: run `make redis-server`");
        let address = format!("127.0.0.1:{port}");
        while TcpStream::connect(&address).is_err() {
            std::thread::yield_now();
        }
        Self { process, address }
    }
}

impl Drop for Redis {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dead_server_of_a_cluster_takes_only_its_own_calls_along() {
    let redis = Redis::start();
    let mut dies = started(|settings| settings.redis = Some(redis.address.clone())).await;
    let shared = dies.settings().clone();
    let lives = started(|settings| {
        let port = settings.port;
        *settings = shared;
        settings.port = port;
    })
    .await;
    let first = World::at(&dies).await;
    let world = first.through(&lives);

    // Two people in each call, one by each address.
    let mut calls = Vec::new();
    for number in 0..CALLS {
        let call = format!("call {number}");
        let (one, two) = (
            first.join(&call).await.unwrap(),
            world.join(&call).await.unwrap(),
        );
        assert_eq!(one.session_id, two.session_id);
        let away = Participant::join(&dies.url(), one.connection.token.expose())
            .await
            .unwrap();
        let stays = Participant::join(&lives.url(), two.connection.token.expose())
            .await
            .unwrap();
        calls.push((call, two, stays, away));
    }
    dies.stop().await;

    // No join waits for the dead server longer than a function may take.
    let mut slowest = Duration::ZERO;
    for number in 0..CALLS {
        let begun = Instant::now();
        world.join(&format!("later call {number}")).await.unwrap();
        slowest = slowest.max(begun.elapsed());
    }
    println!("the slowest of {CALLS} first joins after the server's death took {slowest:?}");

    // The other server's calls have noticed nothing.
    let rooms = twirp::rooms(&lives).await;
    let mut lost = Vec::new();
    for (call, joined, mut participant, _) in calls {
        let room = rooms
            .iter()
            .find(|room| room.starts_with(&format!("{call}-")))
            .unwrap();
        if twirp::is_alive(&lives, room).await {
            assert!(participant.is_there(), "{call}");
        } else {
            lost.push((call, joined));
        }
    }
    println!("{} of {CALLS} calls were on the dead server", lost.len());
    assert!(!lost.is_empty() && lost.len() < CALLS);

    // Somebody who comes back to a lost call finds it on the other server, and does not wait either.
    let (again, _) = lost.pop().unwrap();
    let begun = Instant::now();
    let returned = world.join(&again).await.unwrap();
    println!(
        "joining a call of the dead server took {:?}",
        begun.elapsed()
    );
    let token = returned.connection.token.expose().to_owned();
    let _back = Participant::join(&lives.url(), &token).await.unwrap();

    // The server lists the others for ever. The adapter notices, and one sweep forgets them.
    let noticed = lost.iter().map(async |(_, joined)| {
        let is_seated = async || {
            let seats = world.video().seats(&joined.session_id).await.unwrap();
            seats.is_some_and(|seats| !seats.seats.is_empty())
        };
        while is_seated().await {
            sleep(Duration::from_secs(1)).await;
        }
    });
    timeout(PATIENCE, join_all(noticed)).await.unwrap();
    let fresh = world.join("a fresh call").await.unwrap();
    let _fresh = Participant::join(&lives.url(), fresh.connection.token.expose())
        .await
        .unwrap();
    println!("{:?}", world.sweep_later().await);
    let (on_record, connected) = (world.on_record().await, world.connected().await);
    assert_eq!(on_record, connected);
    assert!(connected.contains(&(fresh.session_id, fresh.connection.id)));
    for (_, joined) in &lost {
        assert!(!on_record.contains(&(joined.session_id.clone(), joined.connection.id.clone())));
    }
}
