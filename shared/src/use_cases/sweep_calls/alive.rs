//! Calls that are alive, and their tokens.

use super::{CallRecords, Sweep, SweepReport, failure};
use crate::domain::SessionName;
use crate::ports::{CallInventory, StoreError, VideoInventory};
use crate::use_cases::join_call::CALL_LIFETIME;

/// Extends calls and tokens that are alive, once half of their time is over.
pub(super) async fn prolong_alive(
    sweep: &Sweep<'_, impl CallInventory, impl VideoInventory>,
    name: &SessionName,
    records: &CallRecords,
    time_is_up: &impl Fn() -> bool,
) -> SweepReport {
    match prolong(sweep.calls, sweep, records, time_is_up).await {
        Ok(()) => SweepReport::default(),
        Err(error) => failure(name, &error),
    }
}

async fn prolong<C: CallInventory, V>(
    calls: &C,
    sweep: &Sweep<'_, C, V>,
    records: &CallRecords,
    time_is_up: &impl Fn() -> bool,
) -> Result<(), StoreError> {
    let soon = sweep.now + CALL_LIFETIME / 2;
    let expires_at = sweep.now + CALL_LIFETIME;
    if let Some(session) = &records.session
        && session.expires_at < soon
        && sweep.listed.sessions.contains_key(&session.id)
    {
        let (name, id) = (&session.name, &session.id);
        calls.prolong_call(name, id, expires_at).await?;
    }
    for token in &records.tokens {
        if token.expires_at < soon && sweep.seat_of(token).is_some() {
            if time_is_up() {
                return Ok(());
            }
            let (name, token) = (&token.session_name, &token.connection.token);
            calls.prolong_token(name, token, expires_at).await?;
        }
    }
    Ok(())
}
