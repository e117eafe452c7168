//! What the rules need from the world. The documentation of each method is the contract for all
//! implementations.
//!
//! Every method is safe to repeat unless it says otherwise, because an answer may get lost and the
//! request be sent again.

mod calls;
mod joins;
mod people;
mod video;

use std::future::Future;
use std::time::Duration;

use crate::domain::Timestamp;

pub use calls::{CallInventory, CallStore, Cursor, Page, SweepRecord, TokenRecords};
pub use joins::JoinTallies;
pub use people::{
    Attempts, EndedLogins, HashError, LoginProofs, Logins, PasswordHashing, ProofError, Standing,
    UserAdministration, UserDirectory,
};
pub use video::{Listing, Refusal, VideoError, VideoInventory, VideoServer};

/// The cause of an error, for the log.
pub type Source = Box<dyn std::error::Error + Send + Sync>;

/// The store failed.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// It could not be reached, was too slow, or refused. It is unknown whether the request took
    /// effect.
    #[error("the store did not answer")]
    Unavailable(#[source] Source),
    /// It refused the request because it has too many. The request had no effect.
    #[error("the store has too many requests")]
    Throttled(#[source] Source),
    /// It contains something that this program never writes.
    #[error("the store holds a record that cannot be read: {0}")]
    Unreadable(&'static str),
}

/// Waiting before a repetition.
pub trait Backoff: Sync {
    /// Waits before the repetition with this number, counted from 1. Each wait is longer, and
    /// random, so that many callers that failed together do not try again together.
    fn wait(&self, repetition: usize) -> impl Future<Output = ()> + Send;
}

/// The time, for rules that have to wait.
pub trait Clock: Sync {
    fn now(&self) -> Timestamp;

    /// Waits for a random time between half of `time` and all of it, so that many who wait for the
    /// same thing do not ask for it at the same moment.
    fn pause(&self, time: Duration) -> impl Future<Output = ()> + Send;
}
