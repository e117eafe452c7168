//! What users' joins have left behind.

use std::future::Future;

use super::StoreError;
use crate::domain::{JoinTally, UserName};

/// What users' joins have left behind. Every read sees every earlier write, from any process.
pub trait JoinTallies: Sync {
    /// The user's tally; an empty one if none is kept.
    fn find(&self, user: &UserName) -> impl Future<Output = Result<JoinTally, StoreError>> + Send;

    /// Keeps `tally`, if the one that is kept is of the version before.
    ///
    /// Atomic. `Some`: it is not, and this is the one that is kept; perhaps `tally` itself, if this request
    /// was repeated after a lost answer.
    fn replace(
        &self,
        user: &UserName,
        tally: &JoinTally,
    ) -> impl Future<Output = Result<Option<JoinTally>, StoreError>> + Send;
}
