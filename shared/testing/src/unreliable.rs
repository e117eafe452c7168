//! A store that does not work as it should.

use std::future::pending;
use std::time::Duration;

use shared::domain::{
    Account, Admission, ConnectionId, Counter, KnownDevices, Limit, LoginId, Outcome, PasswordHash,
    Place, RecordedToken, Removal, Session, SessionId, SessionName, Timestamp, Token, TokenRecord,
    UserName,
};
use shared::ports::{
    Attempts, CallInventory, CallStore, Cursor, EndedLogins, Logins, Page, Standing, StoreError,
    SweepRecord, TokenRecords, UserDirectory,
};

/// How a store does not work.
#[derive(Clone, Copy, Debug)]
pub enum Fault {
    /// It refuses every request.
    Fails,
    /// It refuses the requests of this method.
    FailsTo(&'static str),
    /// It never answers.
    Hangs,
    /// It takes so long for each request.
    Takes(Duration),
}

/// A store with a fault.
#[derive(Clone, Copy, Debug)]
pub struct Unreliable<'a, S> {
    store: &'a S,
    fault: Fault,
}

impl<'a, S> Unreliable<'a, S> {
    /// `store`, with a fault.
    pub const fn new(store: &'a S, fault: Fault) -> Self {
        Self { store, fault }
    }

    async fn suffer(&self, method: &str) -> Result<(), StoreError> {
        match self.fault {
            Fault::FailsTo(other) if other != method => Ok(()),
            Fault::Fails | Fault::FailsTo(_) => Err(StoreError::Unavailable("it is broken".into())),
            Fault::Hangs => pending().await,
            Fault::Takes(time) => {
                tokio::time::sleep(time).await;
                Ok(())
            }
        }
    }
}

/// Methods of a port that pass everything on to the store, but suffer its fault first.
macro_rules! unreliable {
    ($($method:ident($($argument:ident: $kind:ty),*) -> $answer:ty;)*) => {
        $(async fn $method(&self, $($argument: $kind),*) -> Result<$answer, StoreError> {
            self.suffer(stringify!($method)).await?;
            self.store.$method($($argument),*).await
        })*
    };
}

impl<S: CallStore> CallStore for Unreliable<'_, S> {
    unreliable! {
        find_or_open(name: &SessionName, candidate: &SessionId, now: Timestamp, expires_at: Timestamp) -> Session;
        find(name: &SessionName, now: Timestamp) -> Option<Session>;
        record(token: &TokenRecord) -> ();
        confirm(name: &SessionName, id: &SessionId, expires_at: Timestamp) -> bool;
        find_token(name: &SessionName, token: &Token) -> Option<TokenRecord>;
        remove(name: &SessionName, token: &Token, owner: Option<&UserName>) -> Removal;
        find_by_connection(name: &SessionName, id: &ConnectionId) -> Option<RecordedToken>;
        has_tokens(name: &SessionName, now: Timestamp) -> bool;
        close(session: &Session) -> bool;
    }
}

impl<S: CallInventory> CallInventory for Unreliable<'_, S> {
    unreliable! {
        tokens(name: &SessionName) -> TokenRecords;
        page(after: Option<&Cursor>) -> Page;
        prolong_call(name: &SessionName, id: &SessionId, expires_at: Timestamp) -> ();
        prolong_token(name: &SessionName, token: &Token, expires_at: Timestamp) -> ();
        sweep_record() -> Option<SweepRecord>;
        keep_sweep_record(record: &SweepRecord) -> ();
    }
}

impl<S: EndedLogins> EndedLogins for Unreliable<'_, S> {
    unreliable! {
        revoke(id: &LoginId, until: Timestamp) -> ();
    }
}

impl<S: Logins> Logins for Unreliable<'_, S> {
    unreliable! {
        standing(id: &LoginId, user: &UserName) -> Standing;
    }
}

impl<S: UserDirectory> UserDirectory for Unreliable<'_, S> {
    unreliable! {
        find(name: &UserName) -> Option<Account>;
        rehash(name: &UserName, old: &PasswordHash, new: &PasswordHash) -> bool;
        remember(account: &Account, devices: &KnownDevices) -> bool;
    }
}

impl<S: Attempts> Attempts for Unreliable<'_, S> {
    unreliable! {
        begin(counter: &Counter, limit: &Limit, now: Timestamp) -> Admission;
        end(counter: &Counter, limit: &Limit, place: Place, outcome: Outcome, now: Timestamp) -> ();
    }
}
