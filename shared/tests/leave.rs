//! Who may end whose connection, and what they are answered.

#![expect(clippy::unwrap_used, reason = "a test that panics has failed")]

use shared::domain::{Role, SessionName, Token, UserName};
use shared::system::now;
use shared::testing::World;
use shared::use_cases::{LeaveError, Participant, Whom, leave_call};

/// Lets somebody leave a call, or remove somebody else.
async fn leave(world: &World, user: &str, role: Role, whom: &Whom) -> Result<(), LeaveError> {
    let by = Participant {
        user: UserName::parse(user).unwrap(),
        role,
    };
    let call = SessionName::parse("call").unwrap();
    leave_call(&world.calls, &world.video, &by, &call, whom, now()).await
}

#[tokio::test]
async fn only_its_owner_and_moderators_may_end_a_token() {
    for role in [Role::Subscriber, Role::Publisher] {
        let world = World::new();
        let joined = world.join("publisher1", "call").await;
        assert!(world.video.enter(&joined.connection));
        let before = (world.calls.records(), world.video.sessions());
        for whom in [
            Whom::Token(joined.connection.token.clone()),
            Whom::Connection(joined.connection.id.clone()),
        ] {
            let refused = leave(&world, "publisher2", role, &whom).await;
            assert!(matches!(refused, Err(LeaveError::NotYours)), "{refused:?}");
            assert_eq!((world.calls.records(), world.video.sessions()), before);
        }
    }
    for (user, role) in [
        ("publisher1", Role::Publisher),
        ("moderator", Role::Moderator),
    ] {
        let world = World::new();
        let joined = world.join("publisher1", "call").await;
        let whom = Whom::Token(joined.connection.token.clone());
        leave(&world, user, role, &whom).await.unwrap();
        assert!(world.calls.records().tokens.is_empty());
        assert!(world.video.sessions().sessions.is_empty());
    }
}

#[tokio::test]
async fn who_leaves_ends_their_connection_and_nobody_elses() {
    let world = World::new();
    let (one, two) = (
        world.join("publisher1", "call").await,
        world.join("publisher2", "call").await,
    );
    assert!(world.video.enter(&two.connection));
    let whom = Whom::Token(one.connection.token.clone());
    leave(&world, "publisher1", Role::Publisher, &whom)
        .await
        .unwrap();
    assert!(!world.video.enter(&one.connection), "the token is dead");
    let seats = &world.video.sessions().sessions[&two.session_id];
    assert_eq!(seats.keys().collect::<Vec<_>>(), [&two.connection.id]);
}

#[tokio::test]
async fn a_token_that_was_never_there_changes_nothing() {
    let unknown = Whom::Token(Token::parse("tok_unknown").unwrap());
    let world = World::new();
    assert!(
        leave(&world, "publisher2", Role::Publisher, &unknown)
            .await
            .is_err()
    );
    world.join("publisher1", "call").await;
    let before = (world.calls.records(), world.video.sessions());
    assert!(
        leave(&world, "publisher2", Role::Publisher, &unknown)
            .await
            .is_err()
    );
    assert_eq!((world.calls.records(), world.video.sessions()), before);
}

/// Nobody is told more by the answer than they knew.
#[tokio::test]
async fn a_token_that_is_not_on_record_is_answered_alike_whether_the_call_is_open_or_not() {
    let named = "wss://host?sessionId=call-3f9c21d07b58-0000000000000001&token=tok_made_up";
    let world = World::new();
    for open in [false, true] {
        if open {
            world.join("publisher1", "call").await;
        }
        for (text, found) in [(named, true), ("tok_unknown", false)] {
            let whom = Whom::Token(Token::parse(text).unwrap());
            let answer = leave(&world, "publisher2", Role::Publisher, &whom).await;
            match answer {
                Ok(()) => assert!(found, "{text}"),
                Err(LeaveError::TokenNotFound) => assert!(!found, "{text}"),
                Err(error) => panic!("{error}"),
            }
        }
    }
}
