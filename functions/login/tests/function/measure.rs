//! Measures how long a refusal takes, for an existing name and for an unknown one: `make
//! measure-login`.

use std::time::{Duration, Instant};

use crate::runtime::{Database, Function, KEY};

/// How often each is tried. Names and addresses change, so that nobody has to wait.
const TRIES: usize = 200;
const NAMES: usize = 10;

#[tokio::test(flavor = "multi_thread")]
async fn an_unknown_user_takes_as_long_as_a_wrong_password() {
    let users: Vec<String> = (0..NAMES).map(|number| format!("taken{number}")).collect();
    let mut function = Function::start(&Database::with(&users).await).await;
    let mut times = [Vec::new(), Vec::new()];
    for number in 0..TRIES + 10 {
        for (kind, times) in ["taken", "other"].into_iter().zip(&mut times) {
            let user = format!("{kind}{}", number % NAMES);
            let address = format!("192.0.{}.{}", number / 100, number % 100);
            let started = Instant::now();
            let status = function.log_in(&user, "wrong", &address).await;
            times.push(started.elapsed());
            assert_eq!(status, 401);
        }
    }
    // The first requests open connections, so they do not count.
    let [wrong, unknown] = times.map(|times| median(times.get(10..).unwrap().to_vec()));
    let apart = 100.0 * (unknown.as_secs_f64() / wrong.as_secs_f64() - 1.0);
    eprintln!(
        "medians over {TRIES} tries each: wrong password {wrong:.2?}, unknown user {unknown:.2?}, \
         {apart:+.1} %"
    );
    let (now, most) = (function.memory("VmRSS:"), function.memory("VmHWM:"));
    eprintln!("resident after them: {now} KiB, at the most {most} KiB");
    assert!(apart.abs() < 5.0);

    let log = function.end().await;
    for reason in ["wrong password", "unknown user"] {
        assert_eq!(log.matches(reason).count(), TRIES + 10, "{reason}");
    }
    assert!(!log.contains(KEY));
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort();
    let (low, high) = (times.len() / 2, (times.len() - 1) / 2);
    (times
        .get(low)
        .unwrap()
        .saturating_add(*times.get(high).unwrap()))
        / 2
}
