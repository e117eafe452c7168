//! Half a day of guessing on a simulated clock: who has to wait because of it, and how many
//! passwords are tried.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::time::Duration;

use shared::adapters::jwt::KeyRing;
use shared::domain::{DeviceId, LoginId, Password};
use shared::ports::Clock;
use shared::use_cases::{self, LogInAttempt, LogInError, USER_LIMIT};
use testing::{MemoryAttempts, MemoryPeople, SimulatedClock};

use crate::world::{Hashing, KEYS, NOW, PASSWORD, account, address};

const HOUR: u64 = 60 * 60;

/// The functions' stores, and the time.
struct World {
    people: MemoryPeople,
    attempts: MemoryAttempts,
    hashing: Hashing,
    keys: KeyRing,
    clock: SimulatedClock,
}

impl World {
    fn new() -> Self {
        Self {
            people: MemoryPeople::new([account("ann")]),
            attempts: MemoryAttempts::default(),
            hashing: Hashing::default(),
            keys: KeyRing::parse(KEYS).unwrap(),
            clock: SimulatedClock::new(NOW),
        }
    }

    fn seconds(&self) -> u64 {
        (self.clock.now() - NOW).as_secs()
    }

    async fn log_in(
        &self,
        user: &str,
        password: &str,
        from: &str,
        device: Option<&DeviceId>,
    ) -> Result<(), LogInError> {
        let attempt = LogInAttempt {
            name: user,
            password: &Password::new(password),
            address: address(from),
            device,
            new_device: device,
            id: &LoginId::new(1),
            lifetime: Duration::from_secs(HOUR),
        };
        let (people, attempts, clock) = (&self.people, &self.attempts, &self.clock);
        let logged_in =
            use_cases::log_in(people, attempts, &self.hashing, &self.keys, clock, attempt);
        logged_in.await.map(|_| ())
    }

    /// Guesses ann's password. Returns how long the guesser has to wait.
    async fn guess(&self, network: u32) -> Duration {
        let [a, b] = [network / 256, network % 256];
        let from = format!("198.18.{a}.{b}");
        match self.log_in("ann", "wrong", &from, None).await {
            Err(LogInError::InvalidCredentials) => Duration::ZERO,
            Err(LogInError::TooManyAttempts(wait)) => wait,
            outcome => panic!("{outcome:?}"),
        }
    }
}

/// Ann with a new device: she comes, waits a little longer than she is told, and tries again,
/// always from the same new network.
struct Newcomer {
    arrived_at: u64,
    tries_at: u64,
}

impl Newcomer {
    const fn at(second: u64) -> Self {
        Self {
            arrived_at: second,
            tries_at: second,
        }
    }

    /// Returns how long she has waited, once she is in.
    async fn turn(&mut self, world: &World) -> Option<u64> {
        if world.seconds() < self.tries_at {
            return None;
        }
        let from = format!("203.0.113.{}", self.arrived_at / HOUR);
        match world.log_in("ann", PASSWORD, &from, None).await {
            Ok(()) => Some(world.seconds() - self.arrived_at),
            Err(LogInError::TooManyAttempts(wait)) => {
                self.tries_at = world.seconds() + wait.as_secs() + 3;
                None
            }
            Err(error) => panic!("{error:?}"),
        }
    }
}

/// A hundred networks guess ann's password five times a second. In ann's own office, a colleague
/// tries invented names once a second.
#[tokio::test]
async fn in_twelve_hours_of_guessing_a_known_device_never_waits_and_a_new_one_gets_in_at_once() {
    const NETWORKS: u32 = 100;
    const OFFICE: &str = "192.0.2.1";
    let world = World::new();
    let device = DeviceId::new(7);
    let first = world.log_in("ann", PASSWORD, OFFICE, Some(&device)).await;
    first.unwrap();
    let (mut guesses, mut logins) = (0, 0);
    let mut newcomer = Newcomer::at(HOUR / 2);
    let mut waits = Vec::new();
    for second in 0..12 * HOUR {
        for _ in 0..5 {
            world.guess(guesses % NETWORKS).await;
            guesses += 1;
        }
        let made_up = format!("user{second}");
        let refused = world.log_in(&made_up, "wrong", OFFICE, None).await;
        assert!(refused.is_err());
        if second % 600 == 0 {
            let logged_in = world.log_in("ann", PASSWORD, OFFICE, Some(&device)).await;
            assert!(logged_in.is_ok(), "after {second} s: {logged_in:?}");
            logins += 1;
        }
        if let Some(waited) = newcomer.turn(&world).await {
            waits.push(waited);
            newcomer = Newcomer::at(newcomer.arrived_at + HOUR);
        }
        world.clock.advance(Duration::from_secs(1));
    }
    let longest = waits.iter().max().unwrap();
    eprintln!("known device: {logins} logins without a wait; newcomers waited {waits:?} s");
    assert_eq!((logins, waits.len()), (72, 12));
    assert!(*longest <= USER_LIMIT.first_wait.as_secs());
}

/// The most that networks can do to a newcomer: each fails once, at the first possible moment.
#[tokio::test]
async fn each_network_beyond_a_hundred_makes_a_newcomer_wait_for_a_minute_more_at_most() {
    for (networks, most) in [(100, 18), (130, 30 * 60), (200, 100 * 60)] {
        let world = World::new();
        for network in 0..USER_LIMIT.free {
            assert_eq!(world.guess(network).await, Duration::ZERO);
        }
        let mut spare = USER_LIMIT.free..networks;
        let mut next = spare.next();
        let mut ann = Newcomer::at(0);
        let waited = loop {
            if let Some(network) = next
                && world.guess(network).await.is_zero()
            {
                next = spare.next();
            }
            if let Some(waited) = ann.turn(&world).await {
                break waited;
            }
            world.clock.advance(Duration::from_secs(1));
        };
        eprintln!("{networks} networks: a newcomer waited {waited} s");
        assert!(waited <= most, "{networks} networks: {waited} s");
    }
}

#[tokio::test]
async fn all_networks_together_try_few_passwords_a_day() {
    for (networks, most) in [(1, 110), (100, 3_000), (1_000, 10_000)] {
        let world = World::new();
        // The network whose wait ends first guesses next.
        let mut queue: BinaryHeap<_> = (0..networks).map(|network| Reverse((0, network))).collect();
        while let Some(Reverse((second, network))) = queue.pop()
            && second < 24 * HOUR
        {
            let pause = second - world.seconds();
            world.clock.advance(Duration::from_secs(pause));
            let wait = world.guess(network).await;
            queue.push(Reverse((second + wait.as_secs(), network)));
        }
        let tried = world.hashing.done();
        eprintln!("{networks} networks try {tried} passwords of one user in a day");
        assert!(tried <= most, "{networks} networks: {tried}");
    }
}
