//! What the rules need from the world. Each method is named by what it guarantees; its doc is the
//! contract that every implementation keeps.
//!
//! Every method is safe to repeat, unless it says otherwise: an answer may be lost on the way and the
//! request sent again.

mod calls;
mod people;
mod video;

use std::future::Future;
use std::time::Duration;

use crate::domain::Timestamp;

pub use calls::{CallInventory, CallStore, Cursor, Page, SweepRecord, TokenRecords};
pub use people::{
    Attempts, EndedLogins, HashError, LoginProofs, Logins, PasswordHashing, ProofError, Standing,
    UserAdministration, UserDirectory,
};
pub use video::{Listing, Refusal, VideoError, VideoInventory, VideoServer};

/// Where an error came from, for the log.
pub type Source = Box<dyn std::error::Error + Send + Sync>;

/// A store did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// It could not be reached, was too slow, or refused; whether the request took effect is unknown.
    #[error("the store did not answer")]
    Unavailable(#[source] Source),
    /// It refused because it has too many requests, before the request took effect.
    #[error("the store has too many requests")]
    Throttled(#[source] Source),
    /// It holds something that this program never writes.
    #[error("the store holds a record that cannot be read: {0}")]
    Unreadable(&'static str),
}

/// Waiting before something is tried again.
pub trait Backoff: Sync {
    /// Waits before the repetition of this number, counted from 1: longer each time, and for a random
    /// time, so that many who failed together do not try again together.
    fn wait(&self, repetition: usize) -> impl Future<Output = ()> + Send;
}

/// The time, for rules that have to wait.
pub trait Clock: Sync {
    /// The time now.
    fn now(&self) -> Timestamp;

    /// Waits for a random time between half of `time` and all of it: many who wait for the same thing
    /// shall not ask for it in the same moment.
    fn pause(&self, time: Duration) -> impl Future<Output = ()> + Send;
}
