//! The built function as a process, as Lambda runs it.

#![expect(clippy::unwrap_used, reason = "a test that panics has failed")]

#[cfg(feature = "measure")]
mod measure;
mod runtime;

use std::process::Command;
use std::time::{Duration, Instant};

use runtime::{Database, Function, KEY, PASSWORD};
use shared::use_cases::PAIR_LIMIT;

/// The least memory that Lambda would give it, in KiB.
const MEMORY: u64 = 128 * 1024;

#[tokio::test(flavor = "multi_thread")]
async fn fifty_logins_in_a_row_stay_within_128_mb() {
    let database = Database::with(&["ann".to_owned()]).await;
    let mut function = Function::start(&database).await;
    for number in 0..50 {
        let status = function.log_in("ann", PASSWORD, "192.0.2.1").await;
        assert_eq!(status, 200, "login {number}");
    }
    let (now, most) = (function.memory("VmRSS:"), function.memory("VmHWM:"));
    eprintln!("resident after 50 logins: {now} KiB, at the most {most} KiB");
    assert!(most < MEMORY, "{most} KiB");

    let log = function.end().await;
    assert_eq!(log.matches("right password").count(), 50);
    // "eyJ" is the beginning of every JWT.
    for secret in [PASSWORD, KEY, "argon2", "eyJ"] {
        assert!(!log.contains(secret), "{secret} is in the log: {log}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_copies_together_check_no_more_wrong_passwords_than_allowed() {
    const ADDRESSES: u32 = 10;
    let database = Database::with(&["ann".to_owned()]).await;
    let started = Instant::now();
    let mut copies = Vec::new();
    for _ in 0..2 {
        let mut copy = Function::start(&database).await;
        copies.push(tokio::spawn(async move {
            let mut answers = Vec::new();
            for number in 0..500 {
                let from = format!("192.0.2.{}", number % ADDRESSES);
                answers.push(copy.log_in("ann", "wrong", &from).await);
            }
            (copy, answers)
        }));
    }
    let (mut a, mut answers) = copies.remove(0).await.unwrap();
    let (b, others) = copies.remove(0).await.unwrap();
    answers.extend(others);
    let took = started.elapsed();

    let looked_at = answers.iter().filter(|status| **status == 401).count();
    let refused = answers.iter().filter(|status| **status == 429).count();
    let looked_at = u32::try_from(looked_at).unwrap();
    eprintln!("1,000 wrong passwords in {took:.1?}: {looked_at} looked at, {refused} refused");
    assert_eq!(answers.len(), 1000);
    assert_eq!(refused, 1000 - looked_at as usize);
    assert!(looked_at >= ADDRESSES * PAIR_LIMIT.free);
    assert!(looked_at <= ADDRESSES * allowed_within(took));

    let mut by_user = 0;
    for failures in 0..=PAIR_LIMIT.free {
        by_user += database
            .tables
            .counted(&format!("user#ann#{failures}"))
            .await;
    }
    assert_eq!(by_user, looked_at);
    let mut by_pair = 0;
    for number in 0..ADDRESSES {
        let address = format!("192.0.2.{number}");
        let pair = database
            .tables
            .counted(&format!("pair#ann#{address}"))
            .await;
        let all = database.tables.counted(&format!("address#{address}")).await;
        assert_eq!(pair, all);
        by_pair += pair;
    }
    assert_eq!(by_pair, looked_at);

    assert_eq!(a.log_in("ann", PASSWORD, "198.51.100.1").await, 200);

    let log = a.end().await + &b.end().await;
    let reason = |reason| log.matches(&format!("reason={reason}")).count();
    assert_eq!(reason("wrong password"), looked_at as usize);
    assert_eq!(reason("too many attempts"), refused);
}

#[tokio::test(flavor = "multi_thread")]
async fn thirty_tabs_of_one_user_log_in_at_the_same_moment_at_thirty_copies() {
    let database = Database::with(&["ann".to_owned()]).await;
    let mut copies = Vec::new();
    for _ in 0..30 {
        copies.push(Function::start(&database).await);
    }
    let logins = copies.into_iter().map(|mut copy| {
        tokio::spawn(async move { copy.log_in("ann", PASSWORD, "192.0.2.1").await })
    });
    for login in logins.collect::<Vec<_>>() {
        assert_eq!(login.await.unwrap(), 200);
    }
}

/// How many attempts one user may make from one address within a time.
fn allowed_within(time: Duration) -> u32 {
    let (mut attempts, mut at) = (PAIR_LIMIT.free, Duration::ZERO);
    loop {
        at += PAIR_LIMIT.wait_after(attempts);
        if at > time {
            return attempts;
        }
        attempts += 1;
    }
}

#[test]
fn with_a_weak_key_it_does_not_start() {
    let short = "c2l4dGVlbiBieXRlcy4u";
    let output = Command::new(env!("CARGO_BIN_EXE_login"))
        .env_clear()
        .env("USERS_TABLE", "users")
        .env("LOGINS_TABLE", "logins")
        .env("JWT_KEYS", format!("k1:{short}"))
        .output()
        .unwrap();
    assert!(!output.status.success());
    let said = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
    assert!(said.contains("JWT_KEYS"), "{said}");
    assert!(said.contains("at least 32 bytes"), "{said}");
    assert!(!said.contains(short), "{said}");
}
