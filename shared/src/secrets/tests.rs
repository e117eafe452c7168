//! When secrets are read again, and what happens to the values made from them.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::time::advance;

use super::*;

/// A store whose contents can change, and which can be down.
#[derive(Clone, Default)]
struct Store(Arc<Contents>);

#[derive(Default)]
struct Contents {
    texts: Mutex<HashMap<String, String>>,
    reads: AtomicUsize,
}

impl Store {
    fn holding(secrets: &[(&str, &str)]) -> Self {
        let store = Self::default();
        for (id, text) in secrets {
            store.put(id, text);
        }
        store
    }

    fn put(&self, id: &str, text: &str) {
        lock(&self.0.texts).insert(id.to_owned(), text.to_owned());
    }

    fn lose(&self, id: &str) {
        lock(&self.0.texts).remove(id);
    }

    fn reads(&self) -> usize {
        self.0.reads.load(Ordering::SeqCst)
    }
}

impl SecretStore for Store {
    fn read<'a>(&'a self, id: &'a str) -> BoxFuture<'a, Result<SecretString, Source>> {
        Box::pin(async move {
            self.0.reads.fetch_add(1, Ordering::SeqCst);
            // Like a network: secrets that are read one after the other would take longer.
            tokio::time::sleep(Duration::from_secs(1)).await;
            let text = lock(&self.0.texts).get(id).cloned();
            text.map(SecretString::from).ok_or_else(|| "away".into())
        })
    }
}

fn in_time() -> Deadline {
    Deadline::after(Duration::from_secs(5))
}

async fn secrets(store: &Store) -> Secrets {
    let named = vec![("NUMBER", "a".to_owned()), ("OTHER", "b".to_owned())];
    Secrets::read(store.clone(), named, FRESH).await.unwrap()
}

fn number(secrets: &Secrets) -> Reloading<u32> {
    let parse: fn(&str) -> Result<u32, std::num::ParseIntError> = |text| text.parse();
    secrets.reloading("NUMBER", parse).unwrap().unwrap()
}

#[tokio::test(start_paused = true)]
async fn secrets_are_read_side_by_side_and_again_when_they_are_five_minutes_old() {
    let store = Store::holding(&[("a", "1"), ("b", "x")]);
    let started = Instant::now();
    let secrets = secrets(&store).await;
    assert_eq!(started.elapsed(), Duration::from_secs(1));
    let number = number(&secrets);

    store.put("a", "2");
    advance(FRESH - started.elapsed() - Duration::from_millis(1)).await;
    secrets.refresh(in_time()).await.unwrap();
    assert_eq!((*number.get(), store.reads()), (1, 2), "not before");
    advance(Duration::from_millis(1)).await;
    secrets.refresh(in_time()).await.unwrap();
    assert_eq!((*number.get(), store.reads()), (2, 4));
    secrets.refresh(in_time()).await.unwrap();
    assert_eq!(store.reads(), 4, "not at each request");
}

#[tokio::test(start_paused = true)]
async fn only_what_changed_is_made_anew() {
    let store = Store::holding(&[("a", "1"), ("b", "x")]);
    let secrets = secrets(&store).await;
    let (number, clone) = (number(&secrets), number(&secrets).clone());
    let first = number.get();
    store.put("b", "y");
    advance(FRESH).await;
    secrets.refresh(in_time()).await.unwrap();
    assert!(Arc::ptr_eq(&first, &number.get()), "the other one changed");
    assert_eq!(secrets.get("OTHER").unwrap().expose_secret(), "y");

    store.put("a", "2");
    advance(FRESH).await;
    secrets.refresh(in_time()).await.unwrap();
    assert_eq!((*number.get(), *clone.get()), (2, 2));
}

#[tokio::test(start_paused = true)]
async fn while_secrets_cannot_be_read_the_old_ones_serve_for_an_hour_and_no_longer() {
    let store = Store::holding(&[("a", "1"), ("b", "x")]);
    let read = Instant::now();
    let secrets = secrets(&store).await;
    let number = number(&secrets);
    store.lose("b");
    advance(FRESH).await;
    secrets.refresh(in_time()).await.unwrap();
    let reads = store.reads();
    secrets.refresh(in_time()).await.unwrap();
    assert_eq!(store.reads(), reads, "not at each request");
    while read.elapsed() + RETRY < STALE {
        secrets.refresh(in_time()).await.unwrap();
        assert_eq!(*number.get(), 1);
        advance(RETRY).await;
    }
    assert!(store.reads() > reads);
    advance(RETRY).await;
    assert_eq!(secrets.refresh(in_time()).await, Err(SecretsExpired));
    store.put("b", "y");
    advance(RETRY).await;
    assert_eq!(secrets.refresh(in_time()).await, Ok(()));
}

#[tokio::test(start_paused = true)]
async fn secrets_that_nobody_used_for_an_hour_do_not_serve_if_they_cannot_be_read() {
    let store = Store::holding(&[("a", "1"), ("b", "x")]);
    let secrets = secrets(&store).await;
    store.lose("b");
    advance(STALE).await;
    assert_eq!(secrets.refresh(in_time()).await, Err(SecretsExpired));
    store.put("b", "y");
    advance(RETRY).await;
    assert_eq!(secrets.refresh(in_time()).await, Ok(()));
}

#[tokio::test(start_paused = true)]
async fn reading_that_is_never_done_in_time_counts_as_failing() {
    let store = Store::holding(&[("a", "1"), ("b", "x")]);
    let read = Instant::now();
    let secrets = secrets(&store).await;
    advance(FRESH).await;
    let too_soon = || Deadline::after(Duration::from_millis(100));
    while read.elapsed() + RETRY < STALE {
        assert_eq!(secrets.refresh(too_soon()).await, Ok(()));
        advance(RETRY).await;
    }
    advance(RETRY).await;
    assert_eq!(secrets.refresh(too_soon()).await, Err(SecretsExpired));
    advance(RETRY).await;
    assert_eq!(secrets.refresh(in_time()).await, Ok(()));
}

#[tokio::test(start_paused = true)]
async fn a_secret_of_no_use_does_not_replace_a_good_one() {
    let store = Store::holding(&[("a", "1"), ("b", "x")]);
    let secrets = secrets(&store).await;
    let number = number(&secrets);
    store.put("a", "many");
    advance(FRESH).await;
    secrets.refresh(in_time()).await.unwrap();
    assert_eq!(*number.get(), 1);
    store.put("a", "2");
    advance(RETRY).await;
    secrets.refresh(in_time()).await.unwrap();
    assert_eq!(*number.get(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_refused_secret_is_read_again_at_once_but_not_for_every_refusal() {
    let store = Store::holding(&[("a", "1"), ("b", "x")]);
    let secrets = secrets(&store).await;
    let number = number(&secrets);
    let old = number.get();
    advance(REFUSED_RETRY).await;
    assert_eq!(number.instead_of(&old).await, None, "it has not changed");
    let reads = store.reads();
    store.put("a", "2");
    advance(REFUSED_RETRY).await;
    assert_eq!(number.instead_of(&old).await.as_deref(), Some(&2));
    assert_eq!(store.reads(), reads + 1);
    // Callers that were refused at the same time do not read it again.
    assert_eq!(number.instead_of(&old).await.as_deref(), Some(&2));
    let new = number.get();
    for _ in 0..100 {
        assert_eq!(number.instead_of(&new).await, None);
    }
    assert_eq!(store.reads(), reads + 1);
    assert_eq!(*Reloading::fixed(5).get(), 5);
}

#[tokio::test(start_paused = true)]
async fn a_function_does_not_start_without_its_secrets() {
    let store = Store::holding(&[("a", "1")]);
    let named = vec![("NUMBER", "a".to_owned()), ("OTHER", "b".to_owned())];
    let error = Secrets::read(store, named, FRESH).await.unwrap_err();
    assert_eq!(
        format!("{error:?}"),
        "could not read the secret that OTHER_ARN names: away"
    );
}

#[tokio::test]
async fn without_a_store_nothing_is_asked() {
    let secrets = Secrets::default();
    assert_eq!(secrets.refresh(in_time()).await, Ok(()));
    assert!(secrets.get("NUMBER").is_none());
}

#[tokio::test(start_paused = true)]
async fn secrets_do_not_show_in_debug_output() {
    let store = Store::holding(&[("a", "hush"), ("b", "hush")]);
    assert_eq!(format!("{:?}", secrets(&store).await), "Secrets(REDACTED)");
}
