//! Many log in at the same moment with the right password, and a store fails between counters.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use shared::domain::{Admission, Counter, Limit, Outcome, Place, Refusal, Timestamp, UserName};
use shared::ports::{Attempts, StoreError, UserAdministration};
use shared::use_cases::{
    ADDRESS_LIMIT, Origin, PAIR_LIMIT, attempt_failed, attempt_succeeded, begin_attempt,
};
use testing::MemoryAttempts;
use tokio::task::JoinSet;

use crate::world::{Copy, NOW, PASSWORD, Still, account, address, name, new_tables};

const HERE: &str = "192.0.2.1";

/// Logs all of them in at once, each at a copy of its own. Returns how many got in.
async fn log_in_at_once(users: Vec<String>) -> usize {
    let tables = new_tables().await;
    let directory = Copy::of(&tables).users;
    for user in &users {
        directory.add(&account(user), NOW).await.unwrap();
    }
    let mut logins = JoinSet::new();
    for user in users.clone() {
        let copy = Copy::of(&tables);
        logins.spawn(async move { copy.log_in(&user, PASSWORD, HERE, NOW).await.is_ok() });
    }
    let got_in = logins.join_all().await.into_iter().filter(|got_in| *got_in);
    let got_in = got_in.count();
    assert_eq!(tables.counted(&format!("address#{HERE}")).await, 0);
    assert_eq!(tables.counted(&format!("user#{}#0", users[0])).await, 0);
    got_in
}

#[tokio::test(flavor = "multi_thread")]
async fn eighty_people_behind_one_address_log_in_at_the_same_moment() {
    let people = (0..80).map(|number| format!("user{number}")).collect();
    assert_eq!(log_in_at_once(people).await, 80);
}

#[tokio::test(flavor = "multi_thread")]
async fn thirty_tabs_of_one_user_log_in_at_the_same_moment() {
    assert_eq!(log_in_at_once(vec!["ann".to_owned(); 30]).await, 30);
}

/// Nothing depends on chance: as many attempts as possible are pending when the others come.
#[tokio::test(start_paused = true)]
async fn a_login_waits_for_pending_ones_and_then_succeeds() {
    for (users, limit) in [
        ((0..80).map(|n| format!("user{n}")).collect(), ADDRESS_LIMIT),
        (vec!["ann".to_owned(); 30], PAIR_LIMIT),
    ] {
        let users: Vec<UserName> = users.iter().map(|user: &String| name(user)).collect();
        let attempts = Arc::new(MemoryAttempts::default());
        let mut pending = Vec::new();
        let mut waiting = JoinSet::new();
        for (number, user) in users.into_iter().enumerate() {
            if number < limit.free as usize {
                let origin = Origin::Network(Some(&user), address(HERE));
                let begun = begin_attempt(&*attempts, &Still(NOW), origin).await;
                pending.push(begun.unwrap().unwrap());
                continue;
            }
            let attempts = attempts.clone();
            waiting.spawn(async move {
                let origin = Origin::Network(Some(&user), address(HERE));
                let begun = begin_attempt(&*attempts, &Still(NOW), origin)
                    .await
                    .unwrap()?;
                let succeeded = attempt_succeeded(&*attempts, &Still(NOW), begun).await;
                succeeded.unwrap();
                Ok::<_, Refusal>(())
            });
        }
        tokio::task::yield_now().await;
        for pending in pending {
            let succeeded = attempt_succeeded(&*attempts, &Still(NOW), pending).await;
            succeeded.unwrap();
        }
        let outcomes = waiting.join_all().await;
        assert!(!outcomes.is_empty());
        assert!(outcomes.iter().all(Result::is_ok), "{outcomes:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn nobody_waits_for_others_for_long() {
    let (attempts, ann) = (MemoryAttempts::default(), name("ann"));
    let origin = Origin::Network(Some(&ann), address(HERE));
    let mut pending = Vec::new();
    for _ in 0..PAIR_LIMIT.free {
        let begun = begin_attempt(&attempts, &Still(NOW), origin).await.unwrap();
        pending.push(begun.unwrap());
    }
    let before = tokio::time::Instant::now();
    let begun = begin_attempt(&attempts, &Still(NOW), origin).await.unwrap();
    assert_eq!(begun.unwrap_err(), Refusal::Busy);
    // Measured by the simulated clock of a test with paused time.
    assert!(before.elapsed().as_secs() <= 5);
    for pending in pending {
        attempt_failed(&attempts, &Still(NOW), pending)
            .await
            .unwrap();
    }
    let begun = begin_attempt(&attempts, &Still(NOW), origin).await.unwrap();
    assert_eq!(begun.unwrap_err(), Refusal::Wait(PAIR_LIMIT.first_wait));
}

/// Attempts whose store fails at the counters by address while it is told to.
#[derive(Default)]
struct Failing {
    attempts: MemoryAttempts,
    fails: AtomicBool,
}

impl Attempts for Failing {
    async fn begin(
        &self,
        counter: &Counter,
        limit: &Limit,
        now: Timestamp,
    ) -> Result<Admission, StoreError> {
        if matches!(counter, Counter::Address(_)) && self.fails.load(Ordering::SeqCst) {
            return Err(StoreError::Unavailable("it fails".into()));
        }
        self.attempts.begin(counter, limit, now).await
    }

    async fn end(
        &self,
        counter: &Counter,
        limit: &Limit,
        place: Place,
        outcome: Outcome,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        self.attempts.end(counter, limit, place, outcome, now).await
    }
}

#[tokio::test]
async fn an_attempt_that_the_store_refused_makes_nobody_wait() {
    let (attempts, ann) = (Failing::default(), name("ann"));
    let origin = Origin::Network(Some(&ann), address(HERE));
    attempts.fails.store(true, Ordering::SeqCst);
    for _ in 0..2 * PAIR_LIMIT.free {
        let begun = begin_attempt(&attempts, &Still(NOW), origin).await;
        assert!(matches!(begun, Err(StoreError::Unavailable(_))));
    }
    attempts.fails.store(false, Ordering::SeqCst);
    let begun = begin_attempt(&attempts, &Still(NOW), origin).await.unwrap();
    let succeeded = attempt_succeeded(&attempts, &Still(NOW), begun.unwrap()).await;
    succeeded.unwrap();
}
