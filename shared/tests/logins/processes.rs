//! Two copies of the functions: what one does, the other sees at its next request.

use shared::adapters::jwt::KeyRing;
use shared::domain::{Generation, PasswordHash, Role, SessionName, UserChange};
use shared::ports::{UserAdministration, UserDirectory};
use shared::use_cases::{self, renew_login};

use crate::world::{Copy, KEYS, NOW, PASSWORD, account, address, later, name, new_tables};
use testing::Tables;

const HERE: &str = "192.0.2.1";

/// Two copies, and the proof of ann's login at the first.
async fn logged_in() -> (Tables, Copy, Copy, String) {
    let tables = new_tables().await;
    let a = Copy::with_ann(&tables).await;
    let (_, proof) = a.log_in("ann", PASSWORD, HERE, NOW).await.unwrap();
    assert!(a.admits(&proof, NOW).await);
    let b = Copy::of(&tables);
    (tables, a, b, proof)
}

#[tokio::test]
async fn who_is_asking_is_found_out_in_one_request_and_who_forges_costs_none() {
    let (_tables, a, _b, proof) = logged_in().await;
    let before = a.requests.sent();
    assert!(a.admits(&proof, NOW).await);
    assert_eq!(a.requests.sent(), before + 1);
    assert!(!a.admits(&format!("{proof}x"), NOW).await);
    assert!(!a.admits(&proof, later(8 * 60 * 60)).await);
    assert_eq!(a.requests.sent(), before + 1);
}

#[tokio::test]
async fn who_logs_out_at_one_is_logged_out_at_the_other() {
    let (_tables, a, b, proof) = logged_in().await;
    let (login, another) = a.log_in("ann", PASSWORD, HERE, NOW).await.unwrap();
    use_cases::log_out(&b.ended_logins, &login, address(HERE))
        .await
        .unwrap();
    assert!(!a.admits(&another, NOW).await);
    assert!(a.admits(&proof, NOW).await, "their other login goes on");
}

#[tokio::test]
async fn who_logs_out_ends_the_renewals_too() {
    let (_tables, a, b, _) = logged_in().await;
    let (login, _) = a.log_in("ann", PASSWORD, HERE, NOW).await.unwrap();
    let soon = later(7 * 60 * 60);
    let (renewed, proof) = renew_login(&a.keys, &login, soon).unwrap().unwrap();
    assert!(a.admits(&proof, soon).await);
    use_cases::log_out(&b.ended_logins, &login, address(HERE))
        .await
        .unwrap();
    assert!(!a.admits(&proof, soon).await);
    assert_eq!(renewed.ends_for_good_at(), later(24 * 60 * 60));
}

#[tokio::test]
async fn a_change_of_the_user_ends_their_logins_at_once_and_also_those_of_this_second() {
    for change in [
        UserChange::Password(PasswordHash::from_phc("plain another one".to_owned())),
        UserChange::Role(Role::Moderator),
        UserChange::Disabled(true),
    ] {
        let (_tables, a, b, proof) = logged_in().await;
        let ann = name("ann");
        let changed =
            use_cases::change_user(&b.users, &ann, &change, Generation::new(2), NOW).await;
        assert!(changed.unwrap());
        assert!(!a.admits(&proof, NOW).await, "{change:?}");

        let enable = UserChange::Disabled(false);
        let enabled = use_cases::change_user(&b.users, &ann, &enable, Generation::new(3), NOW);
        assert!(enabled.await.unwrap());
        assert!(!a.admits(&proof, NOW).await, "it does not come back");
    }
}

#[tokio::test]
async fn a_disabled_user_cannot_log_in_and_is_logged_out() {
    let (_tables, a, b, proof) = logged_in().await;
    let (ann, disable) = (name("ann"), UserChange::Disabled(true));
    let disabled = use_cases::change_user(&b.users, &ann, &disable, Generation::new(1), NOW);
    assert!(disabled.await.unwrap());
    assert!(a.log_in("ann", PASSWORD, HERE, NOW).await.is_err());
    assert!(!a.admits(&proof, NOW).await, "even in the same generation");
}

#[tokio::test]
async fn who_is_removed_is_logged_out_and_stays_so_when_added_again() {
    let (_tables, a, b, proof) = logged_in().await;
    assert!(
        use_cases::delete_user(&b.users, &name("ann"))
            .await
            .unwrap()
    );
    assert!(!a.admits(&proof, NOW).await);
    let mut again = account("ann");
    again.user.generation = Generation::new(2);
    assert!(use_cases::add_user(&b.users, &again, NOW).await.unwrap());
    assert!(!a.admits(&proof, NOW).await);
    assert!(!use_cases::add_user(&b.users, &again, NOW).await.unwrap());
}

#[tokio::test]
async fn a_role_for_a_call_counts_from_the_next_request_on_and_ends_no_login() {
    let (_tables, a, b, proof) = logged_in().await;
    let call = SessionName::parse("TUTORIAL").unwrap();
    let role = async || {
        let from = address(HERE);
        let caller = use_cases::authenticate(&a.keys, &a.logins, &proof, from, NOW).await;
        caller.unwrap().1.role_in(&call)
    };
    assert_eq!(role().await, Role::Publisher);
    for (change, expected) in [
        (UserChange::Moderates(call.clone()), Role::Moderator),
        (UserChange::NoLongerModerates(call.clone()), Role::Publisher),
    ] {
        use_cases::change_user(&b.users, &name("ann"), &change, Generation::new(2), NOW)
            .await
            .unwrap();
        assert_eq!(role().await, expected);
    }
}

#[tokio::test]
async fn keys_are_rotated_while_everybody_stays_logged_in() {
    let (_tables, mut a, mut b, before) = logged_in().await;
    let new = "new:bmV3LW5ldy1uZXctbmV3LW5ldy1uZXctbmV3LW5ldy0";
    // Each step reaches one copy first. At any moment both accept what either of them signs.
    let (old, added, first) = (
        KEYS.to_owned(),
        format!("{KEYS},{new}"),
        format!("{new},{KEYS}"),
    );
    let mut proofs = vec![before.clone()];
    for (at_a, at_b) in [
        (&added, &old),
        (&added, &added),
        (&first, &added),
        (&first, &first),
    ] {
        a.keys = KeyRing::parse(at_a).unwrap();
        b.keys = KeyRing::parse(at_b).unwrap();
        proofs.push(a.log_in("ann", PASSWORD, HERE, NOW).await.unwrap().1);
        proofs.push(b.log_in("ann", PASSWORD, HERE, NOW).await.unwrap().1);
        for proof in &proofs {
            assert!(a.admits(proof, NOW).await && b.admits(proof, NOW).await);
        }
    }
    a.keys = KeyRing::parse(new).unwrap();
    assert!(
        !a.admits(&before, NOW).await,
        "the old key's logins end with it"
    );
    assert!(a.admits(proofs.last().unwrap(), NOW).await);
}

#[tokio::test]
async fn a_hash_that_has_become_too_weak_is_renewed_at_login() {
    let tables = new_tables().await;
    let copy = Copy::of(&tables);
    let mut ann = account("ann");
    ann.password_hash = PasswordHash::from_phc(format!("old {PASSWORD}"));
    copy.users.add(&ann, NOW).await.unwrap();
    assert!(copy.log_in("ann", "wrong", HERE, NOW).await.is_err());
    let hash = async || {
        copy.users
            .find(&ann.user.name)
            .await
            .unwrap()
            .unwrap()
            .password_hash
    };
    assert_eq!(hash().await, ann.password_hash);
    let (_, proof) = copy.log_in("ann", PASSWORD, HERE, NOW).await.unwrap();
    assert_eq!(hash().await.as_phc(), format!("plain {PASSWORD}"));
    assert!(copy.admits(&proof, NOW).await);
}
