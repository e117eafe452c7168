//! Verbs: one rule per file, generic over the ports, and deterministic apart from them.

mod administer_users;
mod authenticate;
mod bounce_connection;
mod close_call;
mod forget_connection;
mod handle_event;
mod join_call;
mod leave_call;
mod limit_attempts;
mod limit_joins;
mod log_in;
mod log_out;
mod reconcile_call;
mod renew_login;
mod sweep_calls;

pub use administer_users::{add_user, change_user, delete_user};
pub use authenticate::{AuthenticateError, authenticate};
pub use forget_connection::ForgetError;
pub use handle_event::{HandleEventError, handle_event};
pub use join_call::{CALL_LIFETIME, JoinError, Joined, Participant, join_call};
pub use leave_call::{LeaveError, Whom, leave_call};
pub use limit_attempts::{
    ADDRESS_LIMIT, DEVICE_LIMIT, Origin, PAIR_LIMIT, PendingAttempt, USER_LIMIT, attempt_failed,
    attempt_succeeded, begin_attempt,
};
pub use limit_joins::limit_joins;
pub use log_in::{LogInAttempt, LogInError, LoggedIn, log_in};
pub use log_out::log_out;
pub use reconcile_call::ReconcileError;
pub use renew_login::renew_login;
pub use sweep_calls::{SweepReport, sweep_calls};
