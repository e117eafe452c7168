//! A secret that changes while it is used.

use std::sync::atomic::{AtomicBool, Ordering};

use futures_util::future::BoxFuture;
use secrecy::SecretString;
use shared::ports::Source;
use shared::secrets::{FRESH, SecretStore, Secrets};

/// Holds one value at the first read, and then another.
struct Changing {
    first: &'static str,
    later: &'static str,
    was_read: AtomicBool,
}

impl SecretStore for Changing {
    fn read<'a>(&'a self, _id: &'a str) -> BoxFuture<'a, Result<SecretString, Source>> {
        let secret = if self.was_read.swap(true, Ordering::SeqCst) {
            self.later
        } else {
            self.first
        };
        Box::pin(async move { Ok(secret.into()) })
    }
}

/// The secret of the variable `name`: `first` when the function starts, and `later` in its store from
/// then on.
pub async fn changing_secret(
    name: &'static str,
    first: &'static str,
    later: &'static str,
) -> Secrets {
    let was_read = AtomicBool::new(false);
    let store = Changing {
        first,
        later,
        was_read,
    };
    Secrets::read(store, vec![(name, "arn".to_owned())], FRESH)
        .await
        .expect("the store answers")
}
