//! One suite for all stores of people, logins and attempts.

use std::time::Duration;

use shared::domain::{
    Account, Admission, Counter, DeviceId, Generation, KnownDevices, LONGEST_ATTEMPT, Limit,
    LoginId, Outcome, PasswordHash, Place, Refusal, Role, SessionName, UserChange,
};
use shared::ports::{Attempts, EndedLogins, Logins, Standing, UserAdministration};
use testing::{MemoryAttempts, MemoryPeople};

use crate::world::{Copy, NOW, account, address, later, name, new_tables};

/// A limit with small numbers.
const LIMIT: Limit = Limit {
    free: 2,
    first_wait: Duration::from_secs(10),
    longest_wait: Duration::from_secs(15),
    memory: Duration::from_secs(60),
};

async fn a_user_is_added_once_and_found_as_added(users: impl UserAdministration) {
    let ann = account("ann");
    assert_eq!(users.find(&ann.user.name).await.unwrap(), None);
    assert!(users.add(&ann, NOW).await.unwrap());
    let mut other = ann.clone();
    other.user.role = Role::Moderator;
    assert!(!users.add(&other, NOW).await.unwrap());
    assert_eq!(users.find(&ann.user.name).await.unwrap(), Some(ann));
}

async fn each_change_changes_one_thing(users: impl UserAdministration) {
    let mut expected = account("ann");
    let ann = name("ann");
    users.add(&expected, NOW).await.unwrap();
    let call = |text| SessionName::parse(text).unwrap();
    let hash = PasswordHash::from_phc("another".to_owned());
    for (number, change) in [
        UserChange::Password(hash.clone()),
        UserChange::Role(Role::Subscriber),
        UserChange::Disabled(true),
        UserChange::Moderates(call("TUTORIAL")),
        UserChange::Moderates(call("Jour fixe")),
        UserChange::NoLongerModerates(call("TUTORIAL")),
        UserChange::Disabled(false),
    ]
    .into_iter()
    .enumerate()
    {
        let generation = (number % 2 == 0).then(|| Generation::new(100 + number as u64));
        assert!(users.change(&ann, &change, generation, NOW).await.unwrap());
        match change {
            UserChange::Password(hash) => expected.password_hash = hash,
            UserChange::Role(role) => expected.user.role = role,
            UserChange::Disabled(disabled) => expected.user.disabled = disabled,
            UserChange::Moderates(call) => {
                expected.user.moderates.insert(call);
            }
            UserChange::NoLongerModerates(call) => {
                expected.user.moderates.remove(&call);
            }
        }
        expected.user.generation = generation.unwrap_or(expected.user.generation);
        assert_eq!(users.find(&ann).await.unwrap().as_ref(), Some(&expected));
    }
    let last = UserChange::NoLongerModerates(call("Jour fixe"));
    assert!(users.change(&ann, &last, None, NOW).await.unwrap());
    assert!(users.change(&ann, &last, None, NOW).await.unwrap());
    let found = users.find(&ann).await.unwrap().unwrap();
    assert!(found.user.moderates.is_empty());
    let nobody = name("nobody");
    assert!(!users.change(&nobody, &last, None, NOW).await.unwrap());
    assert_eq!(users.find(&nobody).await.unwrap(), None, "nor made");
}

async fn a_hash_is_renewed_only_if_nobody_changed_it(users: impl UserAdministration) {
    let ann = account("ann");
    users.add(&ann, NOW).await.unwrap();
    let [one, two] = ["one", "two"].map(|phc| PasswordHash::from_phc(phc.to_owned()));
    let rehash = async |old, new| users.rehash(&ann.user.name, old, new).await.unwrap();
    assert!(rehash(&ann.password_hash, &one).await);
    assert!(!rehash(&ann.password_hash, &two).await);
    let found = users.find(&ann.user.name).await.unwrap().unwrap();
    assert_eq!(found.password_hash, one);
    assert_eq!(found.user, ann.user, "logins go on");
}

async fn users_are_removed_and_listed_by_name(users: impl UserAdministration) {
    for user in ["carol", "ann", "bob"] {
        users.add(&account(user), NOW).await.unwrap();
    }
    assert!(users.remove(&name("carol")).await.unwrap());
    assert!(!users.remove(&name("carol")).await.unwrap());
    let all = users.all().await.unwrap();
    assert_eq!(all, [account("ann").user, account("bob").user]);
}

async fn a_login_stands_until_it_is_ended(
    ended: &impl EndedLogins,
    logins: &impl Logins,
    users: &impl UserAdministration,
) {
    let ann = account("ann").user;
    let (one, two) = (LoginId::new(1), LoginId::new(2));
    let standing = async |id| logins.standing(id, &ann.name).await.unwrap();
    let nobodys = Standing {
        revoked: false,
        user: None,
    };
    assert_eq!(standing(&one).await, nobodys);
    users.add(&account("ann"), NOW).await.unwrap();
    ended.revoke(&one, later(100)).await.unwrap();
    ended.revoke(&one, later(100)).await.unwrap();
    let anns = |revoked| Standing {
        revoked,
        user: Some(ann.clone()),
    };
    assert_eq!(standing(&one).await, anns(true));
    assert_eq!(standing(&two).await, anns(false));
}

/// Begins an attempt. Returns it, or the refusal.
async fn begin(
    attempts: &impl Attempts,
    counter: &Counter,
    seconds: u64,
) -> Result<Place, Refusal> {
    let begun = attempts.begin(counter, &LIMIT, later(seconds)).await;
    match begun.unwrap() {
        Admission::Admitted(place) => Ok(place),
        Admission::Refused(refusal) => Err(refusal),
    }
}

/// An attempt that takes no time. Returns how many there were before it, or the refusal.
async fn attempt(
    attempts: &impl Attempts,
    counter: &Counter,
    outcome: Outcome,
    seconds: u64,
) -> Result<u32, Refusal> {
    let place = begin(attempts, counter, seconds).await?;
    let ended = attempts.end(counter, &LIMIT, place, outcome, later(seconds));
    ended.await.unwrap();
    Ok(place.before)
}

async fn attempts_are_admitted_as_the_limit_says(attempts: impl Attempts) {
    let counter = Counter::User(name("ann"), 0);
    let fail = async |seconds| attempt(&attempts, &counter, Outcome::Failed, seconds).await;
    let wait = |seconds| Err(Refusal::Wait(Duration::from_secs(seconds)));

    assert_eq!(fail(0).await, Ok(0));
    assert_eq!(fail(0).await, Ok(1));
    assert_eq!(fail(1).await, wait(9));
    assert_eq!(fail(9).await, wait(1), "a refusal prolongs nothing");
    assert_eq!(fail(10).await, Ok(2));
    assert_eq!(
        fail(11).await,
        wait(14),
        "twice as long, but for the longest"
    );
    assert_eq!(fail(25).await, Ok(3));
    assert_eq!(fail(39).await, wait(1));

    for other in [
        Counter::User(name("ann"), 1),
        Counter::Device(name("ann"), DeviceId::new(7)),
        Counter::Address(address("192.0.2.1")),
    ] {
        let elsewhere = attempt(&attempts, &other, Outcome::Failed, 39).await;
        assert_eq!(elsewhere, Ok(0));
    }

    assert_eq!(fail(85).await, Ok(0), "all is forgotten");
    assert_eq!(fail(86).await, Ok(1));
    let cleared = attempt(&attempts, &counter, Outcome::Cleared, 96).await;
    assert_eq!(cleared, Ok(2));
    assert_eq!(fail(97).await, Ok(0));
}

async fn what_did_not_fail_makes_nobody_wait(attempts: impl Attempts) {
    let counter = Counter::Address(address("192.0.2.1"));
    let fail = async |seconds| attempt(&attempts, &counter, Outcome::Failed, seconds).await;
    let succeed = async |seconds| attempt(&attempts, &counter, Outcome::Uncounted, seconds).await;
    for seconds in [0, 0, 0] {
        assert_eq!(succeed(seconds).await, Ok(0));
    }
    fail(0).await.unwrap();
    fail(0).await.unwrap();
    for seconds in [10, 10, 11, 59] {
        assert_eq!(succeed(seconds).await, Ok(2), "after {seconds} s");
    }
    assert_eq!(succeed(60).await, Ok(0), "nor is more remembered");
}

async fn no_more_are_pending_than_may_fail(attempts: impl Attempts) {
    let counter = Counter::Address(address("192.0.2.1"));
    let one = begin(&attempts, &counter, 0).await.unwrap();
    let two = begin(&attempts, &counter, 0).await.unwrap();
    assert_eq!((one.before, two.before), (0, 1));
    assert_eq!(begin(&attempts, &counter, 1).await, Err(Refusal::Busy));
    let end = async |place, outcome, seconds| {
        let ended = attempts.end(&counter, &LIMIT, place, outcome, later(seconds));
        ended.await.unwrap();
    };
    end(one, Outcome::Cleared, 1).await;
    let three = begin(&attempts, &counter, 1).await.unwrap();
    assert_eq!(three.before, 1, "two is still pending");
    end(two, Outcome::Failed, 1).await;
    assert_eq!(begin(&attempts, &counter, 1).await, Err(Refusal::Busy));
    end(three, Outcome::Failed, 2).await;
    let wait = Refusal::Wait(Duration::from_secs(10));
    assert_eq!(begin(&attempts, &counter, 2).await, Err(wait));
    // After the wait, one at a time.
    let four = begin(&attempts, &counter, 12).await.unwrap();
    assert_eq!(begin(&attempts, &counter, 12).await, Err(Refusal::Busy));
    end(four, Outcome::Uncounted, 12).await;
    assert!(begin(&attempts, &counter, 12).await.is_ok());
}

async fn a_killed_attempt_is_pending_for_a_while_only(attempts: impl Attempts) {
    let counter = Counter::Address(address("192.0.2.1"));
    let killed = [
        begin(&attempts, &counter, 0).await.unwrap(),
        begin(&attempts, &counter, 0).await.unwrap(),
    ];
    let last = LONGEST_ATTEMPT.as_secs();
    assert_eq!(
        begin(&attempts, &counter, last - 1).await,
        Err(Refusal::Busy)
    );
    let next = begin(&attempts, &counter, last).await.unwrap();
    assert_eq!(next.before, 0);
    // They were not killed but slow, and all fail: each of them counts.
    for place in [killed[0], killed[1], next] {
        let ended = attempts.end(&counter, &LIMIT, place, Outcome::Failed, later(last));
        ended.await.unwrap();
    }
    let twice = Refusal::Wait(Duration::from_secs(15));
    assert_eq!(begin(&attempts, &counter, last).await, Err(twice));
}

async fn failures_are_remembered_for_longer_once_somebody_had_to_wait(attempts: impl Attempts) {
    let counter = Counter::Address(address("192.0.2.1"));
    let fail = async |seconds| attempt(&attempts, &counter, Outcome::Failed, seconds).await;
    assert_eq!(fail(0).await, Ok(0));
    assert_eq!(fail(40).await, Ok(1));
    // Without it the first two would be forgotten after 60 s.
    assert_eq!(fail(50).await, Ok(2));
    assert_eq!(fail(65).await, Ok(3));
}

async fn devices_are_remembered_if_nothing_else_has_changed(users: impl UserAdministration) {
    let ann = account("ann");
    users.add(&ann, NOW).await.unwrap();
    let found = async || users.find(&ann.user.name).await.unwrap().unwrap();
    let with = |account: &Account, number| {
        let device = DeviceId::new(number);
        account.devices.with(&device, NOW).unwrap()
    };
    let none = found().await;
    assert_eq!(none.devices, KnownDevices::default());
    assert!(users.remember(&none, &with(&none, 1)).await.unwrap());
    assert!(!users.remember(&none, &with(&none, 2)).await.unwrap());
    let one = found().await;
    assert_eq!(one.devices, with(&none, 1));
    assert!(users.remember(&one, &with(&one, 2)).await.unwrap());
    let two = found().await;
    assert_eq!(two.devices, with(&one, 2));

    let change = UserChange::Password(PasswordHash::from_phc("another".to_owned()));
    let generation = Some(Generation::new(2));
    let name = &ann.user.name;
    assert!(users.change(name, &change, generation, NOW).await.unwrap());
    let changed = found().await;
    assert_eq!(changed.devices, KnownDevices::default());
    assert!(!users.remember(&two, &with(&two, 3)).await.unwrap());
    assert!(users.remember(&changed, &with(&changed, 3)).await.unwrap());
    assert_eq!(found().await.devices, with(&changed, 3));
}

/// Runs a check on every store.
macro_rules! on_every_store {
    ($memory:expr, $part:ident: $($check:ident),+ $(,)?) => {
        mod $part {
            $(
                mod $check {
                    use crate::people::*;

                    #[tokio::test]
                    async fn in_memory() {
                        $check($memory).await;
                    }

                    #[tokio::test]
                    async fn on_dynamodb() {
                        $check(Copy::of(&new_tables().await).$part).await;
                    }
                }
            )+
        }
    };
}

on_every_store!(
    MemoryPeople::default(),
    users: a_user_is_added_once_and_found_as_added,
    each_change_changes_one_thing,
    a_hash_is_renewed_only_if_nobody_changed_it,
    users_are_removed_and_listed_by_name,
    devices_are_remembered_if_nothing_else_has_changed,
);
on_every_store!(
    MemoryAttempts::default(),
    attempts: attempts_are_admitted_as_the_limit_says,
    what_did_not_fail_makes_nobody_wait,
    no_more_are_pending_than_may_fail,
    a_killed_attempt_is_pending_for_a_while_only,
    failures_are_remembered_for_longer_once_somebody_had_to_wait,
);

/// DynamoDB may have deleted the record of an attempt that took so long.
#[tokio::test]
async fn a_failure_without_a_record_counts_from_then_on() {
    let attempts = Copy::of(&new_tables().await).attempts;
    let counter = Counter::Address(address("192.0.2.1"));
    let place = begin(&attempts, &counter, 0).await.unwrap();
    let another = Counter::Address(address("192.0.2.2"));
    let ended = attempts.end(&another, &LIMIT, place, Outcome::Failed, later(100));
    ended.await.unwrap();
    assert_eq!(begin(&attempts, &another, 101).await.unwrap().before, 1);
}

mod standing {
    use super::*;

    #[tokio::test]
    async fn in_memory() {
        let people = MemoryPeople::default();
        a_login_stands_until_it_is_ended(&people, &people, &people).await;
    }

    #[tokio::test]
    async fn on_dynamodb() {
        let copy = Copy::of(&new_tables().await);
        a_login_stands_until_it_is_ended(&copy.ended_logins, &copy.logins, &copy.users).await;
    }
}
