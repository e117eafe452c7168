//! Reading all records, as the sweep does.

use std::slice;

use shared::domain::{Timestamp, TokenRecord};
use shared::ports::{CallInventory, Cursor, Page, SweepRecord};

use crate::{LATER, NOW, PAGE, name, on_every_store, record, session_id};

on_every_store![
    all_tokens_of_a_call_are_listed,
    pages_have_every_record_once,
    a_call_and_its_tokens_are_prolonged_if_they_are_still_there,
    the_sweeps_record_is_kept_and_is_on_no_page,
];

async fn all_tokens_of_a_call_are_listed(calls: impl CallInventory) {
    let (here, there) = (name("here"), name("there"));
    let id = session_id(&here, 1);
    calls.find_or_open(&here, &id, NOW, LATER).await.unwrap();
    let mut records: Vec<_> = (0..5)
        .map(|n| record(&here, &id, &format!("t{n}"), "ann"))
        .collect();
    // An expired record is listed as well.
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

    // Neither request makes a record.
    calls.prolong_call(&call, &id, until).await.unwrap();
    calls.prolong_token(&call, token, until).await.unwrap();
    assert_eq!(pages(&calls).await, [Page::default()]);

    let opened = calls.find_or_open(&call, &id, NOW, LATER).await.unwrap();
    calls.record(&one).await.unwrap();
    calls.prolong_call(&call, &earlier, until).await.unwrap();
    assert_eq!(calls.find(&call, NOW).await.unwrap(), Some(opened.clone()));
    calls.prolong_call(&call, &id, until).await.unwrap();
    let prolonged = calls.find(&call, NOW).await.unwrap().unwrap();
    assert_eq!(prolonged.expires_at, until);
    assert_eq!(prolonged.version, opened.version, "nobody joined");
    calls.prolong_token(&call, token, until).await.unwrap();
    let listed = calls.tokens(&call).await.unwrap().readable;
    let expected = TokenRecord {
        expires_at: until,
        ..one.clone()
    };
    assert_eq!(listed, slice::from_ref(&expected));

    // One that was ended stays as it is.
    let ended = one.as_ended();
    calls.record(&ended).await.unwrap();
    calls.prolong_token(&call, token, until).await.unwrap();
    let listed = calls.tokens(&call).await.unwrap().readable;
    assert_eq!(listed, [ended]);
}

async fn the_sweeps_record_is_kept_and_is_on_no_page(calls: impl CallInventory) {
    assert_eq!(calls.sweep_record().await.unwrap(), None);
    let call = name("TUTORIAL");
    let id = session_id(&call, 1);
    calls.find_or_open(&call, &id, NOW, LATER).await.unwrap();
    let stopped = SweepRecord {
        since: NOW,
        swept_at: None,
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
