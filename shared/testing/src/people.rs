//! People, their logins, their attempts to log in and their joins, in memory, and a clock.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use shared::domain::{
    Account, Admission, Counter, Generation, JoinTally, KnownDevices, Limit, LoginId, Outcome,
    PasswordHash, Place, Tally, Timestamp, User, UserChange, UserName,
};
use shared::ports::{
    Attempts, Clock, EndedLogins, JoinTallies, Logins, Standing, StoreError, UserAdministration,
    UserDirectory,
};

/// People and their ended logins in memory.
#[derive(Debug, Default)]
pub struct MemoryPeople {
    accounts: Mutex<BTreeMap<UserName, Account>>,
    revoked: Mutex<BTreeSet<String>>,
}

impl MemoryPeople {
    /// These people and no others.
    pub fn new(accounts: impl IntoIterator<Item = Account>) -> Self {
        let accounts = accounts
            .into_iter()
            .map(|account| (account.user.name.clone(), account));
        Self {
            accounts: Mutex::new(accounts.collect()),
            revoked: Mutex::default(),
        }
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<UserName, Account>> {
        self.accounts.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn revoked(&self) -> MutexGuard<'_, BTreeSet<String>> {
        self.revoked.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl UserDirectory for MemoryPeople {
    async fn find(&self, name: &UserName) -> Result<Option<Account>, StoreError> {
        Ok(self.lock().get(name).cloned())
    }

    async fn rehash(
        &self,
        name: &UserName,
        old: &PasswordHash,
        new: &PasswordHash,
    ) -> Result<bool, StoreError> {
        match self.lock().get_mut(name) {
            Some(account) if account.password_hash == *old => {
                account.password_hash = new.clone();
                Ok(true)
            }
            Some(_) | None => Ok(false),
        }
    }

    async fn remember(
        &self,
        account: &Account,
        devices: &KnownDevices,
    ) -> Result<bool, StoreError> {
        let mut accounts = self.lock();
        let found = accounts.get_mut(&account.user.name).filter(|found| {
            found.user.generation == account.user.generation && found.devices == account.devices
        });
        let is_same = found.is_some();
        if let Some(found) = found {
            found.devices = devices.clone();
        }
        Ok(is_same)
    }
}

impl UserAdministration for MemoryPeople {
    async fn add(&self, account: &Account, _now: Timestamp) -> Result<bool, StoreError> {
        let mut accounts = self.lock();
        let is_new = !accounts.contains_key(&account.user.name);
        if is_new {
            accounts.insert(account.user.name.clone(), account.clone());
        }
        Ok(is_new)
    }

    async fn change(
        &self,
        name: &UserName,
        change: &UserChange,
        generation: Option<Generation>,
        _now: Timestamp,
    ) -> Result<bool, StoreError> {
        let mut accounts = self.lock();
        let Some(Account {
            user,
            password_hash,
            devices,
        }) = accounts.get_mut(name)
        else {
            return Ok(false);
        };
        match change {
            UserChange::Password(hash) => *password_hash = hash.clone(),
            UserChange::Role(role) => user.role = *role,
            UserChange::Disabled(disabled) => user.disabled = *disabled,
            UserChange::Moderates(call) => {
                user.moderates.insert(call.clone());
            }
            UserChange::NoLongerModerates(call) => {
                user.moderates.remove(call);
            }
        }
        if let Some(generation) = generation {
            user.generation = generation;
            *devices = KnownDevices::default();
        }
        Ok(true)
    }

    async fn remove(&self, name: &UserName) -> Result<bool, StoreError> {
        Ok(self.lock().remove(name).is_some())
    }

    async fn all(&self) -> Result<Vec<User>, StoreError> {
        let accounts = self.lock();
        Ok(accounts
            .values()
            .map(|account| account.user.clone())
            .collect())
    }
}

impl EndedLogins for MemoryPeople {
    async fn revoke(&self, id: &LoginId, _until: Timestamp) -> Result<(), StoreError> {
        self.revoked().insert(id.as_str().to_owned());
        Ok(())
    }
}

impl Logins for MemoryPeople {
    async fn standing(&self, id: &LoginId, user: &UserName) -> Result<Standing, StoreError> {
        Ok(Standing {
            revoked: self.revoked().contains(id.as_str()),
            user: self.lock().get(user).map(|account| account.user.clone()),
        })
    }
}

/// Attempts to log in, in memory.
#[derive(Debug, Default)]
pub struct MemoryAttempts {
    tallies: Mutex<HashMap<Counter, Tally>>,
}

impl MemoryAttempts {
    /// How many attempts are counted.
    pub fn failures(&self, counter: &Counter) -> u32 {
        self.lock().get(counter).map_or(0, |tally| tally.failures)
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Counter, Tally>> {
        self.tallies.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Attempts for MemoryAttempts {
    async fn begin(
        &self,
        counter: &Counter,
        limit: &Limit,
        now: Timestamp,
    ) -> Result<Admission, StoreError> {
        let mut tallies = self.lock();
        let before = tallies.get(counter).copied();
        Ok(match limit.begin(before, now) {
            Err(refusal) => Admission::Refused(refusal),
            Ok((tally, place)) => {
                tallies.insert(counter.clone(), tally);
                Admission::Admitted(place)
            }
        })
    }

    async fn end(
        &self,
        counter: &Counter,
        limit: &Limit,
        _place: Place,
        outcome: Outcome,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        if let Some(tally) = self.lock().get_mut(counter) {
            *tally = limit.end(*tally, outcome, now);
        }
        Ok(())
    }
}

/// The tallies of users' joins, in memory.
#[derive(Debug, Default)]
pub struct MemoryJoinTallies {
    tallies: Mutex<HashMap<UserName, JoinTally>>,
}

impl MemoryJoinTallies {
    fn lock(&self) -> MutexGuard<'_, HashMap<UserName, JoinTally>> {
        self.tallies.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl JoinTallies for MemoryJoinTallies {
    async fn find(&self, user: &UserName) -> Result<JoinTally, StoreError> {
        Ok(self.lock().get(user).cloned().unwrap_or_default())
    }

    async fn replace(
        &self,
        user: &UserName,
        tally: &JoinTally,
    ) -> Result<Option<JoinTally>, StoreError> {
        let mut tallies = self.lock();
        let current = tallies.get(user).cloned().unwrap_or_default();
        if current.version + 1 != tally.version {
            return Ok(Some(current));
        }
        tallies.insert(user.clone(), tally.clone());
        Ok(None)
    }
}

/// A clock that stands still, but for pauses: those take no time and put it forward.
#[derive(Debug)]
pub struct SimulatedClock(AtomicU64);

impl SimulatedClock {
    pub const fn new(now: Timestamp) -> Self {
        Self(AtomicU64::new(now.unix_seconds() * 1000))
    }

    /// Advances the clock.
    pub fn advance(&self, time: Duration) {
        let milliseconds = u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
        self.0.fetch_add(milliseconds, Ordering::SeqCst);
    }
}

impl Clock for SimulatedClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_unix_seconds(self.0.load(Ordering::SeqCst) / 1000)
    }

    async fn pause(&self, time: Duration) {
        self.advance(time);
        // Let others run.
        tokio::task::yield_now().await;
    }
}
