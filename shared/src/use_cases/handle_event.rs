//! The rule "the video server has reported something".
//!
//! 1. Somebody has connected: end the connection unless it is on record (see `bounce_connection`).
//! 2. A connection has ended for good: forget it (see `forget_connection`).
//! 3. A session has ended: reconcile what is on record of it (see `reconcile_call`). The report may be
//!    late, and the same session may have been made again: what the server has now counts.
//!
//! All act on nothing but the session that the event names.

use super::bounce_connection::bounce_connection;
use super::forget_connection::{ForgetError, forget_connection};
use super::reconcile_call::{ReconcileError, reconcile_call};
use crate::domain::{Timestamp, VideoEvent};
use crate::ports::{CallInventory, VideoInventory};

/// Why an event had no effect.
#[derive(Debug, thiserror::Error)]
pub enum HandleEventError {
    /// A connection was not forgotten.
    #[error(transparent)]
    Forget(#[from] ForgetError),
    /// A session was not reconciled, or a connection that is not on record was not ended.
    #[error(transparent)]
    Reconcile(#[from] ReconcileError),
}

/// Handles an event: see the rule above. It may be repeated.
///
/// # Errors
/// [`HandleEventError`]; the sweep does what was not done.
pub async fn handle_event(
    calls: &impl CallInventory,
    video: &impl VideoInventory,
    event: &VideoEvent,
    now: Timestamp,
) -> Result<(), HandleEventError> {
    match event {
        // 1. Somebody has connected.
        VideoEvent::Joined(session, connection) => {
            bounce_connection(calls, video, session, connection, now).await?;
        }
        // 2. A connection has ended.
        VideoEvent::Left(session, connection) => {
            forget_connection(calls, video, session, connection, now).await?;
        }
        // 3. A session has ended.
        VideoEvent::Ended(session) => {
            reconcile_call(calls, video, session, now).await?;
        }
    }
    Ok(())
}
