//! Opening, joining, leaving and closing, as the rules use the store.

use std::collections::BTreeSet;
use std::sync::Arc;

use shared::domain::{ConnectionId, Removal, Timestamp};
use shared::ports::CallStore;

use crate::{LATER, NOW, name, on_every_store, record, session_id, user};

on_every_store![
    the_first_to_come_decides_the_session_id,
    of_64_who_open_at_once_one_decides_and_all_get_that_one,
    a_confirmed_join_raises_the_version_and_pushes_the_end_on,
    a_join_of_a_closed_call_is_not_confirmed,
    a_call_closes_only_on_the_version_that_was_read,
    a_token_is_removed_by_its_owner_or_by_anybody_who_may,
    a_token_is_found_by_itself_as_it_was_recorded,
    a_token_is_found_by_its_connection,
    tokens_of_one_call_are_not_those_of_another,
    what_has_run_out_counts_for_nothing,
    of_64_who_close_at_once_one_does,
];

async fn the_first_to_come_decides_the_session_id(calls: impl CallStore) {
    let call = name("Session 3 🎉");
    assert_eq!(calls.find(&call, NOW).await.unwrap(), None);
    let (ours, theirs) = (session_id(&call, 1), session_id(&call, 2));
    let opened = calls.find_or_open(&call, &ours, NOW, LATER).await.unwrap();
    assert_eq!(
        (
            &opened.id,
            opened.version,
            opened.opened_at,
            opened.expires_at
        ),
        (&ours, 0, NOW, LATER)
    );
    let again = calls.find_or_open(&call, &ours, NOW, LATER).await.unwrap();
    assert_eq!(again, opened, "repeating it changes nothing");
    let found = calls
        .find_or_open(&call, &theirs, LATER, LATER)
        .await
        .unwrap();
    assert_eq!(found, opened);
    assert_eq!(calls.find(&call, NOW).await.unwrap(), Some(opened));
}

async fn of_64_who_open_at_once_one_decides_and_all_get_that_one(
    calls: impl CallStore + Send + 'static,
) {
    let (calls, call) = (Arc::new(calls), name("TUTORIAL"));
    let openers: Vec<_> = (0..64)
        .map(|number| {
            let (calls, call) = (calls.clone(), call.clone());
            tokio::spawn(async move {
                let candidate = session_id(&call, number);
                calls
                    .find_or_open(&call, &candidate, NOW, LATER)
                    .await
                    .unwrap()
                    .id
            })
        })
        .collect();
    let mut ids = BTreeSet::new();
    for opener in openers {
        ids.insert(opener.await.unwrap());
    }
    assert_eq!(ids.len(), 1, "{ids:?}");
}

async fn a_confirmed_join_raises_the_version_and_pushes_the_end_on(calls: impl CallStore) {
    let call = name("TUTORIAL");
    let id = session_id(&call, 1);
    calls.find_or_open(&call, &id, NOW, LATER).await.unwrap();
    let even_later = Timestamp::from_unix_seconds(LATER.unix_seconds() + 5);
    assert!(calls.confirm(&call, &id, even_later).await.unwrap());
    let session = calls.find(&call, NOW).await.unwrap().unwrap();
    assert_eq!((session.version, session.expires_at), (1, even_later));
}

async fn a_join_of_a_closed_call_is_not_confirmed(calls: impl CallStore) {
    let call = name("TUTORIAL");
    let (first, second) = (session_id(&call, 1), session_id(&call, 2));
    assert!(!calls.confirm(&call, &first, LATER).await.unwrap());
    assert_eq!(
        calls.find(&call, NOW).await.unwrap(),
        None,
        "confirming opens nothing"
    );
    let session = calls.find_or_open(&call, &first, NOW, LATER).await.unwrap();
    assert!(calls.close(&session).await.unwrap());
    calls
        .find_or_open(&call, &second, NOW, LATER)
        .await
        .unwrap();
    assert!(!calls.confirm(&call, &first, LATER).await.unwrap());
    assert_eq!(calls.find(&call, NOW).await.unwrap().unwrap().version, 0);
}

async fn a_call_closes_only_on_the_version_that_was_read(calls: impl CallStore) {
    let call = name("TUTORIAL");
    let id = session_id(&call, 1);
    let before = calls.find_or_open(&call, &id, NOW, LATER).await.unwrap();
    calls.confirm(&call, &id, LATER).await.unwrap();
    assert!(!calls.close(&before).await.unwrap(), "somebody joined");
    let now = calls.find(&call, NOW).await.unwrap().unwrap();
    assert!(calls.close(&now).await.unwrap());
    assert!(!calls.close(&now).await.unwrap(), "it is closed already");
    assert_eq!(calls.find(&call, NOW).await.unwrap(), None);
}

async fn a_token_is_removed_by_its_owner_or_by_anybody_who_may(calls: impl CallStore) {
    let call = name("TUTORIAL");
    let id = session_id(&call, 1);
    let (one, two) = (
        record(&call, &id, "one", "ann"),
        record(&call, &id, "two", "ann"),
    );
    for record in [&one, &two, &two] {
        calls.record(record).await.unwrap();
    }
    let (ann, bob) = (user("ann"), user("bob"));
    let token = &one.connection.token;
    assert_eq!(
        calls.remove(&call, token, Some(&bob)).await.unwrap(),
        Removal::NotYours
    );
    let removed = calls.remove(&call, token, Some(&ann)).await.unwrap();
    assert_eq!(removed, Removal::Removed(one.clone().into()));
    assert_eq!(
        calls.remove(&call, token, Some(&ann)).await.unwrap(),
        Removal::NotThere
    );
    assert_eq!(
        calls.remove(&call, token, None).await.unwrap(),
        Removal::NotThere
    );
    assert!(calls.has_tokens(&call, NOW).await.unwrap());
    let removed = calls
        .remove(&call, &two.connection.token, None)
        .await
        .unwrap();
    assert_eq!(removed, Removal::Removed(two.into()));
    assert!(!calls.has_tokens(&call, NOW).await.unwrap());
}

async fn a_token_is_found_by_itself_as_it_was_recorded(calls: impl CallStore) {
    let (here, there) = (name("here"), name("there"));
    let id = session_id(&here, 1);
    let one = record(&here, &id, "one", "ann");
    let token = &one.connection.token;
    assert_eq!(calls.find_token(&here, token).await.unwrap(), None);
    let mut gone = record(&here, &id, "two", "bob");
    // One that has run out is found as well.
    gone.expires_at = NOW;
    for record in [&one, &gone] {
        calls.record(record).await.unwrap();
        let found = calls.find_token(&here, &record.connection.token).await;
        assert_eq!(found.unwrap().as_ref(), Some(record));
    }
    assert_eq!(calls.find_token(&there, token).await.unwrap(), None);
}

async fn a_token_is_found_by_its_connection(calls: impl CallStore) {
    let call = name("TUTORIAL");
    let id = session_id(&call, 1);
    let one = record(&call, &id, "one", "ann");
    calls.find_or_open(&call, &id, NOW, LATER).await.unwrap();
    calls.record(&one).await.unwrap();
    calls
        .record(&record(&call, &id, "two", "bob"))
        .await
        .unwrap();
    let found = calls
        .find_by_connection(&call, &one.connection.id)
        .await
        .unwrap();
    assert_eq!(found, Some(one.into()));
    let unknown = ConnectionId::parse("con_three").unwrap();
    assert_eq!(
        calls.find_by_connection(&call, &unknown).await.unwrap(),
        None
    );
}

async fn tokens_of_one_call_are_not_those_of_another(calls: impl CallStore) {
    let (here, there) = (name("here"), name("there"));
    let one = record(&here, &session_id(&here, 1), "one", "ann");
    calls
        .find_or_open(&there, &session_id(&there, 2), NOW, LATER)
        .await
        .unwrap();
    calls.record(&one).await.unwrap();
    assert!(
        !calls.has_tokens(&there, NOW).await.unwrap(),
        "the session record is no token"
    );
    let removed = calls
        .remove(&there, &one.connection.token, None)
        .await
        .unwrap();
    assert_eq!(removed, Removal::NotThere);
    assert_eq!(
        calls
            .find_by_connection(&there, &one.connection.id)
            .await
            .unwrap(),
        None
    );
    assert!(calls.has_tokens(&here, NOW).await.unwrap());
}

async fn what_has_run_out_counts_for_nothing(calls: impl CallStore) {
    let call = name("TUTORIAL");
    let id = session_id(&call, 1);
    calls.find_or_open(&call, &id, NOW, LATER).await.unwrap();
    let mut records: Vec<_> = (0..3)
        .map(|n| record(&call, &id, &format!("t{n}"), "ann"))
        .collect();
    records[2].expires_at = Timestamp::from_unix_seconds(LATER.unix_seconds() + 1);
    for record in &records {
        calls.record(record).await.unwrap();
    }
    assert_eq!(calls.find(&call, LATER).await.unwrap(), None);
    assert!(
        calls.has_tokens(&call, LATER).await.unwrap(),
        "one has not run out"
    );
    assert!(
        !calls
            .has_tokens(&call, records[2].expires_at)
            .await
            .unwrap()
    );
    // A repeated leave needs the connection in this record.
    let gone = records[0].clone();
    let found = calls.find_by_connection(&call, &gone.connection.id).await;
    assert_eq!(found.unwrap(), Some(gone.into()));
}

async fn of_64_who_close_at_once_one_does(calls: impl CallStore + Send + 'static) {
    let (calls, call) = (Arc::new(calls), name("TUTORIAL"));
    let id = session_id(&call, 1);
    let session = calls.find_or_open(&call, &id, NOW, LATER).await.unwrap();
    let closers: Vec<_> = (0..64)
        .map(|_| {
            let (calls, session) = (calls.clone(), session.clone());
            tokio::spawn(async move { calls.close(&session).await.unwrap() })
        })
        .collect();
    let mut closed = 0;
    for closer in closers {
        closed += usize::from(closer.await.unwrap());
    }
    assert_eq!(closed, 1);
}
