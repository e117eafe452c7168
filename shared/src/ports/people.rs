//! People who may log in, their logins, and their passwords.

use std::future::Future;

use super::{Source, StoreError};
use crate::domain::{
    Account, Admission, Counter, Generation, KnownDevices, Limit, Login, LoginId, Outcome,
    Password, PasswordHash, Place, Timestamp, User, UserChange, UserName,
};

/// A proof of a login could not be signed.
#[derive(Debug, thiserror::Error)]
#[error("the login could not be signed")]
pub struct ProofError(#[source] pub Source);

/// The people who may log in.
pub trait UserDirectory: Sync {
    fn find(
        &self,
        name: &UserName,
    ) -> impl Future<Output = Result<Option<Account>, StoreError>> + Send;

    /// Stores a new hash of the same password, if `old` is still stored.
    ///
    /// Atomic. `false`: the password has been changed meanwhile, and stays changed.
    fn rehash(
        &self,
        name: &UserName,
        old: &PasswordHash,
        new: &PasswordHash,
    ) -> impl Future<Output = Result<bool, StoreError>> + Send;

    /// Stores these as the devices of `account`, if neither they nor the generation has changed
    /// since it was read.
    ///
    /// Atomic. `false`: one of them has changed, or this request was repeated after a lost answer.
    fn remember(
        &self,
        account: &Account,
        devices: &KnownDevices,
    ) -> impl Future<Output = Result<bool, StoreError>> + Send;
}

/// Changing who may log in.
pub trait UserAdministration: UserDirectory {
    /// Adds a user. `false`: there is a user with that name, who stays as they are.
    fn add(
        &self,
        account: &Account,
        now: Timestamp,
    ) -> impl Future<Output = Result<bool, StoreError>> + Send;

    /// Changes a user's record. A new `generation` ends their logins in the same step.
    ///
    /// `false`: there is no such user.
    fn change(
        &self,
        name: &UserName,
        change: &UserChange,
        generation: Option<Generation>,
        now: Timestamp,
    ) -> impl Future<Output = Result<bool, StoreError>> + Send;

    /// Removes a user, and their logins with the record. `false`: there was no such user.
    fn remove(&self, name: &UserName) -> impl Future<Output = Result<bool, StoreError>> + Send;

    /// All users, sorted by name.
    fn all(&self) -> impl Future<Output = Result<Vec<User>, StoreError>> + Send;
}

/// Logins that were ended.
pub trait EndedLogins: Sync {
    /// Ends a login. The record stays until `until`, when the last renewal would have expired.
    fn revoke(
        &self,
        id: &LoginId,
        until: Timestamp,
    ) -> impl Future<Output = Result<(), StoreError>> + Send;
}

/// Whether logins are still valid. Every read sees all earlier writes of all processes.
pub trait Logins: Sync {
    /// Everything that decides whether the login `id` of `user` is still valid, in one request.
    fn standing(
        &self,
        id: &LoginId,
        user: &UserName,
    ) -> impl Future<Output = Result<Standing, StoreError>> + Send;
}

/// Everything that decides whether a login is still valid.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    /// The login was ended.
    pub revoked: bool,
    /// The user, unless they were removed.
    pub user: Option<User>,
}

/// Counts attempts to log in. Every count sees all earlier ones of all processes.
///
/// After a lost answer and a repeated request, a counter may be off by one in either direction.
pub trait Attempts: Sync {
    /// Begins an attempt, which is pending from now on, unless `limit` refuses it.
    ///
    /// Atomic: however many begin at once, no more are pending or have failed than `limit` allows.
    fn begin(
        &self,
        counter: &Counter,
        limit: &Limit,
        now: Timestamp,
    ) -> impl Future<Output = Result<Admission, StoreError>> + Send;

    /// Ends the attempt at this place.
    fn end(
        &self,
        counter: &Counter,
        limit: &Limit,
        place: Place,
        outcome: Outcome,
        now: Timestamp,
    ) -> impl Future<Output = Result<(), StoreError>> + Send;
}

/// A password could not be hashed.
#[derive(Debug, thiserror::Error)]
#[error("the password could not be hashed")]
pub struct HashError(#[source] pub Source);

/// Compares passwords with their hashes.
pub trait PasswordHashing: Sync {
    /// Is `hash` the hash of `password`?
    ///
    /// `None` (nobody's hash) is never true and takes as much work as a real one.
    fn matches(&self, password: &Password, hash: Option<&PasswordHash>) -> bool;

    /// Does `hash` take less work than a new one would?
    fn is_outdated(&self, hash: &PasswordHash) -> bool;

    /// Hashes a password with a new salt.
    ///
    /// # Errors
    /// [`HashError`] if the system has no randomness or no memory.
    fn hash(&self, password: &Password) -> Result<PasswordHash, HashError>;
}

/// Makes and verifies proofs of logins.
pub trait LoginProofs: Sync {
    /// Makes a proof of a login.
    ///
    /// # Errors
    /// [`ProofError`] if it could not be signed.
    fn prove(&self, login: &Login) -> Result<String, ProofError>;

    /// Verifies a proof. `None` if it was forged, has expired at `now`, or is not a proof at all.
    fn read(&self, proof: &str, now: Timestamp) -> Option<Login>;
}
