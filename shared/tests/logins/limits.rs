//! How often somebody may try to log in, over several copies of the function.

use std::sync::Arc;
use std::time::Duration;

use shared::ports::UserAdministration;
use shared::use_cases::{ADDRESS_LIMIT, LogInError, PAIR_LIMIT, USER_LIMIT};
use tokio::task::JoinSet;

use crate::world::{Copy, NOW, PASSWORD, account, later, new_tables};

/// Tries a wrong password `times` as `user` from `from`. Returns how often the password was
/// checked.
async fn fail(copy: &Copy, times: u32, user: &str, from: &str, second: u64) -> u32 {
    let before = copy.hashing.done();
    for _ in 0..times {
        let outcome = copy.log_in(user, "wrong", from, later(second)).await;
        assert!(matches!(
            outcome,
            Err(LogInError::InvalidCredentials | LogInError::TooManyAttempts(_))
        ));
    }
    copy.hashing.done() - before
}

/// How long `user` has to wait there with the right password.
async fn wait(copy: &Copy, user: &str, from: &str, second: u64) -> Option<u64> {
    match copy.log_in(user, PASSWORD, from, later(second)).await {
        Ok(_) => None,
        Err(LogInError::TooManyAttempts(wait)) => Some(wait.as_secs()),
        Err(error) => panic!("{error:?}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_a_thousand_wrong_passwords_at_once_no_more_are_checked_than_allowed() {
    let tables = new_tables().await;
    let copies = [
        Arc::new(Copy::with_ann(&tables).await),
        Arc::new(Copy::of(&tables)),
    ];
    let mut tries = JoinSet::new();
    for number in 0..1000 {
        let copy = copies[number % 2].clone();
        tries.spawn(async move {
            let from = format!("192.0.2.{}", number / 2 % 10);
            let outcome = copy.log_in("ann", "wrong", &from, NOW).await;
            match outcome.unwrap_err() {
                LogInError::InvalidCredentials => true,
                LogInError::TooManyAttempts(wait) => {
                    assert_eq!(wait, PAIR_LIMIT.first_wait);
                    false
                }
                error => panic!("{error:?}"),
            }
        });
    }
    let answers = tries.join_all().await;
    let allowed = 10 * PAIR_LIMIT.free;
    let looked_at = copies[0].hashing.done() + copies[1].hashing.done();
    eprintln!(
        "of {} wrong passwords {looked_at} were looked at, {allowed} may be",
        answers.len()
    );
    assert_eq!(looked_at, allowed);
    assert_eq!(answers.iter().filter(|answer| **answer).count(), 50);

    for failures in 0..PAIR_LIMIT.free {
        let user = tables.counted(&format!("user#ann#{failures}")).await;
        assert_eq!(user, 10, "each network once");
    }
    for number in 0..10 {
        let address = format!("192.0.2.{number}");
        let pair = tables.counted(&format!("pair#ann#{address}")).await;
        assert_eq!(pair, PAIR_LIMIT.free);
        let all = tables.counted(&format!("address#{address}")).await;
        assert_eq!(all, PAIR_LIMIT.free);
    }

    assert_eq!(wait(&copies[1], "ann", "198.51.100.1", 0).await, None);
    assert_eq!(tables.counted("pair#ann#198.51.100.1").await, 0);
    assert_eq!(
        tables.counted("user#ann#0").await,
        10,
        "an attacker does not start anew"
    );
}

#[tokio::test]
async fn after_five_failures_even_the_right_password_waits_and_waits_double() {
    let tables = new_tables().await;
    let copy = Copy::with_ann(&tables).await;
    assert_eq!(fail(&copy, 6, "ann", "192.0.2.1", 0).await, 5);
    let mut second = 0;
    for expected in [15, 30, 60, 120, 240, 480, 900, 900] {
        let before = copy.hashing.done();
        assert_eq!(
            wait(&copy, "ann", "192.0.2.1", second).await,
            Some(expected)
        );
        assert_eq!(copy.hashing.done(), before, "nothing is hashed");
        second += expected;
        assert_eq!(fail(&copy, 1, "ann", "192.0.2.1", second).await, 1);
    }
    assert_eq!(wait(&copy, "ann", "192.0.2.1", second + 900).await, None);
    assert_eq!(
        fail(&copy, 6, "ann", "192.0.2.1", second).await,
        5,
        "success clears"
    );
}

/// A hundred networks have failed once, and then one more.
async fn newcomers_wait(copy: &Copy, second: u64) {
    for number in 0..USER_LIMIT.free {
        let from = format!("203.0.113.{number}");
        assert_eq!(fail(copy, 1, "ann", &from, second).await, 1);
    }
}

#[tokio::test]
async fn one_address_alone_makes_nobody_elsewhere_wait() {
    let tables = new_tables().await;
    let copy = Copy::with_ann(&tables).await;
    let mut second = 0;
    while second < 3 * 60 * 60 {
        fail(&copy, 6, "ann", "192.0.2.1", second).await;
        assert_eq!(wait(&copy, "ann", "198.51.100.1", second).await, None);
        second += 900;
    }
}

#[tokio::test]
async fn newcomers_wait_only_for_newcomers_and_at_most_a_minute() {
    let tables = new_tables().await;
    let copy = Copy::with_ann(&tables).await;
    newcomers_wait(&copy, 0).await;
    assert_eq!(wait(&copy, "ann", "198.51.100.1", 0).await, Some(15));
    // Somebody who has failed once waits for others who have failed once.
    assert_eq!(fail(&copy, 1, "ann", "203.0.113.1", 0).await, 1);
    let mut second = 0;
    for (number, longest) in [15, 30, 60, 60].into_iter().enumerate() {
        let waited = wait(&copy, "ann", "198.51.100.1", second).await;
        assert_eq!(waited, Some(longest));
        second += longest;
        let from = format!("198.51.100.{}", 10 + number);
        assert_eq!(fail(&copy, 1, "ann", &from, second).await, 1);
    }
    assert_eq!(wait(&copy, "ann", "198.51.100.1", second + 60).await, None);
}

#[tokio::test]
async fn a_refusal_because_of_others_failures_does_not_prolong_the_wait() {
    let tables = new_tables().await;
    let copy = Copy::with_ann(&tables).await;
    newcomers_wait(&copy, 0).await;
    for _ in 0..20 {
        let waited = wait(&copy, "ann", "198.51.100.1", 0).await;
        assert_eq!(waited, Some(USER_LIMIT.first_wait.as_secs()));
    }
    assert_eq!(tables.counted("pair#ann#198.51.100.1").await, 0);
    assert_eq!(tables.counted("address#198.51.100.1").await, 0);
    assert_eq!(wait(&copy, "ann", "198.51.100.1", 15).await, None);
}

/// Five hundred people come and go behind one address, and forty of them an hour mistype their
/// password.
#[tokio::test]
async fn mistyped_passwords_do_not_make_an_office_wait() {
    let tables = new_tables().await;
    let copy = Copy::with_ann(&tables).await;
    for hour in 0..3 {
        for number in 0..40 {
            let second = hour * 3600 + number * 90;
            let clumsy = format!("user{hour}-{number}");
            assert_eq!(fail(&copy, 1, &clumsy, "192.0.2.1", second).await, 1);
            assert_eq!(wait(&copy, "ann", "192.0.2.1", second).await, None);
        }
    }
}

#[tokio::test]
async fn a_success_at_a_waiting_address_makes_nobody_wait_longer() {
    let tables = new_tables().await;
    let copy = Copy::with_ann(&tables).await;
    let bob = account("bob");
    assert!(copy.users.add(&bob, NOW).await.unwrap());
    for number in 0..ADDRESS_LIMIT.free {
        let clumsy = format!("user{number}");
        assert_eq!(fail(&copy, 1, &clumsy, "192.0.2.1", 0).await, 1);
    }
    assert_eq!(wait(&copy, "ann", "192.0.2.1", 14).await, Some(1));
    for user in ["ann", "bob", "ann"] {
        assert_eq!(wait(&copy, user, "192.0.2.1", 15).await, None, "{user}");
    }
}

#[tokio::test]
async fn one_address_cannot_try_many_names_even_with_an_account_of_its_own() {
    let tables = new_tables().await;
    let copy = Copy::with_ann(&tables).await;
    let mallory = account("mallory");
    assert!(copy.users.add(&mallory, NOW).await.unwrap());
    let mut tried = 0;
    for number in 0..60 {
        tried += fail(&copy, 1, &format!("user{number}"), "192.0.2.1", 0).await;
        if number < ADDRESS_LIMIT.free - 1 {
            assert_eq!(wait(&copy, "mallory", "192.0.2.1", 0).await, None);
        }
    }
    assert_eq!(tried, ADDRESS_LIMIT.free);
    assert_eq!(wait(&copy, "ann", "192.0.2.1", 0).await, Some(15));
    assert_eq!(wait(&copy, "ann", "192.0.2.2", 0).await, None);
}

#[tokio::test]
async fn waits_do_not_reveal_which_names_exist() {
    let tables = new_tables().await;
    let copy = Copy::with_ann(&tables).await;
    let mut disabled = account("bob");
    disabled.user.disabled = true;
    copy.users.add(&disabled, NOW).await.unwrap();
    for user in ["ann", "bob", "nobody"] {
        let from = format!("192.0.2.{}", user.len());
        assert_eq!(fail(&copy, 7, user, &from, 0).await, 5, "{user}");
        assert_eq!(wait(&copy, user, &from, 0).await, Some(15), "{user}");
    }
    // A text that cannot be a user name is hashed and counted in the same way.
    assert_eq!(
        fail(&copy, 60, "<no name>", "192.0.2.9", 0).await,
        ADDRESS_LIMIT.free
    );
}

#[tokio::test]
async fn every_refusal_takes_the_same_work() {
    let tables = new_tables().await;
    let copy = Copy::with_ann(&tables).await;
    let mut disabled = account("bob");
    disabled.user.disabled = true;
    copy.users.add(&disabled, NOW).await.unwrap();
    for (user, password) in [("ann", "wrong"), ("bob", PASSWORD), ("nobody", PASSWORD)] {
        let before = (copy.hashing.done(), copy.requests.sent());
        let refused = copy.log_in(user, password, "192.0.2.1", NOW).await;
        assert!(matches!(refused, Err(LogInError::InvalidCredentials)));
        let work = (
            copy.hashing.done() - before.0,
            copy.requests.sent() - before.1,
        );
        assert_eq!(work, (1, 7), "{user}: hashes and requests");
    }
}

#[tokio::test]
async fn after_a_wait_only_one_may_try() {
    let tables = new_tables().await;
    let copy = Arc::new(Copy::with_ann(&tables).await);
    fail(&copy, 5, "ann", "192.0.2.1", 0).await;
    let mut tries = JoinSet::new();
    for _ in 0..50 {
        let copy = copy.clone();
        tries.spawn(async move { fail(&copy, 1, "ann", "192.0.2.1", 15).await });
    }
    tries.join_all().await;
    assert_eq!(copy.hashing.done(), 5 + 1);
    let next = wait(&copy, "ann", "192.0.2.1", 15).await;
    assert_eq!(
        next.map(Duration::from_secs),
        Some(2 * PAIR_LIMIT.first_wait)
    );
}
