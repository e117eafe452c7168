//! Records that another version of this program has written.

use aws_sdk_dynamodb::types::AttributeValue;
use shared::adapters::dynamodb::DynamoDbCalls;
use shared::domain::{Removal, Role, SessionId, SessionName, TokenRecord, UserName};
use shared::ports::{CallInventory, CallStore, VideoServer};
use shared::use_cases::{Participant, Whom, leave_call};
use testing::MemoryVideo;

use crate::{LATER, NOW, name, record, session_id};
use testing::Tables;

/// Changes one attribute of a record without the store.
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
async fn a_token_of_a_later_version_is_skipped_and_can_be_removed() {
    let tables = Tables::new().await;
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
async fn the_holder_of_a_token_of_a_later_version_can_leave() {
    let tables = Tables::new().await;
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
        nickname: None,
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
            .connect(&id, &one.user, Role::Publisher, None)
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
async fn no_error_follows_the_removal_of_an_unreadable_record() {
    let tables = Tables::new().await;
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
    let tables = Tables::new().await;
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
