//! Stores and a video server that do not work as they should.

use std::future::pending;
use std::time::Duration;

use shared::domain::{
    Account, Admission, Counter, JoinTally, KnownDevices, Limit, LoginId, Outcome, PasswordHash,
    Place, Timestamp, UserName,
};
use shared::ports::{
    Attempts, EndedLogins, JoinTallies, Logins, Standing, StoreError, UserDirectory, VideoError,
};

use crate::operation::{Answer, Operation};

/// What becomes of one operation.
#[derive(Clone, Debug)]
pub enum Fate {
    /// Nothing goes wrong.
    Works,
    /// It fails.
    Fails {
        /// Does it take effect first?
        after_effect: bool,
    },
    /// It is never answered.
    Hangs {
        /// Does it take effect first?
        after_effect: bool,
    },
    /// It takes so long.
    Takes(Duration),
    /// This is the answer, and the store is not asked.
    Answered(Box<Answer>),
}

/// Decides what becomes of each operation.
pub trait Faults: Sync {
    /// The fate of an operation on calls or on the video server.
    fn strike(&self, operation: Operation) -> impl Future<Output = Fate> + Send;

    /// The fate of a method of any other port.
    fn strike_method(&self, _method: &'static str) -> Fate {
        Fate::Works
    }

    /// An operation hangs from now on.
    fn hangs(&self) {}
}

/// The same fault every time.
#[derive(Clone, Copy, Debug)]
pub enum Fault {
    /// Every operation fails.
    Fails,
    /// This method fails.
    FailsTo(&'static str),
    /// No operation is answered.
    Hangs,
    /// Every operation takes so long.
    Takes(Duration),
}

impl Faults for Fault {
    async fn strike(&self, operation: Operation) -> Fate {
        self.strike_method(operation.method())
    }

    fn strike_method(&self, method: &'static str) -> Fate {
        match *self {
            Self::FailsTo(other) if other != method => Fate::Works,
            Self::Fails | Self::FailsTo(_) => Fate::Fails {
                after_effect: false,
            },
            Self::Hangs => Fate::Hangs {
                after_effect: false,
            },
            Self::Takes(time) => Fate::Takes(time),
        }
    }
}

/// A store or a video server, and what goes wrong with it.
#[derive(Clone, Copy, Debug)]
pub struct Faulty<'a, S, F> {
    pub(crate) store: &'a S,
    pub(crate) faults: F,
}

impl<'a, S, F: Faults> Faulty<'a, S, F> {
    /// `store`, with these faults.
    pub const fn new(store: &'a S, faults: F) -> Self {
        Self { store, faults }
    }

    /// Lets `operation` suffer its fate.
    pub(crate) async fn suffer<T, E: Failure>(
        &self,
        fate: Fate,
        operation: impl Future<Output = Result<T, E>>,
    ) -> Result<T, E> {
        let (Fate::Fails { after_effect } | Fate::Hangs { after_effect }) = fate else {
            if let Fate::Takes(time) = fate {
                tokio::time::sleep(time).await;
            }
            return operation.await;
        };
        if after_effect {
            operation.await?;
        }
        if matches!(fate, Fate::Fails { .. }) {
            return Err(E::new());
        }
        self.faults.hangs();
        pending().await
    }
}

impl<F: Faults> Faults for &F {
    fn strike(&self, operation: Operation) -> impl Future<Output = Fate> + Send {
        (*self).strike(operation)
    }

    fn strike_method(&self, method: &'static str) -> Fate {
        (*self).strike_method(method)
    }

    fn hangs(&self) {
        (*self).hangs();
    }
}

/// How an operation fails.
pub(crate) trait Failure {
    fn new() -> Self;
}

impl Failure for StoreError {
    fn new() -> Self {
        Self::Unavailable("it is made to fail".into())
    }
}

impl Failure for VideoError {
    fn new() -> Self {
        Self::TimedOut
    }
}

macro_rules! faulty {
    ($($port:ident { $($method:ident($($argument:ident: $kind:ty),*) -> $answer:ty;)* })*) => {
        $(impl<S: $port, F: Faults> $port for Faulty<'_, S, F> {
            $(async fn $method(&self, $($argument: $kind),*) -> Result<$answer, StoreError> {
                let fate = self.faults.strike_method(stringify!($method));
                self.suffer(fate, self.store.$method($($argument),*)).await
            })*
        })*
    };
}

faulty! {
    EndedLogins {
        revoke(id: &LoginId, until: Timestamp) -> ();
    }
    Logins {
        standing(id: &LoginId, user: &UserName) -> Standing;
    }
    UserDirectory {
        find(name: &UserName) -> Option<Account>;
        rehash(name: &UserName, old: &PasswordHash, new: &PasswordHash) -> bool;
        remember(account: &Account, devices: &KnownDevices) -> bool;
    }
    Attempts {
        begin(counter: &Counter, limit: &Limit, now: Timestamp) -> Admission;
        end(counter: &Counter, limit: &Limit, place: Place, outcome: Outcome, now: Timestamp) -> ();
    }
    JoinTallies {
        find(user: &UserName) -> JoinTally;
        replace(user: &UserName, tally: &JoinTally) -> Option<JoinTally>;
    }
}
