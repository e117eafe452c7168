//! The tallies of users' joins.

use std::future::Future;

use super::StoreError;
use crate::domain::{JoinTally, UserName};

/// The tallies of users' joins. Every read sees every earlier write, from any process.
pub trait JoinTallies: Sync {
    /// The user's tally; an empty one if none is kept.
    fn find(&self, user: &UserName) -> impl Future<Output = Result<JoinTally, StoreError>> + Send;

    /// Stores `tally`, if the stored one has the version before it.
    ///
    /// Atomic. `Some`: it has another version, and this is the stored one. That may be `tally` itself, if
    /// this request was repeated after a lost answer.
    fn replace(
        &self,
        user: &UserName,
        tally: &JoinTally,
    ) -> impl Future<Output = Result<Option<JoinTally>, StoreError>> + Send;
}
