//! Tokens on record whose connection is gone, and calls on record that nobody is in.

use super::{CallRecords, Sweep, SweepReport, failure};
use crate::domain::{LONGEST_JOIN, SessionName, TokenRecord};
use crate::metric::Metric;
use crate::ports::{CallInventory, VideoInventory, VideoServer};
use crate::use_cases::reconcile_call::{Evidence, reconcile};

/// Reconciles a call that has a lost token, or that has none and that nobody can still be opening.
pub(super) async fn forget_lost(
    sweep: &Sweep<'_, impl CallInventory, impl VideoInventory>,
    name: &SessionName,
    records: &CallRecords,
    time_is_up: &impl Fn() -> bool,
) -> SweepReport {
    let mut report = SweepReport::default();
    let tokens = records.tokens.iter();
    let lost: Vec<_> = tokens
        .filter(|token| sweep.now - token.issued_at >= sweep.video.unlisted_for())
        .filter(|token| sweep.seat_of(token).is_none())
        .collect();
    let opening = records.session.as_ref();
    let opening = opening.is_some_and(|session| session.is_being_opened(sweep.now));
    if lost.is_empty() && (opening || !records.tokens.is_empty()) {
        return report;
    }
    let evidence = evidence(sweep, &lost);
    let (calls, video) = (sweep.calls, sweep.video);
    match reconcile(calls, video, name, None, sweep.now, &evidence, time_is_up).await {
        Ok(reconciled) => {
            report.add(Metric::TokensForgotten, reconciled.tokens_forgotten);
            report.add(Metric::CallsClosed, usize::from(reconciled.closed));
        }
        Err(error) => report += failure(name, &error),
    }
    report
}

/// The list is evidence enough for a token that is older than any join can last. For a younger one, for one
/// whose session could not be read in the list, and for one whose connection may have come back since, the
/// video server is asked again.
fn evidence<'a, C, V: VideoServer>(sweep: &Sweep<'a, C, V>, lost: &[&TokenRecord]) -> Evidence<'a> {
    let made_until = sweep.now - LONGEST_JOIN;
    let may_be_back = !sweep.video.unlisted_for().is_zero();
    let is_proved = |token: &&TokenRecord| {
        token.issued_at <= made_until && !sweep.listed.unreadable.contains(&token.session_id)
    };
    if !may_be_back && lost.iter().all(is_proved) {
        Evidence::Listed {
            sessions: &sweep.listed.sessions,
            made_until,
        }
    } else {
        Evidence::Asked
    }
}
