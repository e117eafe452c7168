//! People who may log in, their logins, and their passwords.

use std::future::Future;

use super::{Source, StoreError};
use crate::domain::{
    Account, Admission, Counter, Generation, KnownDevices, Limit, Login, LoginId, Outcome,
    Password, PasswordHash, Place, Timestamp, User, UserChange, UserName,
};

/// A login could not be proved.
#[derive(Debug, thiserror::Error)]
#[error("the login could not be signed")]
pub struct ProofError(#[source] pub Source);

/// The people who may log in.
pub trait UserDirectory: Sync {
    /// The user's record.
    fn find(
        &self,
        name: &UserName,
    ) -> impl Future<Output = Result<Option<Account>, StoreError>> + Send;

    /// Keeps the same password under another hash, if it is still kept under `old`.
    ///
    /// Atomic. `false`: it has been changed meanwhile, and stays changed.
    fn rehash(
        &self,
        name: &UserName,
        old: &PasswordHash,
        new: &PasswordHash,
    ) -> impl Future<Output = Result<bool, StoreError>> + Send;

    /// Keeps these as the devices of `account`, if neither they nor the generation has changed since it was
    /// read.
    ///
    /// Atomic. `false`: one of them has, or this request was repeated after a lost answer.
    fn remember(
        &self,
        account: &Account,
        devices: &KnownDevices,
    ) -> impl Future<Output = Result<bool, StoreError>> + Send;
}

/// Changing who may log in.
pub trait UserAdministration: UserDirectory {
    /// Adds a user; `false`: there is one by that name, and it stays as it is.
    fn add(
        &self,
        account: &Account,
        now: Timestamp,
    ) -> impl Future<Output = Result<bool, StoreError>> + Send;

    /// Changes a user's record, and in the same step ends their logins if there is a new `generation`.
    ///
    /// `false`: there is no such user.
    fn change(
        &self,
        name: &UserName,
        change: &UserChange,
        generation: Option<Generation>,
        now: Timestamp,
    ) -> impl Future<Output = Result<bool, StoreError>> + Send;

    /// Removes a user, and with the record their logins; `false`: there was no such user.
    fn remove(&self, name: &UserName) -> impl Future<Output = Result<bool, StoreError>> + Send;

    /// Everybody, by name.
    fn all(&self) -> impl Future<Output = Result<Vec<User>, StoreError>> + Send;
}

/// Logins that were ended.
pub trait EndedLogins: Sync {
    /// Ends a login; kept until `until`, when the last of its renewals would have ended by itself.
    fn revoke(
        &self,
        id: &LoginId,
        until: Timestamp,
    ) -> impl Future<Output = Result<(), StoreError>> + Send;
}

/// Whether logins still stand. Every read sees every earlier write, from any process.
pub trait Logins: Sync {
    /// All that decides whether the login `id` of `user` stands, in one request.
    fn standing(
        &self,
        id: &LoginId,
        user: &UserName,
    ) -> impl Future<Output = Result<Standing, StoreError>> + Send;
}

/// All that decides whether a login stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    /// It was ended.
    pub revoked: bool,
    /// The user, if there still is one.
    pub user: Option<User>,
}

/// Counts attempts to log in. Every count sees every earlier one, from any process.
///
/// After a lost answer and a repeated request, what a counter holds may be off by one in either direction.
pub trait Attempts: Sync {
    /// Begins an attempt, which is pending from now on, unless `limit` refuses it.
    ///
    /// Atomic: however many begin at once, no more are pending or have failed than `limit` lets.
    fn begin(
        &self,
        counter: &Counter,
        limit: &Limit,
        now: Timestamp,
    ) -> impl Future<Output = Result<Admission, StoreError>> + Send;

    /// Ends the attempt that has this place.
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
    /// `None` (nobody's hash) is never true and takes the same work as a real one.
    fn matches(&self, password: &Password, hash: Option<&PasswordHash>) -> bool;

    /// Does `hash` take less work than a new one would?
    fn is_outdated(&self, hash: &PasswordHash) -> bool;

    /// Hashes a password with a new salt.
    ///
    /// # Errors
    /// [`HashError`] if the system has no randomness or no memory.
    fn hash(&self, password: &Password) -> Result<PasswordHash, HashError>;
}

/// The text that proves a login.
pub trait LoginProofs: Sync {
    /// Proves a login.
    ///
    /// # Errors
    /// [`ProofError`] if it could not be signed.
    fn prove(&self, login: &Login) -> Result<String, ProofError>;

    /// Reads a proof; `None` if it was forged, has ended by `now`, or is not one at all.
    fn read(&self, proof: &str, now: Timestamp) -> Option<Login>;
}
