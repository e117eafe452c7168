//! People, times and one copy of the functions' stores.

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use shared::adapters::dynamodb::{
    DynamoDbAttempts, DynamoDbEndedLogins, DynamoDbLogins, DynamoDbUsers,
};
use shared::adapters::jwt::KeyRing;
use shared::domain::{
    Account, ClientAddress, DeviceId, Generation, Login, LoginId, Password, PasswordHash, Role,
    Timestamp, User, UserName,
};
use shared::ports::{Clock, HashError, PasswordHashing, UserAdministration};
use shared::system::SystemClock;
use shared::use_cases::{self, AuthenticateError, LogInAttempt, LogInError};
use testing::{Requests, Tables};

pub(crate) const NOW: Timestamp = Timestamp::from_unix_seconds(1_800_000_000);

/// The password of all people.
pub(crate) const PASSWORD: &str = "correct horse";

pub(crate) const KEYS: &str = "old:b2xkLW9sZC1vbGQtb2xkLW9sZC1vbGQtb2xkLW9sZC0";

/// A clock that stands still, however long pauses take.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Still(pub(crate) Timestamp);

impl Clock for Still {
    fn now(&self) -> Timestamp {
        self.0
    }

    async fn pause(&self, time: Duration) {
        SystemClock.pause(time).await;
    }
}

pub(crate) fn later(seconds: u64) -> Timestamp {
    NOW + Duration::from_secs(seconds)
}

pub(crate) fn name(text: &str) -> UserName {
    UserName::parse(text).unwrap()
}

pub(crate) fn address(text: &str) -> ClientAddress {
    ClientAddress::parse(text).unwrap()
}

pub(crate) fn account(user: &str) -> Account {
    Account::new(
        User {
            name: name(user),
            role: Role::Publisher,
            moderates: [].into(),
            disabled: false,
            generation: Generation::new(1),
        },
        plain_hash(PASSWORD),
    )
}

fn plain_hash(password: &str) -> PasswordHash {
    PasswordHash::from_phc(format!("plain {password}"))
}

/// Passwords that are not hashed, with a count of how often they would have been.
#[derive(Debug, Default)]
pub(crate) struct Hashing {
    done: AtomicU32,
}

impl Hashing {
    pub(crate) fn done(&self) -> u32 {
        self.done.load(Ordering::SeqCst)
    }
}

impl PasswordHashing for Hashing {
    fn matches(&self, password: &Password, hash: Option<&PasswordHash>) -> bool {
        self.done.fetch_add(1, Ordering::SeqCst);
        hash.is_some_and(|hash| hash.as_phc().ends_with(&format!(" {}", password.expose())))
    }

    fn is_outdated(&self, hash: &PasswordHash) -> bool {
        hash.as_phc().starts_with("old ")
    }

    fn hash(&self, password: &Password) -> Result<PasswordHash, HashError> {
        Ok(plain_hash(password.expose()))
    }
}

pub(crate) async fn new_tables() -> Tables {
    Tables::new().await
}

/// One copy of the functions, with its own connection to the tables.
#[derive(Debug)]
pub(crate) struct Copy {
    pub(crate) users: DynamoDbUsers,
    pub(crate) attempts: DynamoDbAttempts,
    pub(crate) ended_logins: DynamoDbEndedLogins,
    pub(crate) logins: DynamoDbLogins,
    pub(crate) hashing: Hashing,
    pub(crate) keys: KeyRing,
    pub(crate) requests: Requests,
}

impl Copy {
    pub(crate) fn of(tables: &Tables) -> Self {
        let (client, requests) = tables.counting_client();
        let names = tables.names.clone();
        Self {
            // So few users a page that their list takes several.
            users: DynamoDbUsers::with_pages_of(1, client.clone(), names.users.clone()),
            attempts: DynamoDbAttempts::new(client.clone(), names.logins.clone()),
            ended_logins: DynamoDbEndedLogins::new(client.clone(), names.logins.clone()),
            logins: DynamoDbLogins::new(client, names.logins, names.users),
            hashing: Hashing::default(),
            keys: KeyRing::parse(KEYS).unwrap(),
            requests,
        }
    }

    /// A copy with a user, `ann`.
    pub(crate) async fn with_ann(tables: &Tables) -> Self {
        let copy = Self::of(tables);
        assert!(copy.users.add(&account("ann"), NOW).await.unwrap());
        copy
    }

    pub(crate) async fn log_in(
        &self,
        user: &str,
        password: &str,
        from: &str,
        now: Timestamp,
    ) -> Result<(Login, String), LogInError> {
        self.log_in_with(None, user, password, from, now).await
    }

    pub(crate) async fn log_in_with(
        &self,
        device: Option<&DeviceId>,
        user: &str,
        password: &str,
        from: &str,
        now: Timestamp,
    ) -> Result<(Login, String), LogInError> {
        let attempt = LogInAttempt {
            name: user,
            password: &Password::new(password),
            address: address(from),
            device,
            new_device: device,
            id: &LoginId::new(rand::random()),
            lifetime: Duration::from_secs(8 * 60 * 60),
        };
        let (users, attempts, clock) = (&self.users, &self.attempts, Still(now));
        let logged_in =
            use_cases::log_in(users, attempts, &self.hashing, &self.keys, &clock, attempt);
        logged_in.await.map(|it| (it.login, it.proof))
    }

    /// Does `proof` let its holder in?
    pub(crate) async fn admits(&self, proof: &str, now: Timestamp) -> bool {
        let from = address("192.0.2.1");
        match use_cases::authenticate(&self.keys, &self.logins, proof, from, now).await {
            Ok(_) => true,
            Err(AuthenticateError::NotLoggedIn) => false,
            Err(error @ AuthenticateError::Store(_)) => panic!("{error:?}"),
        }
    }
}
