//! Sixty-four joins of one user at the same moment, each at a copy of the function of its own.

use std::sync::Arc;

use shared::domain::JoinLimit;
use shared::use_cases::JoinError;
use testing::Tables;
use tokio::sync::Barrier;
use tokio::task::JoinSet;

use crate::world::{NOW, World, copy, user};

const AT_ONCE: usize = 64;

/// How many of them join.
async fn join_at_once(limit: JoinLimit) -> usize {
    let tables = Tables::new().await;
    let (world, start) = (Arc::new(World::default()), Arc::new(Barrier::new(AT_ONCE)));
    let mut joins = JoinSet::new();
    for _ in 0..AT_ONCE {
        let (tallies, _) = copy(&tables);
        let (world, start) = (world.clone(), start.clone());
        joins.spawn(async move {
            start.wait().await;
            world
                .join(&tallies, &limit, &user("ann"), "call", NOW)
                .await
        });
    }
    let joined = joins.join_all().await.into_iter().filter(|joined| {
        let refused = matches!(joined, Err(JoinError::TooMany(_)));
        assert!(joined.is_ok() || refused, "{joined:?}");
        joined.is_ok()
    });
    let joined = joined.count();
    assert_eq!(world.calls.records().tokens.len(), joined);
    joined
}

#[tokio::test(flavor = "multi_thread")]
async fn of_sixty_four_joins_at_once_five_get_a_token_if_none_is_used() {
    assert_eq!(join_at_once(JoinLimit::default()).await, 5);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_sixty_four_joins_at_once_twenty_get_a_token_if_none_has_to_be_used() {
    let limit = JoinLimit {
        unused: 50,
        ..JoinLimit::default()
    };
    assert_eq!(join_at_once(limit).await, 20);
}
