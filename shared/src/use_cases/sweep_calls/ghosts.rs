//! Participants whose connection was reset. The video server keeps them until it has to send them
//! something.

use std::future::ready;
use std::time::Duration;

use futures_util::stream::{self, StreamExt};

use super::orphans::OnRecord;
use super::{AT_ONCE, Sweep, SweepReport, failure};
use crate::domain::{Seats, Timestamp};
use crate::ports::{CallInventory, VideoInventory};

/// How long after the last connection a session is first nudged, and the time between nudges.
const QUIET: Duration = Duration::from_secs(600);

/// Longer than the time between two sweeps, so that one of them falls into it.
const WINDOW: Duration = Duration::from_secs(90);

/// Nudges the sessions on record in which nobody has connected for a long time.
///
/// A new connection makes the server notify all others, so it notices their ghosts anyway.
pub(super) async fn notice_ghosts(
    sweep: &Sweep<'_, impl CallInventory, impl VideoInventory>,
    on_record: &OnRecord,
    report: &mut SweepReport,
    time_is_up: &impl Fn() -> bool,
) {
    let due: Vec<_> = sweep
        .listed
        .sessions
        .iter()
        .filter(|(id, seats)| on_record.has_session(id) && is_due(seats, sweep.now))
        .map(|(id, _)| id.clone())
        .collect();
    let mut nudged = stream::iter(due)
        .take_while(|_| ready(!time_is_up()))
        .map(async |id| (sweep.video.nudge(&id).await, id))
        .buffer_unordered(AT_ONCE);
    while let Some((answer, id)) = nudged.next().await {
        if let Err(error) = answer {
            *report += failure(id.session_name(), &error);
        }
    }
}

/// Depends only on the time, so that nobody has to remember what was nudged.
fn is_due(seats: &Seats, now: Timestamp) -> bool {
    let taken = seats.seats.values().filter(|seat| seat.taken);
    let Some(newest) = taken.map(|seat| seat.created_at).max() else {
        return false;
    };
    let age = (now - newest).as_secs();
    age >= QUIET.as_secs() && age % QUIET.as_secs() < WINDOW.as_secs()
}
