//! The built function as a process, as Lambda runs it.

#![expect(clippy::unwrap_used, reason = "a test that panics has failed")]

mod runtime;
#[path = "../../../../shared/tests/tables/mod.rs"]
mod tables;

use runtime::{Function, PASSWORD};

/// What Lambda would give it at least, in KiB.
const MEMORY: u64 = 128 * 1024;

#[tokio::test(flavor = "multi_thread")]
async fn fifty_logins_in_a_row_stay_within_128_mb() {
    let mut function = Function::start(&["ann".to_owned()]).await;
    for number in 0..50 {
        let status = function.log_in("ann", PASSWORD, "192.0.2.1").await;
        assert_eq!(status, 200, "login {number}");
    }
    let (now, most) = (function.memory("VmRSS:"), function.memory("VmHWM:"));
    eprintln!("resident after 50 logins: {now} KiB, at the most {most} KiB");
    assert!(most < MEMORY, "{most} KiB");
}
