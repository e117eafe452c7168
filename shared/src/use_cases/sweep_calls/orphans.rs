//! Sessions and connections of ours at the video server that are not on record.

use std::collections::BTreeSet;

use super::{Sweep, SweepReport, failure};
use crate::domain::{ConnectionId, LONGEST_JOIN, Seats, SessionId, Timestamp};
use crate::metric::Metric;
use crate::ports::{CallInventory, Page, SweepRecord, VideoError, VideoInventory};
use crate::use_cases::reconcile_call::ReconcileError;

/// What the video server has and the records know: no orphans.
#[derive(Default)]
pub(super) struct OnRecord {
    sessions: BTreeSet<SessionId>,
    connections: BTreeSet<ConnectionId>,
}

impl OnRecord {
    /// Is this session on record, and at the server?
    pub(super) fn has_session(&self, id: &SessionId) -> bool {
        self.sessions.contains(id)
    }

    /// Notes only what the server has, so that this grows with the server and not with the records.
    pub(super) fn note<C, V>(&mut self, page: &Page, sweep: &Sweep<'_, C, V>) {
        let sessions = page.sessions.iter().map(|session| &session.id);
        let sessions = sessions.filter(|id| sweep.listed.sessions.contains_key(*id));
        self.sessions.extend(sessions.cloned());
        let tokens = page.tokens.iter();
        let tokens = tokens.filter(|token| sweep.seat_of(token).is_some());
        self.connections
            .extend(tokens.map(|token| token.connection.id.clone()));
    }
}

/// Ends orphans. Begins after the session where the last sweep stopped, so that all get their turn.
/// If time runs out, `record` says where.
pub(super) async fn end_orphans(
    sweep: &Sweep<'_, impl CallInventory, impl VideoInventory>,
    on_record: &OnRecord,
    record: &mut SweepRecord,
    report: &mut SweepReport,
    time_is_up: &impl Fn() -> bool,
) {
    let since = record.since;
    let after = record.orphans_after.clone();
    // Nobody else's session is ever touched.
    let listed = sweep.listed.sessions.iter();
    let ours = listed.filter(|(id, _)| id.is_of(sweep.installation));
    let (earlier, later): (Vec<_>, Vec<_>) = ours.partition(|(id, _)| Some(*id) <= after.as_ref());
    for (id, seats) in later.into_iter().chain(earlier) {
        if time_is_up() {
            report.mark_incomplete();
            return;
        }
        *report += look_at(sweep, id, seats, on_record, since, time_is_up).await;
        record.orphans_after = Some(id.clone());
    }
    if time_is_up() {
        // Perhaps in the middle of the last one.
        report.mark_incomplete();
        return;
    }
    record.orphans_after = None;
}

async fn look_at(
    sweep: &Sweep<'_, impl CallInventory, impl VideoInventory>,
    id: &SessionId,
    seats: &Seats,
    on_record: &OnRecord,
    since: Timestamp,
    time_is_up: &impl Fn() -> bool,
) -> SweepReport {
    let mut report = SweepReport::default();
    // Anything made before `since` may have had a record that was lost or has expired. People may be
    // in it.
    let can_be_orphan =
        |made_at: Timestamp| made_at >= since + LONGEST_JOIN && made_at + LONGEST_JOIN <= sweep.now;
    let seats_of_ours = seats.seats.iter().filter(|(_, seat)| seat.ours);
    // Where a connection is listed only once somebody has connected, its token was on record by then.
    let listed_late = !sweep.video.unlisted_for().is_zero();
    let suspects: Vec<_> = seats_of_ours
        .filter(|(connection, seat)| {
            let made_at = seat.created_at;
            let can_be_orphan = can_be_orphan(made_at) || listed_late && made_at >= since;
            can_be_orphan && !on_record.connections.contains(*connection)
        })
        .map(|(connection, _)| connection)
        .collect();
    let is_suspect = if on_record.has_session(id) {
        !suspects.is_empty()
    } else {
        can_be_orphan(seats.created_at) || listed_late && !suspects.is_empty()
    };
    if is_suspect && let Err(error) = end_all(sweep, id, &suspects, &mut report, time_is_up).await {
        report += failure(id.session_name(), &error);
    }
    report
}

/// Reads the records again, because they may be newer than the page. Then ends the whole session,
/// or single connections. One that cannot be ended, as whom a dead node has left behind, does not keep
/// the others.
async fn end_all(
    sweep: &Sweep<'_, impl CallInventory, impl VideoInventory>,
    id: &SessionId,
    suspects: &[&ConnectionId],
    report: &mut SweepReport,
    time_is_up: &impl Fn() -> bool,
) -> Result<(), ReconcileError> {
    let name = id.session_name();
    let tokens = sweep.calls.tokens(name).await?;
    if tokens.unreadable > 0 {
        // An unreadable token may belong to any of these.
        return Ok(());
    }
    let mut tokens = tokens.readable;
    tokens.retain(|token| sweep.counts(token));
    let session = sweep.calls.find(name, sweep.now).await?;
    let in_use = session.is_some_and(|session| session.id == *id)
        || tokens.iter().any(|token| token.session_id == *id);
    if !in_use {
        sweep.video.close(id).await?;
        report.add(Metric::OrphansDeleted, 1);
        return Ok(());
    }
    let mut outcome = Ok(());
    for suspect in suspects {
        if tokens.iter().any(|token| token.connection.id == **suspect) {
            continue;
        }
        if time_is_up() {
            break;
        }
        match sweep.video.evict(id, suspect).await {
            Ok(was_there) => report.add(Metric::OrphansDeleted, usize::from(was_there)),
            Err(error @ VideoError::Transient(_)) => outcome = Err(error.into()),
            Err(error) => return Err(error.into()),
        }
    }
    outcome
}
