//! The stores of tallies keep their contract.

use std::time::Duration;

use aws_sdk_dynamodb::types::AttributeValue;
use shared::adapters::dynamodb::tables::{EXPIRES_AT, LOGINS};
use shared::domain::{
    ConnectionId, JoinId, JoinLimit, JoinTally, SessionId, SessionName, Timestamp,
};
use shared::ports::JoinTallies;
use testing::{MemoryJoinTallies, Tables, installation};

use crate::world::{NOW, copy, user};

/// A tally with one token, and a join in progress.
fn example(version: u64) -> JoinTally {
    let call = SessionName::parse("会議").unwrap();
    let session = SessionId::new(&call, &installation(), 1);
    let connection = ConnectionId::parse("con_A1").unwrap();
    let (one, two) = (JoinId::new(1), JoinId::new(u64::MAX));
    let limit = JoinLimit::default();
    let tally = limit.begin(&JoinTally::default(), one, NOW).unwrap();
    let tally = tally.joined(one, (&session, &connection), NOW);
    let mut tally = limit.begin(&tally, two, NOW).unwrap();
    tally.version = version;
    tally
}

async fn a_tally_is_kept_if_it_follows_the_one_that_is_there(tallies: impl JoinTallies) {
    let (ann, bob) = (user("ann"), user("bob"));
    assert_eq!(tallies.find(&ann).await.unwrap(), JoinTally::default());
    let empty = tallies.replace(&ann, &example(2)).await.unwrap();
    assert_eq!(empty, Some(JoinTally::default()));

    assert_eq!(tallies.replace(&ann, &example(1)).await.unwrap(), None);
    assert_eq!(tallies.find(&ann).await.unwrap(), example(1));
    for other in [1, 3] {
        let current = tallies.replace(&ann, &example(other)).await.unwrap();
        assert_eq!(current, Some(example(1)));
    }
    assert_eq!(tallies.replace(&ann, &example(2)).await.unwrap(), None);
    assert_eq!(tallies.find(&ann).await.unwrap(), example(2));
    assert_eq!(tallies.find(&bob).await.unwrap(), JoinTally::default());
}

#[tokio::test]
async fn a_tally_is_kept_in_memory_if_it_follows_the_one_that_is_there() {
    a_tally_is_kept_if_it_follows_the_one_that_is_there(MemoryJoinTallies::default()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tally_is_kept_on_dynamodb_if_it_follows_the_one_that_is_there() {
    let tables = Tables::new().await;
    a_tally_is_kept_if_it_follows_the_one_that_is_there(copy(&tables).0).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tally_whose_time_is_over_is_removed_by_dynamodb_and_none_is_missed() {
    let tables = Tables::new().await;
    let (tallies, ann) = (copy(&tables).0, user("ann"));
    assert_eq!(tallies.replace(&ann, &example(1)).await.unwrap(), None);
    let (table, key) = (
        &tables.names.logins,
        AttributeValue::S("joins#ann".to_owned()),
    );
    let request = tables.client.get_item().table_name(table);
    let request = request.key(LOGINS.partition_key, key.clone());
    let kept = request.send().await.unwrap().item.unwrap();
    let ends = kept[EXPIRES_AT].as_n().unwrap().parse().unwrap();
    let ends = Timestamp::from_unix_seconds(ends);
    assert_eq!(ends, example(1).ends_at());
    assert!(ends > NOW + Duration::from_secs(600));

    let request = tables.client.delete_item().table_name(table);
    let request = request.key(LOGINS.partition_key, key);
    request.send().await.unwrap();
    let current = tallies.replace(&ann, &example(2)).await.unwrap();
    assert_eq!(current, Some(JoinTally::default()));
    assert_eq!(tallies.replace(&ann, &example(1)).await.unwrap(), None);
}
