//! The rule "how often a user may join".
//!
//! 1. **Count first.** Before a join asks the video server for anything, it is counted, and gets a place
//!    among its user's unused tokens: one conditional write. It is refused if the user has joined too often.
//! 2. **Find out which tokens were used.** If all places are taken, ask the video server which of these tokens
//!    still wait for somebody to connect. The others give up their places. If there are no others, the join
//!    is refused. It stays counted, so nobody can make us ask more often than they may join.
//! 3. **Join.**
//! 4. **Pass the place on** to the token, or give it up if the join failed.
//!
//! A place becomes free by itself after some time: that of a join when it must have been killed, that of a
//! token when a sweep must have given it back.
//!
//! We ask the video server instead of waiting for its report that somebody has connected: the report would
//! cost a function call for each join, and a lost one would keep an honest user out.

use std::collections::BTreeSet;
use std::future::Future;
use std::time::Duration;

use futures_util::future::try_join_all;

use super::join_call::{JoinError, Joined};
use crate::chain;
use crate::domain::{ConnectionId, JoinId, JoinLimit, JoinTally, Timestamp, UserName};
use crate::ports::{JoinTallies, StoreError, VideoError, VideoInventory};

/// How often a change of a tally is tried. Each time, another request was faster.
const TRIES: usize = 50;

/// How long to wait if all tries failed.
const CROWDED: Duration = Duration::from_secs(1);

/// Lets `joining` go on if `user` may join now: see the rule above. `join` is new at every call.
///
/// # Errors
/// [`JoinError::TooMany`], or whatever `joining` fails with.
pub async fn limit_joins(
    tallies: &impl JoinTallies,
    video: &impl VideoInventory,
    limit: &JoinLimit,
    user: &UserName,
    join: JoinId,
    now: Timestamp,
    joining: impl Future<Output = Result<Joined, JoinError>>,
) -> Result<Joined, JoinError> {
    if limit.per_minute == 0 {
        return joining.await;
    }

    // 1. Count first.
    let begin = |tally: &JoinTally| limit.begin(tally, join, now);
    let tally = tallies.find(user).await?;
    let mut tally = admitted(change(tallies, user, tally, begin).await?)?;

    // 2. Find out which tokens were used.
    if !tally.has(join) {
        let free = used_or_gone(video, &tally).await?;
        let begin = |tally: &JoinTally| limit.begin_after(&free, tally, join, now);
        tally = admitted(change(tallies, user, tally, begin).await?)?;
    }

    // 3. Join.
    let joined = joining.await;

    // 4. Pass the place on.
    let end = |tally: &JoinTally| {
        Ok(match &joined {
            Ok(joined) => tally.joined(join, (&joined.session_id, &joined.connection.id), now),
            Err(_) => tally.failed(join),
        })
    };
    if let Err(error) = change(tallies, user, tally, end).await {
        tracing::warn!(
            error = chain(&error),
            user = user.as_str(),
            "a join keeps its place for a while"
        );
    }
    joined
}

fn admitted(change: Result<JoinTally, Duration>) -> Result<JoinTally, JoinError> {
    change.map_err(JoinError::TooMany)
}

/// Changes the tally, which was last `seen` like this. Others may do so at the same time.
async fn change(
    tallies: &impl JoinTallies,
    user: &UserName,
    mut seen: JoinTally,
    decide: impl Fn(&JoinTally) -> Result<JoinTally, Duration>,
) -> Result<Result<JoinTally, Duration>, StoreError> {
    for _ in 0..TRIES {
        let mut next = match decide(&seen) {
            Ok(next) if next == seen => return Ok(Ok(next)),
            Ok(next) => next,
            Err(wait) => return Ok(Err(wait)),
        };
        next.version = seen.version + 1;
        match tallies.replace(user, &next).await? {
            None => return Ok(Ok(next)),
            Some(current) => seen = current,
        }
    }
    Ok(Err(CROWDED))
}

/// The connections that nobody can still be about to use: they were used, or are gone.
async fn used_or_gone(
    video: &impl VideoInventory,
    tally: &JoinTally,
) -> Result<Vec<ConnectionId>, VideoError> {
    let places = tally.places.iter();
    let connections: Vec<_> = places
        .filter_map(|place| place.connection.as_ref())
        .collect();
    let sessions: BTreeSet<_> = connections.iter().map(|(session, _)| session).collect();
    let listed = try_join_all(sessions.into_iter().map(|id| video.seats(id))).await?;
    let waits = |id: &ConnectionId| {
        let mut seats = listed.iter().flatten();
        seats.any(|seats| seats.seats.get(id).is_some_and(|seat| !seat.taken))
    };
    let ids = connections.into_iter().map(|(_, id)| id);
    Ok(ids.filter(|id| !waits(id)).cloned().collect())
}
