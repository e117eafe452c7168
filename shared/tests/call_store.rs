//! One suite for every store of calls: in memory, on embedded DynamoDB, and on any DynamoDB whose
//! URL is in `DYNAMODB_URL` (with the region and credentials from the environment).

#![expect(clippy::unwrap_used, reason = "a test that panics has failed")]

mod tables;

use std::collections::BTreeSet;
use std::slice;
use std::sync::Arc;

use aws_sdk_dynamodb::types::AttributeValue;
use shared::adapters::dynamodb::DynamoDbCalls;
use shared::adapters::memory::{MemoryCalls, MemoryVideo};
use shared::domain::{
    Connection, ConnectionId, Removal, Role, SessionId, SessionName, Timestamp, Token, TokenRecord,
    UserName,
};
use shared::ports::{CallInventory, CallStore, Cursor, Page, SweepRecord, VideoServer};
use shared::testing::installation;
use shared::use_cases::{Participant, Whom, leave_call};
use tables::Tables;

const NOW: Timestamp = Timestamp::from_unix_seconds(1_800_000_000);
const LATER: Timestamp = Timestamp::from_unix_seconds(1_800_000_100);

/// So few records a page that every list takes several.
const PAGE: usize = 2;

async fn dynamodb_calls() -> DynamoDbCalls {
    let tables = Tables::at(&tables::url().await).await;
    let page_size = i32::try_from(PAGE).unwrap();
    DynamoDbCalls::with_pages_of(page_size, tables.client, tables.names.calls)
}

fn memory_calls() -> MemoryCalls {
    MemoryCalls::default().with_pages_of(PAGE)
}

fn name(text: &str) -> SessionName {
    SessionName::parse(text).unwrap()
}

fn session_id(name: &SessionName, random: u64) -> SessionId {
    SessionId::new(name, &installation(), random)
}

fn user(text: &str) -> UserName {
    UserName::parse(text).unwrap()
}

fn record(call: &SessionName, id: &SessionId, token: &str, owner: &str) -> TokenRecord {
    TokenRecord {
        session_name: call.clone(),
        session_id: id.clone(),
        connection: Connection {
            id: ConnectionId::parse(&format!("con_{token}")).unwrap(),
            token: Token::parse(&format!("wss://host?sessionId={id}&token=tok_{token}")).unwrap(),
        },
        role: Role::Publisher,
        user: user(owner),
        issued_at: NOW,
        expires_at: LATER,
    }
}

/// Runs a check on every store that there is.
macro_rules! on_every_store {
    ($($check:ident),+ $(,)?) => {
        mod in_memory {
            $(#[tokio::test]
            async fn $check() {
                super::$check(super::memory_calls()).await;
            })+
        }
        mod on_dynamodb {
            $(#[tokio::test(flavor = "multi_thread")]
            async fn $check() {
                super::$check(super::dynamodb_calls().await).await;
            })+
        }
    };
}

on_every_store![
    the_first_to_come_decides_the_session_id,
    of_64_who_open_at_once_one_decides_and_all_get_that_one,
    a_confirmed_join_raises_the_version_and_pushes_the_end_on,
    a_join_of_a_closed_call_is_not_confirmed,
    a_call_closes_only_on_the_version_that_was_read,
    a_token_is_removed_by_its_owner_or_by_anybody_who_may,
    a_token_is_found_by_its_connection,
    tokens_of_one_call_are_not_those_of_another,
    what_has_run_out_counts_for_nothing,
    of_64_who_close_at_once_one_does,
    all_tokens_of_a_call_are_listed,
    pages_have_every_record_once,
    a_call_and_its_tokens_are_prolonged_if_they_are_still_there,
    the_sweeps_record_is_kept_and_is_on_no_page,
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
    // A repeated leave needs its connection.
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

async fn all_tokens_of_a_call_are_listed(calls: impl CallInventory) {
    let (here, there) = (name("here"), name("there"));
    let id = session_id(&here, 1);
    calls.find_or_open(&here, &id, NOW, LATER).await.unwrap();
    let mut records: Vec<_> = (0..5)
        .map(|n| record(&here, &id, &format!("t{n}"), "ann"))
        .collect();
    // One that has run out is listed as well.
    records[0].expires_at = NOW;
    for record in &records {
        calls.record(record).await.unwrap();
    }
    let other = record(&there, &session_id(&there, 2), "t9", "ann");
    calls.record(&other).await.unwrap();
    let listed = calls.tokens(&here).await.unwrap();
    assert_eq!((listed.readable, listed.unreadable), (records, 0));
    let nobody = calls.tokens(&name("nobody's")).await.unwrap();
    assert_eq!((nobody.readable, nobody.unreadable), (vec![], 0));
}

/// All pages, each of which must be small.
async fn pages(calls: &impl CallInventory) -> Vec<Page> {
    let mut pages = Vec::new();
    let mut next: Option<Cursor> = None;
    loop {
        let page = calls.page(next.as_ref()).await.unwrap();
        assert!(page.sessions.len() + page.tokens.len() <= PAGE, "{page:?}");
        next = page.next.clone();
        pages.push(page);
        if next.is_none() {
            return pages;
        }
    }
}

async fn pages_have_every_record_once(calls: impl CallInventory) {
    let [page] = pages(&calls).await.try_into().unwrap();
    assert_eq!(page, Page::default());
    let (mut sessions, mut tokens) = (Vec::new(), Vec::new());
    for number in 0..3 {
        let call = name(&format!("call {number}"));
        let id = session_id(&call, number);
        sessions.push(calls.find_or_open(&call, &id, NOW, LATER).await.unwrap());
        for token in 0..3 {
            let record = record(&call, &id, &format!("t{token}"), "ann");
            calls.record(&record).await.unwrap();
            tokens.push(record);
        }
    }
    let pages = pages(&calls).await;
    assert!(pages.len() >= 12 / PAGE, "{}", pages.len());
    let mut found = Page::default();
    for page in pages {
        found.sessions.extend(page.sessions);
        found.tokens.extend(page.tokens);
    }
    found.sessions.sort_by(|a, b| a.name.cmp(&b.name));
    found.tokens.sort_by(|a, b| {
        let key =
            |record: &TokenRecord| (record.session_name.clone(), record.connection.id.clone());
        key(a).cmp(&key(b))
    });
    assert_eq!((found.sessions, found.tokens), (sessions, tokens));
}

async fn a_call_and_its_tokens_are_prolonged_if_they_are_still_there(calls: impl CallInventory) {
    let call = name("TUTORIAL");
    let (id, earlier) = (session_id(&call, 2), session_id(&call, 1));
    let one = record(&call, &id, "one", "ann");
    let token = &one.connection.token;
    let until = Timestamp::from_unix_seconds(LATER.unix_seconds() + 5);

    // Neither makes a record.
    calls.prolong_call(&call, &id, until).await.unwrap();
    calls.prolong_token(&call, token, NOW, until).await.unwrap();
    assert_eq!(pages(&calls).await, [Page::default()]);

    let opened = calls.find_or_open(&call, &id, NOW, LATER).await.unwrap();
    calls.record(&one).await.unwrap();
    calls.prolong_call(&call, &earlier, until).await.unwrap();
    assert_eq!(calls.find(&call, NOW).await.unwrap(), Some(opened.clone()));
    calls.prolong_call(&call, &id, until).await.unwrap();
    let prolonged = calls.find(&call, NOW).await.unwrap().unwrap();
    assert_eq!(prolonged.expires_at, until);
    assert_eq!(prolonged.version, opened.version, "nobody joined");
    calls.prolong_token(&call, token, NOW, until).await.unwrap();
    let listed = calls.tokens(&call).await.unwrap().readable;
    let expected = TokenRecord {
        expires_at: until,
        ..one.clone()
    };
    assert_eq!(listed, slice::from_ref(&expected));

    // One that has run out stays as it is.
    let later = Timestamp::from_unix_seconds(until.unix_seconds() + 1);
    let prolonged = calls.prolong_token(&call, token, until, later).await;
    prolonged.unwrap();
    let listed = calls.tokens(&call).await.unwrap().readable;
    assert_eq!(listed, [expected]);
}

async fn the_sweeps_record_is_kept_and_is_on_no_page(calls: impl CallInventory) {
    assert_eq!(calls.sweep_record().await.unwrap(), None);
    let call = name("TUTORIAL");
    let id = session_id(&call, 1);
    calls.find_or_open(&call, &id, NOW, LATER).await.unwrap();
    let stopped = SweepRecord {
        since: NOW,
        next_page: Some(Cursor {
            session_name: "TUTORIAL".to_owned(),
            record: "#session".to_owned(),
        }),
        orphans_after: Some(id),
    };
    for record in [SweepRecord::new(NOW), stopped, SweepRecord::new(LATER)] {
        calls.keep_sweep_record(&record).await.unwrap();
        assert_eq!(calls.sweep_record().await.unwrap(), Some(record));
        let pages = pages(&calls).await;
        let tokens: usize = pages.iter().map(|page| page.tokens.len()).sum();
        let sessions: usize = pages.iter().map(|page| page.sessions.len()).sum();
        let unreadable: usize = pages.iter().map(|page| page.unreadable).sum();
        assert_eq!((sessions, tokens, unreadable), (1, 0, 0));
    }
}

/// Changes one attribute of a record behind the store's back.
async fn spoil(calls: &Tables, name: &SessionName, record: &str, attribute: &str, value: &str) {
    let text = |text: &str| AttributeValue::S(text.to_owned());
    calls
        .client
        .update_item()
        .table_name(&calls.names.calls)
        .key("sessionName", text(name.as_str()))
        .key("token", text(record))
        .update_expression("SET #attribute = :value")
        .expression_attribute_names("#attribute", attribute)
        .expression_attribute_values(":value", text(value))
        .send()
        .await
        .unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_of_a_later_version_is_passed_over_and_can_be_removed() {
    let tables = Tables::at(&tables::url().await).await;
    let calls = DynamoDbCalls::new(tables.client.clone(), tables.names.calls.clone());
    let call = name("TUTORIAL");
    let id = session_id(&call, 1);
    calls.find_or_open(&call, &id, NOW, LATER).await.unwrap();
    let (one, two) = (
        record(&call, &id, "one", "ann"),
        record(&call, &id, "two", "bob"),
    );
    calls.record(&one).await.unwrap();
    calls.record(&two).await.unwrap();
    let token = &one.connection.token;
    spoil(&tables, &call, token.expose(), "role", "SPEAKER").await;

    let listed = calls.tokens(&call).await.unwrap();
    assert_eq!(
        (&listed.readable, listed.unreadable),
        (&vec![two.clone()], 1)
    );
    let page = calls.page(None).await.unwrap();
    assert_eq!((&page.tokens, page.unreadable), (&vec![two], 1));
    assert_eq!(page.sessions.len(), 1);
    let found = calls.find_by_connection(&call, &one.connection.id).await;
    assert_eq!(found.unwrap(), Some(one.clone().into()));
    let removed = calls.remove(&call, token, Some(&one.user)).await.unwrap();
    assert_eq!(removed, Removal::Removed(one.into()));
    assert_eq!(calls.tokens(&call).await.unwrap().unreadable, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_has_a_token_of_a_later_version_can_leave() {
    let tables = Tables::at(&tables::url().await).await;
    let calls = DynamoDbCalls::new(tables.client.clone(), tables.names.calls.clone());
    let call = name("TUTORIAL");
    let id = session_id(&call, 1);
    calls.find_or_open(&call, &id, NOW, LATER).await.unwrap();
    assert!(calls.confirm(&call, &id, LATER).await.unwrap());
    calls
        .record(&record(&call, &id, "other", "bob"))
        .await
        .unwrap();
    let by = |user: &str, role| Participant {
        user: UserName::parse(user).unwrap(),
        role,
    };
    let publisher = by("ann", Role::Publisher);
    for (by_connection, by, may) in [
        (false, &publisher, true),
        (true, &publisher, true),
        (true, &by("carol", Role::Moderator), true),
        (false, &by("carol", Role::Publisher), false),
        (true, &by("carol", Role::Publisher), false),
    ] {
        let video = MemoryVideo::default();
        video.open(&id).await.unwrap();
        let one = record(&call, &id, "one", "ann");
        let connection = video
            .connect(&id, &one.user, Role::Publisher)
            .await
            .unwrap();
        let one = TokenRecord {
            connection: connection.unwrap(),
            ..one
        };
        calls.record(&one).await.unwrap();
        let token = &one.connection.token;
        spoil(&tables, &call, token.expose(), "role", "SPEAKER").await;
        let whom = if by_connection {
            Whom::Connection(one.connection.id.clone())
        } else {
            Whom::Token(token.clone())
        };
        let left = leave_call(&calls, &video, by, &call, &whom, NOW).await;
        assert_eq!(left.is_ok(), may, "{by:?}: {left:?}");
        assert_eq!(video.enter(&one.connection), !may, "{by:?}");
        let unreadable = calls.tokens(&call).await.unwrap().unreadable;
        assert_eq!(unreadable, usize::from(!may), "{by:?}");
        calls.remove(&call, token, None).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_error_follows_the_removal_of_a_record_that_says_nothing() {
    let tables = Tables::at(&tables::url().await).await;
    let calls = DynamoDbCalls::new(tables.client.clone(), tables.names.calls.clone());
    let call = name("TUTORIAL");
    let one = record(&call, &session_id(&call, 1), "one", "ann");
    calls.record(&one).await.unwrap();
    let token = &one.connection.token;
    spoil(&tables, &call, token.expose(), "sessionId", "another form").await;
    let found = calls.find_by_connection(&call, &one.connection.id).await;
    assert_eq!(found.unwrap(), None);
    let removed = calls.remove(&call, token, None).await.unwrap();
    assert_eq!(removed, Removal::NotThere);
    assert_eq!(calls.tokens(&call).await.unwrap().unreadable, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_of_an_earlier_version_is_read() {
    let tables = Tables::at(&tables::url().await).await;
    let calls = DynamoDbCalls::new(tables.client.clone(), tables.names.calls.clone());
    let call = name("TUTORIAL");
    let id = session_id(&call, 1);
    calls.find_or_open(&call, &id, NOW, LATER).await.unwrap();
    let earlier = SessionId::parse("TUTORIAL-5f3a9c1e7b2d4608").unwrap();
    spoil(&tables, &call, "#session", "sessionId", earlier.as_str()).await;
    let found = calls.find_or_open(&call, &id, NOW, LATER).await.unwrap();
    assert_eq!(found.id, earlier);
    assert!(calls.confirm(&call, &earlier, LATER).await.unwrap());
    let session = calls.find(&call, NOW).await.unwrap().unwrap();
    assert_eq!((&session.id, session.version), (&earlier, 1));
    assert!(calls.close(&session).await.unwrap());
}
