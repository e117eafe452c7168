//! One suite for every store of people, logins and attempts.

use std::time::Duration;

use shared::adapters::memory_people::{MemoryAttempts, MemoryPeople};
use shared::domain::{
    Admission, Counter, Generation, Limit, LoginId, PasswordHash, Role, SessionName, UserChange,
};
use shared::ports::{Attempts, Logins, Standing, UserAdministration};

use crate::world::{Copy, NOW, account, address, later, name, new_tables};

/// One with small numbers.
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

async fn a_login_stands_until_it_is_ended(logins: &impl Logins, users: &impl UserAdministration) {
    let ann = account("ann").user;
    let (one, two) = (LoginId::new(1), LoginId::new(2));
    let standing = async |id| logins.standing(id, &ann.name).await.unwrap();
    let nobodys = Standing {
        revoked: false,
        user: None,
    };
    assert_eq!(standing(&one).await, nobodys);
    users.add(&account("ann"), NOW).await.unwrap();
    logins.revoke(&one, later(100)).await.unwrap();
    logins.revoke(&one, later(100)).await.unwrap();
    let anns = |revoked| Standing {
        revoked,
        user: Some(ann.clone()),
    };
    assert_eq!(standing(&one).await, anns(true));
    assert_eq!(standing(&two).await, anns(false));
}

async fn attempts_are_admitted_as_the_limit_says(attempts: impl Attempts) {
    let counter = Counter::User(name("ann"));
    let admit = async |seconds| {
        let admission = attempts.admit(&counter, &LIMIT, later(seconds)).await;
        admission.unwrap()
    };
    let admitted = async |seconds| match admit(seconds).await {
        Admission::Admitted(before) => before.map(|tally| tally.failures),
        Admission::Wait(wait) => panic!("{wait:?}"),
    };
    let wait = |seconds| Admission::Wait(Duration::from_secs(seconds));

    assert_eq!(admitted(0).await, None);
    assert_eq!(admitted(0).await, Some(1));
    assert_eq!(admit(1).await, wait(9));
    assert_eq!(admit(9).await, wait(1), "a refusal prolongs nothing");
    assert_eq!(admitted(10).await, Some(2));
    assert_eq!(
        admit(11).await,
        wait(14),
        "twice as long, but for the longest"
    );
    assert_eq!(admitted(25).await, Some(3));
    assert_eq!(admit(39).await, wait(1));

    let other = Counter::Address(address("192.0.2.1"));
    let elsewhere = attempts.admit(&other, &LIMIT, later(39)).await.unwrap();
    assert_eq!(elsewhere, Admission::Admitted(None));

    assert_eq!(admitted(85).await, None, "all is forgotten");
    attempts.take_back(&counter, None).await.unwrap();
    attempts.take_back(&counter, None).await.unwrap();
    assert_eq!(admitted(85).await, Some(0));
    assert_eq!(admitted(85).await, Some(1));
    assert_eq!(admit(85).await, wait(10), "never below none");
    attempts.forget(&counter).await.unwrap();
    attempts.forget(&counter).await.unwrap();
    assert_eq!(admitted(85).await, None);
}

async fn an_attempt_that_was_taken_back_has_nobody_wait(attempts: impl Attempts) {
    let counter = Counter::Address(address("192.0.2.1"));
    let admit = async |seconds| {
        let admission = attempts.admit(&counter, &LIMIT, later(seconds)).await;
        admission.unwrap()
    };
    admit(0).await;
    admit(0).await;
    // More and more time goes by, and each is taken back.
    for seconds in [10, 10, 11, 59] {
        let Admission::Admitted(before) = admit(seconds).await else {
            panic!("after {seconds} s");
        };
        let before = before.unwrap();
        assert_eq!((before.failures, before.last_at), (2, NOW));
        attempts.take_back(&counter, Some(&before)).await.unwrap();
    }
    let forgotten = admit(60).await;
    assert_eq!(
        forgotten,
        Admission::Admitted(None),
        "nor is more remembered"
    );
}

/// Runs a check on every store that there is.
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
);
on_every_store!(
    MemoryAttempts::default(),
    attempts: attempts_are_admitted_as_the_limit_says,
    an_attempt_that_was_taken_back_has_nobody_wait,
);

mod standing {
    use super::*;

    #[tokio::test]
    async fn in_memory() {
        let people = MemoryPeople::default();
        a_login_stands_until_it_is_ended(&people, &people).await;
    }

    #[tokio::test]
    async fn on_dynamodb() {
        let copy = Copy::of(&new_tables().await);
        a_login_stands_until_it_is_ended(&copy.logins, &copy.users).await;
    }
}
