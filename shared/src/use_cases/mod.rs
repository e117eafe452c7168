//! Verbs: one file, one rule. Generic over the ports, deterministic given them.

mod authenticate;
mod forget_connection;
mod join_call;
mod leave_call;
mod log_in;
mod log_out;
mod reconcile_call;
mod sweep_calls;

pub use authenticate::{AuthenticateError, authenticate};
pub use forget_connection::{ForgetError, forget_connection};
pub use join_call::{CALL_LIFETIME, JoinError, Joined, Participant, join_call};
pub use leave_call::{LeaveError, Whom, leave_call};
pub use log_in::{LogInError, log_in};
pub use log_out::log_out;
pub use reconcile_call::{ReconcileError, Reconciled, reconcile_call};
pub use sweep_calls::{SweepReport, sweep_calls};
