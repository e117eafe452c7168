//! Secrets that may change while a function runs, and the values that are made from them.

use crate::chain;
use std::error::Error;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::Duration;

use futures_util::future::{BoxFuture, join_all};
use secrecy::{ExposeSecret, SecretString};
use tokio::sync::Mutex as AsyncMutex;
use tokio::time::Instant;

use crate::deadline::Deadline;
use crate::domain::{Login, Timestamp};
use crate::ports::{LoginProofs, ProofError, Source};

/// How long secrets are used before checking whether they have changed.
pub const FRESH: Duration = Duration::from_secs(5 * 60);

/// How soon to read them again after a failure.
const RETRY: Duration = Duration::from_secs(30);

/// How long secrets serve after they were last read, while they cannot be read again.
const STALE: Duration = Duration::from_secs(60 * 60);

/// A secret that was refused is read again at most this often.
const REFUSED_RETRY: Duration = Duration::from_secs(1);

/// A store of secrets.
pub trait SecretStore: Send + Sync {
    /// Reads the secret `id`.
    fn read<'a>(&'a self, id: &'a str) -> BoxFuture<'a, Result<SecretString, Source>>;
}

/// A secret could not be read.
#[derive(thiserror::Error)]
#[error("could not read the secret that {name}_ARN names")]
pub struct SecretError {
    name: &'static str,
    #[source]
    source: Source,
}

/// A function that cannot start prints its error in this form.
impl fmt::Debug for SecretError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&chain(self))
    }
}

/// The secrets could not be read for so long that the old ones must no longer be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the secrets could not be read for an hour")]
pub struct SecretsExpired;

/// The secrets of a function, from a [`SecretStore`]. Clones share them.
#[derive(Clone, Default)]
pub struct Secrets(Option<Arc<Shared>>);

struct Shared {
    store: Box<dyn SecretStore>,
    fresh: Duration,
    secrets: Vec<Secret>,
    state: AsyncMutex<State>,
}

struct Secret {
    name: &'static str,
    id: String,
    text: Mutex<SecretString>,
    /// The values made from it.
    values: Mutex<Vec<Update>>,
}

/// Makes a value again from a secret's new text.
type Update = Box<dyn Fn(&str) -> Result<(), Source> + Send + Sync>;

struct State {
    /// When the last reading of all secrets began.
    tried_at: Instant,
    /// When the last one that succeeded began.
    read_at: Instant,
    /// When a single secret was last read again because it was refused.
    refused_at: Option<Instant>,
}

impl Secrets {
    /// Reads the secrets `named` (names with their ids in `store`) for the first time, all at once.
    /// They are read again when they are `fresh` old.
    ///
    /// # Errors
    /// [`SecretError`]
    pub async fn read(
        store: impl SecretStore + 'static,
        named: Vec<(&'static str, String)>,
        fresh: Duration,
    ) -> Result<Self, SecretError> {
        let read_at = Instant::now();
        let read = named.into_iter().map(async |(name, id)| {
            let text = read(&store, name, &id).await?;
            Ok(Secret {
                name,
                id,
                text: Mutex::new(text),
                values: Mutex::default(),
            })
        });
        let secrets: Result<Vec<_>, _> = join_all(read).await.into_iter().collect();
        Ok(Self(Some(Arc::new(Shared {
            secrets: secrets?,
            store: Box::new(store),
            fresh,
            state: AsyncMutex::new(State {
                tried_at: read_at,
                read_at,
                refused_at: None,
            }),
        }))))
    }

    /// The secret `name`, if it is kept here.
    pub fn get(&self, name: &str) -> Option<SecretString> {
        Some(lock(&self.find(name)?.1.text).clone())
    }

    /// Makes a value of the secret `name` with `parse`, now and whenever the secret changes. `None`
    /// if there is no such secret.
    ///
    /// # Errors
    /// Those of `parse`.
    pub fn reloading<T, E>(
        &self,
        name: &str,
        parse: fn(&str) -> Result<T, E>,
    ) -> Option<Result<Reloading<T>, E>>
    where
        T: Send + Sync + 'static,
        E: Error + Send + Sync + 'static,
    {
        let (shared, secret) = self.find(name)?;
        let value = match parse(lock(&secret.text).expose_secret()) {
            Ok(value) => Arc::new(RwLock::new(Arc::new(value))),
            Err(error) => return Some(Err(error)),
        };
        let cell = value.clone();
        lock(&secret.values).push(Box::new(move |text| {
            *cell.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(parse(text)?);
            Ok(())
        }));
        let secrets = Self(Some(shared.clone()));
        let origin = Some((secrets, secret.name));
        Some(Ok(Reloading { value, origin }))
    }

    /// Reads the secrets again if it is time. While that fails or is not done by `deadline`, the old ones
    /// serve on until they are an hour old.
    ///
    /// # Errors
    /// [`SecretsExpired`]
    pub async fn refresh(&self, deadline: Deadline) -> Result<(), SecretsExpired> {
        let Some(shared) = &self.0 else {
            return Ok(());
        };
        let mut state = shared.state.lock().await;
        let wait = if state.tried_at == state.read_at {
            shared.fresh
        } else {
            shared.fresh.min(RETRY)
        };
        if state.tried_at.elapsed() >= wait {
            state.tried_at = Instant::now();
            let read = shared.secrets.iter().map(|secret| shared.reload(secret));
            let read = deadline.limit(join_all(read)).await;
            if read.is_some_and(|read| read.into_iter().all(|read| read)) {
                state.read_at = state.tried_at;
            }
        }
        if state.read_at.elapsed() >= STALE {
            return Err(SecretsExpired);
        }
        Ok(())
    }

    /// Reads the secret `name` again, because somebody refused it.
    async fn refused(&self, name: &str) {
        let Some((shared, secret)) = self.find(name) else {
            return;
        };
        let mut state = shared.state.lock().await;
        let wait = REFUSED_RETRY.min(shared.fresh);
        if state.refused_at.is_none_or(|at| at.elapsed() >= wait) {
            shared.reload(secret).await;
            state.refused_at = Some(Instant::now());
        }
    }

    fn find(&self, name: &str) -> Option<(&Arc<Shared>, &Secret)> {
        let shared = self.0.as_ref()?;
        let secret = shared.secrets.iter().find(|secret| secret.name == name)?;
        Some((shared, secret))
    }
}

impl fmt::Debug for Secrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secrets(REDACTED)")
    }
}

impl Shared {
    /// Reads a secret again. If it has changed, makes its values again. Returns whether this
    /// succeeded.
    async fn reload(&self, secret: &Secret) -> bool {
        let text = match read(&*self.store, secret.name, &secret.id).await {
            Ok(text) => text,
            Err(error) => {
                let error = chain(&error);
                tracing::error!(
                    error,
                    "a secret cannot be read again: the old one serves on"
                );
                return false;
            }
        };
        let mut current = lock(&secret.text);
        if current.expose_secret() == text.expose_secret() {
            return true;
        }
        for update in lock(&secret.values).iter() {
            if let Err(error) = update(text.expose_secret()) {
                let (name, error) = (secret.name, chain(&*error));
                tracing::error!(
                    secret.name = name,
                    error,
                    "a new secret is of no use: the old one serves on"
                );
                return false;
            }
        }
        *current = text;
        true
    }
}

async fn read(
    store: &(impl SecretStore + ?Sized),
    name: &'static str,
    id: &str,
) -> Result<SecretString, SecretError> {
    let read = store.read(id).await;
    read.map_err(|source| SecretError { name, source })
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A value made from a secret, which changes with the secret. Clones share it.
pub struct Reloading<T> {
    value: Arc<RwLock<Arc<T>>>,
    origin: Option<(Secrets, &'static str)>,
}

impl<T> Reloading<T> {
    /// A value that never changes.
    pub fn fixed(value: T) -> Self {
        Self {
            value: Arc::new(RwLock::new(Arc::new(value))),
            origin: None,
        }
    }

    /// The current value.
    pub fn get(&self) -> Arc<T> {
        let value = self.value.read();
        value.unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The value that replaces `refused`, which somebody did not accept. `None` if there is no
    /// other yet.
    pub async fn instead_of(&self, refused: &Arc<T>) -> Option<Arc<T>> {
        if let Some((secrets, name)) = &self.origin
            && Arc::ptr_eq(&self.get(), refused)
        {
            secrets.refused(name).await;
        }
        let now = self.get();
        (!Arc::ptr_eq(&now, refused)).then_some(now)
    }
}

impl From<&str> for Reloading<SecretString> {
    fn from(secret: &str) -> Self {
        Self::fixed(secret.into())
    }
}

impl<T> Clone for Reloading<T> {
    fn clone(&self) -> Self {
        Self {
            value: self.value.clone(),
            origin: self.origin.clone(),
        }
    }
}

impl<T: fmt::Debug> fmt::Debug for Reloading<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Reloading").field(&self.get()).finish()
    }
}

impl<P: LoginProofs + Send> LoginProofs for Reloading<P> {
    fn prove(&self, login: &Login) -> Result<String, ProofError> {
        self.get().prove(login)
    }

    fn read(&self, proof: &str, now: Timestamp) -> Option<Login> {
        self.get().read(proof, now)
    }
}

#[cfg(test)]
mod tests;
