//! Tokens that nobody has used.

use std::collections::BTreeMap;

use super::{CallRecords, Sweep, SweepReport, failure};
use crate::domain::{SessionId, SessionName, TokenRecord, UNUSED_FOR};
use crate::metric::Metric;
use crate::ports::{CallInventory, VideoInventory};
use crate::use_cases::join_call::Participant;
use crate::use_cases::leave_call::{LeaveError, Whom, leave_call};

/// How many tokens are given back before the video server is asked again who has connected meanwhile.
const BATCH: usize = 10;

/// Gives back, as a leave does, the tokens that nobody has used for too long.
pub(super) async fn give_back_unused(
    sweep: &Sweep<'_, impl CallInventory, impl VideoInventory>,
    name: &SessionName,
    records: &CallRecords,
    time_is_up: &impl Fn() -> bool,
) -> SweepReport {
    let mut report = SweepReport::default();
    let mut unused: BTreeMap<&SessionId, Vec<&TokenRecord>> = BTreeMap::new();
    for token in &records.tokens {
        let is_unused = sweep.seat_of(token).is_some_and(|seat| !seat.taken);
        // If this token has expired, those of people in the call may have too, and a leave would
        // close it. The next sweep finds all of them extended.
        let is_current = token.expires_at > sweep.now;
        if is_unused && is_current && token.issued_at + UNUSED_FOR <= sweep.now {
            unused.entry(&token.session_id).or_default().push(token);
        }
    }
    for (session, tokens) in unused {
        if let Err(error) = give_back(sweep, session, &tokens, time_is_up, &mut report).await {
            report += failure(name, &error);
        }
    }
    report
}

/// Gives back those of one session's tokens that still nobody has used: one request for each batch of
/// them, and then one for each token.
async fn give_back(
    sweep: &Sweep<'_, impl CallInventory, impl VideoInventory>,
    session: &SessionId,
    tokens: &[&TokenRecord],
    time_is_up: &impl Fn() -> bool,
    report: &mut SweepReport,
) -> Result<(), LeaveError> {
    let mut seats = None;
    for (number, token) in tokens.iter().enumerate() {
        if time_is_up() {
            break;
        }
        if number % BATCH == 0 {
            seats = sweep.video.seats(session).await?;
        }
        let seats = seats.as_ref();
        let seat = seats.and_then(|seats| seats.seats.get(&token.connection.id));
        if seat.is_some_and(|seat| seat.taken) {
            continue;
        }
        let holder = Participant {
            user: token.user.clone(),
            role: token.role,
            nickname: None,
        };
        let whom = Whom::Token(token.connection.token.clone());
        let (calls, video) = (sweep.calls, sweep.video);
        match leave_call(calls, video, &holder, &token.session_name, &whom, sweep.now).await {
            Ok(()) => report.add(Metric::TokensGivenBack, 1),
            // Somebody else was faster.
            Err(LeaveError::TokenNotFound) => (),
            Err(error) => return Err(error),
        }
    }
    Ok(())
}
