//! The rule "how often somebody may try to log in".
//!
//! 1. An attempt is counted before it is made, by three counters in this order: this user from this
//!    address, this address, this user from everywhere. So no more are made than may be, however many
//!    come at once and to however many copies of the function.
//! 2. If one of them has it wait, it is not made, and the others take it back: an attempt that was not
//!    made has nobody wait for longer.
//! 3. A name that nobody has is counted like any other, or waits would tell which names are taken.
//! 4. Who succeeds has their own counters forgotten; their address's only takes the attempt back, or
//!    whoever has a password of their own could try others' for ever.
//!
//! Only the first two counters make anybody wait for long, and both only whoever is at that address: none
//! can keep a user out from everywhere else for more than a minute. The order matters: if the last were the
//! first, an address that has to wait would have everybody wait with it.

use std::time::Duration;

use crate::domain::{Admission, ClientAddress, Counter, Limit, Tally, Timestamp, UserName};
use crate::ports::{Attempts, StoreError};

/// Nobody mistypes for longer than this; whoever guesses needs days.
const MEMORY: Duration = Duration::from_secs(60 * 60);

/// One user from one address: a person who does not remember.
pub const PAIR_LIMIT: Limit = Limit {
    free: 5,
    first_wait: Duration::from_secs(15),
    longest_wait: Duration::from_secs(15 * 60),
    memory: MEMORY,
};

/// One address, whatever the names: an office or a school may be behind it, so that only who mistypes is
/// counted, and for an hour at most until there are too many.
pub const ADDRESS_LIMIT: Limit = Limit {
    free: 50,
    ..PAIR_LIMIT
};

/// One user from everywhere: a hundred failures, of which NIST SP 800-63B speaks, and then one a minute.
pub const USER_LIMIT: Limit = Limit {
    free: 100,
    longest_wait: Duration::from_secs(60),
    ..PAIR_LIMIT
};

/// An attempt that was counted.
#[derive(Debug)]
#[must_use = "an attempt that succeeds has to be taken back"]
pub struct Counted(Vec<(Counter, Option<Tally>)>);

/// Counts an attempt as `user` (`None`: what was typed cannot be a name) from `address`; the time to wait
/// if it must not be made now.
///
/// # Errors
/// [`StoreError`]; the attempt must not be made then.
pub async fn count_attempt(
    attempts: &impl Attempts,
    user: Option<&UserName>,
    address: ClientAddress,
    now: Timestamp,
) -> Result<Result<Counted, Duration>, StoreError> {
    // 1. Count it.
    let by_address = (Counter::Address(address), ADDRESS_LIMIT);
    let counters = match user {
        None => vec![by_address],
        Some(user) => vec![
            (Counter::Pair(user.clone(), address), PAIR_LIMIT),
            by_address,
            (Counter::User(user.clone()), USER_LIMIT),
        ],
    };
    let mut counted = Vec::new();
    for (counter, limit) in counters {
        match attempts.admit(&counter, &limit, now).await? {
            Admission::Admitted(before) => counted.push((counter, before)),
            Admission::Wait(wait) => {
                // 2. Take it back.
                for (counter, before) in &counted {
                    attempts.take_back(counter, before.as_ref()).await?;
                }
                return Ok(Err(wait));
            }
        }
    }
    Ok(Ok(Counted(counted)))
}

/// Says that a counted attempt succeeded.
///
/// # Errors
/// [`StoreError`]; the attempt then stays counted.
pub async fn attempt_succeeded(
    attempts: &impl Attempts,
    counted: Counted,
) -> Result<(), StoreError> {
    // 4. Forget, or take back.
    for (counter, before) in counted.0 {
        match &counter {
            Counter::Pair(..) | Counter::User(_) => attempts.forget(&counter).await?,
            Counter::Address(_) => attempts.take_back(&counter, before.as_ref()).await?,
        }
    }
    Ok(())
}
