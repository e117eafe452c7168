//! The rule "how often somebody may try to log in".
//!
//! 1. An attempt from a device that the user has logged in with before is limited by that device's own
//!    counter alone: nobody else can make it wait.
//! 2. Any other attempt is limited by three counters in this order: this user from this network, this
//!    network, and this user from all networks that have failed as often with this name. The last makes
//!    newcomers wait for newcomers only, not for those who try again and again.
//! 3. The attempt is pending in every counter before the password is looked at. A counter lets no more be
//!    pending than may still fail, however many come at once and to however many copies of the function.
//! 4. If a counter is full only because others are pending, the attempt waits for them a few seconds.
//! 5. If a counter refuses, or the store fails, the attempt is not made, and is taken out of the earlier
//!    counters: what is not made makes nobody wait.
//! 6. A name that nobody has is counted like any other, or waits would tell which names are taken.
//! 7. Only a failure makes anybody wait. A success also clears the failures of this user from this network,
//!    or of this device; but not those of the network or of the user, or whoever has a password of their own
//!    could try others' for ever, and each login would let an attacker start anew.
//!
//! The order in 2 matters: if the last counter were the first, a network that has to wait would make
//! everybody wait with it.

use std::time::Duration;

use futures_util::future::join_all;

use crate::chain;
use crate::domain::{
    Admission, ClientAddress, Counter, DeviceId, Limit, Outcome, Place, Refusal, UserName,
};
use crate::ports::{Attempts, Clock, StoreError};

const HOUR: Duration = Duration::from_secs(60 * 60);

/// One user name from one network: someone who has forgotten their password.
pub const PAIR_LIMIT: Limit = Limit {
    free: 5,
    first_wait: Duration::from_secs(15),
    longest_wait: Duration::from_secs(15 * 60),
    // A network counts as a newcomer again only after this long.
    memory: Duration::from_secs(24 * 60 * 60),
};

pub const DEVICE_LIMIT: Limit = PAIR_LIMIT;

/// One network, whatever the names. An office or school may share it, so more attempts may fail,
/// and no wait is longer than a minute.
pub const ADDRESS_LIMIT: Limit = Limit {
    free: 50,
    longest_wait: Duration::from_secs(60),
    memory: HOUR,
    ..PAIR_LIMIT
};

/// One user from all networks that have failed equally often with this name.
pub const USER_LIMIT: Limit = Limit {
    free: 100,
    ..ADDRESS_LIMIT
};

/// The first and the longest pause before a full counter is asked again, and the limit for all
/// pauses of an attempt together: `login` must answer within its time-out.
const FIRST_PAUSE: Duration = Duration::from_millis(50);
const LONGEST_PAUSE: Duration = Duration::from_millis(400);
const PATIENCE: Duration = Duration::from_secs(5);

/// Who tries to log in, as the limits see it.
#[derive(Clone, Copy, Debug)]
pub enum Origin<'a> {
    /// Somebody with a device that this user has logged in with.
    KnownDevice(&'a UserName, &'a DeviceId),
    /// Anybody else. `None`: the typed text cannot be a name.
    Network(Option<&'a UserName>, ClientAddress),
}

/// A pending attempt.
#[derive(Debug, Default)]
#[must_use = "an attempt that begins has to end"]
pub struct PendingAttempt(Vec<(Counter, Limit, Place)>);

/// Begins an attempt, or says why it must not be made now.
///
/// # Errors
/// [`StoreError`]; then the attempt must not be made.
pub async fn begin_attempt(
    attempts: &impl Attempts,
    clock: &impl Clock,
    origin: Origin<'_>,
) -> Result<Result<PendingAttempt, Refusal>, StoreError> {
    let mut pending = PendingAttempt::default();
    let begun = pass_counters(attempts, clock, origin, &mut pending).await;
    if let Ok(Ok(())) = begun {
        return Ok(Ok(pending));
    }
    // 5. Take it out of the earlier counters.
    let taken_out = end_attempt(attempts, clock, pending, |_| Outcome::Uncounted).await;
    if let Err(error) = taken_out {
        tracing::warn!(
            error = chain(&error),
            "an attempt that was not made stays pending for a while"
        );
    }
    begun.map(|passed| passed.map(|()| PendingAttempt::default()))
}

/// Ends an attempt that failed. The client must not learn of the failure before it is counted.
///
/// # Errors
/// [`StoreError`]; then it may not be counted.
pub async fn attempt_failed(
    attempts: &impl Attempts,
    clock: &impl Clock,
    pending: PendingAttempt,
) -> Result<(), StoreError> {
    end_attempt(attempts, clock, pending, |_| Outcome::Failed).await
}

/// Ends an attempt that succeeded.
///
/// # Errors
/// [`StoreError`]; then it may stay pending for a while.
pub async fn attempt_succeeded(
    attempts: &impl Attempts,
    clock: &impl Clock,
    pending: PendingAttempt,
) -> Result<(), StoreError> {
    // 7. Clear only the user's own counters.
    let outcome = |counter: &Counter| match counter {
        Counter::Pair(..) | Counter::Device(..) => Outcome::Cleared,
        Counter::Address(_) | Counter::User(..) => Outcome::Uncounted,
    };
    end_attempt(attempts, clock, pending, outcome).await
}

/// Begins the attempt in each of its counters, and notes those in which it has begun.
async fn pass_counters(
    attempts: &impl Attempts,
    clock: &impl Clock,
    origin: Origin<'_>,
    passed: &mut PendingAttempt,
) -> Result<Result<(), Refusal>, StoreError> {
    let mut patience = PATIENCE;
    let mut pass = async |counter: Counter, limit: Limit| {
        let admission = admit(attempts, clock, &counter, &limit, &mut patience).await?;
        if let Ok(place) = admission {
            passed.0.push((counter, limit, place));
        }
        Ok::<_, StoreError>(admission)
    };
    let (user, address) = match origin {
        // 1. Its own counter alone.
        Origin::KnownDevice(user, device) => {
            let counter = Counter::Device(user.clone(), device.clone());
            return Ok(pass(counter, DEVICE_LIMIT).await?.map(|_| ()));
        }
        Origin::Network(user, address) => (user, address),
    };
    // 2. Three counters.
    let mut failures = 0;
    if let Some(user) = user {
        match pass(Counter::Pair(user.clone(), address), PAIR_LIMIT).await? {
            Ok(place) => failures = place.before.min(PAIR_LIMIT.free),
            Err(refusal) => return Ok(Err(refusal)),
        }
    }
    if let Err(refusal) = pass(Counter::Address(address), ADDRESS_LIMIT).await? {
        return Ok(Err(refusal));
    }
    if let Some(user) = user
        && let Err(refusal) = pass(Counter::User(user.clone(), failures), USER_LIMIT).await?
    {
        return Ok(Err(refusal));
    }
    Ok(Ok(()))
}

/// Asks one counter, and waits while it is full of pending attempts.
async fn admit(
    attempts: &impl Attempts,
    clock: &impl Clock,
    counter: &Counter,
    limit: &Limit,
    patience: &mut Duration,
) -> Result<Result<Place, Refusal>, StoreError> {
    let mut pause = FIRST_PAUSE;
    loop {
        match attempts.begin(counter, limit, clock.now()).await? {
            Admission::Admitted(place) => return Ok(Ok(place)),
            // 4. Wait for the others.
            Admission::Refused(Refusal::Busy) if *patience >= pause => {
                clock.pause(pause).await;
                *patience -= pause;
                pause = LONGEST_PAUSE.min(pause * 2);
            }
            Admission::Refused(refusal) => return Ok(Err(refusal)),
        }
    }
}

async fn end_attempt(
    attempts: &impl Attempts,
    clock: &impl Clock,
    pending: PendingAttempt,
    outcome: impl Fn(&Counter) -> Outcome,
) -> Result<(), StoreError> {
    let now = clock.now();
    let counters = pending.0.iter();
    let ends = counters
        .map(|(counter, limit, place)| attempts.end(counter, limit, *place, outcome(counter), now));
    // Each is ended, even if another one fails.
    join_all(ends).await.into_iter().collect()
}
