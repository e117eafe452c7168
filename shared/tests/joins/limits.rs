//! The limits on joins: who is refused, who is not, and what it costs.

use std::time::Duration;

use shared::domain::{JoinLimit, JoinTally, UserName};
use shared::ports::{JoinTallies, StoreError};
use shared::use_cases::{JoinError, Joined};
use testing::{Fault, Faulty, MemoryJoinTallies, Tables, Watch};

use crate::world::{NOW, World, copy, user};

/// The limits of whoever sets none.
const LIMIT: JoinLimit = JoinLimit {
    per_minute: 20,
    unused: 5,
};

/// After how long whoever is refused may try again.
#[track_caller]
fn refused(joined: Result<Joined, JoinError>) -> Duration {
    match joined {
        Err(JoinError::TooMany(wait)) => wait,
        other => panic!("{other:?}"),
    }
}

/// Five tokens of ann's that nobody has used, in calls of these names.
async fn five(world: &World, tallies: &impl JoinTallies, calls: [&str; 5]) -> Vec<Joined> {
    let mut five = Vec::new();
    for call in calls {
        let joined = world.join(tallies, &LIMIT, &user("ann"), call, NOW).await;
        five.push(joined.unwrap());
    }
    five
}

#[tokio::test]
async fn the_sixth_unused_token_is_refused_and_other_users_are_not() {
    let (world, tallies) = (World::default(), MemoryJoinTallies::default());
    five(&world, &tallies, ["a", "b", "c", "d", "e"]).await;
    let before = world.video.sessions();
    let join = async |user: &UserName| world.join(&tallies, &LIMIT, user, "f", NOW).await;
    assert_eq!(refused(join(&user("ann")).await), Duration::from_secs(2));
    assert_eq!(world.video.sessions(), before, "nothing was made for it");
    assert!(join(&user("bob")).await.is_ok());
}

#[tokio::test]
async fn whoever_uses_or_gives_back_tokens_gets_others() {
    let (world, tallies) = (World::default(), MemoryJoinTallies::default());
    let ann = user("ann");
    let join = async || world.join(&tallies, &LIMIT, &ann, "call", NOW).await;
    let first = five(&world, &tallies, ["call"; 5]).await;
    refused(join().await);
    // One is used, one given back, and one dies with whoever was in the call.
    assert!(world.video.enter(&first[0].connection));
    let sixth = join().await.unwrap();
    world.leave(&ann, "call", &first[1]).await;
    join().await.unwrap();
    refused(join().await);
    world.video.exit(&first[0].connection.id);
    assert!(!world.video.enter(&sixth.connection), "it is dead");
    for _ in 0..5 {
        join().await.unwrap();
    }
    refused(join().await);
}

#[tokio::test]
async fn nobody_joins_more_than_twenty_times_a_minute_even_if_each_token_is_used() {
    let (world, tallies) = (World::default(), MemoryJoinTallies::default());
    let ann = user("ann");
    let join = async |now| {
        let joined = world.join(&tallies, &LIMIT, &ann, "call", now).await?;
        assert!(world.video.enter(&joined.connection));
        Ok(joined)
    };
    for _ in 0..20 {
        join(NOW).await.unwrap();
    }
    assert_eq!(refused(join(NOW).await), Duration::from_secs(3));
    let later = NOW + Duration::from_secs(3);
    join(later).await.unwrap();
    assert_eq!(refused(join(later).await), Duration::from_secs(3));
}

/// Each of three tabs is in the call, shows its screen, and loses its network twice within a minute.
#[tokio::test]
async fn three_tabs_that_share_their_screens_and_come_back_twice_are_not_refused() {
    let (world, tallies) = (World::default(), MemoryJoinTallies::default());
    let ann = user("ann");
    for minute in [0, 20, 40] {
        let now = NOW + Duration::from_secs(minute);
        for _camera_then_screen in 0..2 {
            let mut tabs = Vec::new();
            for _ in 0..3 {
                let joined = world.join(&tallies, &LIMIT, &ann, "call", now).await;
                tabs.push(joined.unwrap());
            }
            assert!(tabs.iter().all(|tab| world.video.enter(&tab.connection)));
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_join_costs_one_read_and_two_writes_and_asks_the_video_server_nothing() {
    let tables = Tables::new().await;
    let (tallies, requests) = copy(&tables);
    let world = World::default();
    let watch = Watch::new(|_| false);
    let server = Faulty::new(&world.video, &watch);
    let ann = user("ann");
    let join = async || {
        let before = (requests.sent(), watch.asked().len());
        let joined = world
            .join_at(&server, &tallies, &LIMIT, &ann, "call", NOW)
            .await;
        let sent = requests.sent() - before.0;
        (joined, sent, watch.asked().split_off(before.1))
    };
    let mut tokens = Vec::new();
    for number in 0..5 {
        let (joined, sent, asked) = join().await;
        tokens.push(joined.unwrap());
        let opening: &[&str] = if number == 0 { &["open"] } else { &[] };
        assert_eq!((sent, asked), (3, [opening, &["connect"]].concat()));
    }
    // If all places are taken, it costs a write more, and one list for each session.
    let (joined, sent, asked) = join().await;
    refused(joined);
    assert_eq!((sent, asked), (2, vec!["seats"]));
    assert!(world.video.enter(&tokens[0].connection));
    let (joined, sent, asked) = join().await;
    assert!(joined.is_ok());
    assert_eq!((sent, asked), (4, vec!["seats", "connect"]));
}

#[tokio::test]
async fn nobody_can_have_the_video_server_looked_at_more_often_than_they_may_join() {
    let (world, tallies) = (World::default(), MemoryJoinTallies::default());
    five(&world, &tallies, ["call"; 5]).await;
    let watch = Watch::new(|_| false);
    let (server, ann) = (Faulty::new(&world.video, &watch), user("ann"));
    for _ in 0..100 {
        let joined = world.join_at(&server, &tallies, &LIMIT, &ann, "call", NOW);
        refused(joined.await);
    }
    assert_eq!(watch.asked(), ["seats"; 15]);
}

#[tokio::test]
async fn a_join_that_fails_gives_its_place_up() {
    let (world, tallies) = (World::default(), MemoryJoinTallies::default());
    let ann = user("ann");
    let broken = Faulty::new(&world.video, Fault::FailsTo("connect"));
    for _ in 0..10 {
        let joined = world.join_at(&broken, &tallies, &LIMIT, &ann, "call", NOW);
        assert!(matches!(joined.await, Err(JoinError::Video(_))));
    }
    five(&world, &tallies, ["call"; 5]).await;
}

/// A store that fails after it has kept one tally.
#[derive(Default)]
struct KeptOnce(MemoryJoinTallies);

impl JoinTallies for KeptOnce {
    async fn find(&self, user: &UserName) -> Result<JoinTally, StoreError> {
        self.0.find(user).await
    }

    async fn replace(
        &self,
        user: &UserName,
        tally: &JoinTally,
    ) -> Result<Option<JoinTally>, StoreError> {
        match tally.version {
            1 => self.0.replace(user, tally).await,
            _ => Err(StoreError::Unavailable("it is broken".into())),
        }
    }
}

#[tokio::test]
async fn without_the_tally_nobody_joins_and_whoever_has_joined_stays() {
    let (world, tallies) = (World::default(), MemoryJoinTallies::default());
    let ann = user("ann");
    for method in ["find", "replace"] {
        let broken = Faulty::new(&tallies, Fault::FailsTo(method));
        let joined = world.join(&broken, &LIMIT, &ann, "call", NOW).await;
        assert!(matches!(joined, Err(JoinError::Store(_))), "{joined:?}");
    }
    assert_eq!(world.video.sessions().sessions.len(), 0);
    // With the token in hand, a place that stays the join's for a while is no harm.
    let tallies = KeptOnce::default();
    assert!(
        world
            .join(&tallies, &LIMIT, &ann, "call", NOW)
            .await
            .is_ok()
    );
}

#[tokio::test]
async fn if_the_video_server_does_not_say_whether_tokens_were_used_it_gives_no_others() {
    let (world, tallies) = (World::default(), MemoryJoinTallies::default());
    five(&world, &tallies, ["call"; 5]).await;
    let silent = Faulty::new(&world.video, Fault::FailsTo("seats"));
    let ann = user("ann");
    let joined = world.join_at(&silent, &tallies, &LIMIT, &ann, "call", NOW);
    assert!(matches!(joined.await, Err(JoinError::Video(_))));
}

#[tokio::test]
async fn without_limits_nothing_is_kept() {
    let world = World::default();
    let tallies = MemoryJoinTallies::default();
    let broken = Faulty::new(&tallies, Fault::Fails);
    let none = JoinLimit {
        per_minute: 0,
        ..LIMIT
    };
    for _ in 0..100 {
        let joined = world.join(&broken, &none, &user("ann"), "call", NOW).await;
        assert!(joined.is_ok());
    }
}
