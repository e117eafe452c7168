//! Who may end whose connection, and what they get as an answer.

#![expect(clippy::unwrap_used, reason = "a test that panics has failed")]

use std::time::Duration;

use shared::domain::{Role, SessionName, Timestamp, Token, UserName};
use shared::ports::CallStore;
use shared::system::{new_session_id, now};
use shared::use_cases::{Joined, LeaveError, Participant, Whom, join_call, leave_call};
use testing::{Fault, Faulty, NoBackoff, World};

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

/// The answer tells nobody more than they knew.
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

fn publisher1() -> Participant {
    Participant {
        user: UserName::parse("publisher1").unwrap(),
        role: Role::Publisher,
    }
}

/// Two people are in the call. The first has failed to leave, because the store or the video server
/// refused a request.
async fn failed_to_leave(
    world: &World,
    at: Timestamp,
    store: &'static str,
    video: &'static str,
) -> Joined {
    let one = world.join("publisher1", "call").await;
    let two = world.join("publisher2", "call").await;
    assert!(world.video.enter(&two.connection));
    let calls = Faulty::new(&world.calls, Fault::FailsTo(store));
    let video = Faulty::new(&world.video, Fault::FailsTo(video));
    let call = SessionName::parse("call").unwrap();
    let whom = Whom::Token(one.connection.token.clone());
    let failed = leave_call(&calls, &video, &publisher1(), &call, &whom, at).await;
    match failed {
        Err(LeaveError::Store(_)) if !store.is_empty() => one,
        Err(LeaveError::Video(_)) if store.is_empty() => one,
        other => panic!("{store}: {other:?}"),
    }
}

#[tokio::test]
async fn a_repeated_leave_ends_the_connection_that_the_first_did_not() {
    for (store, video) in [("", "evict"), ("has_tokens", ""), ("remove", "")] {
        for by_connection in [false, true] {
            let world = World::new();
            let one = failed_to_leave(&world, now(), store, video).await;
            let whom = if by_connection {
                Whom::Connection(one.connection.id.clone())
            } else {
                Whom::Token(one.connection.token.clone())
            };
            let repeated = leave(&world, "publisher1", Role::Publisher, &whom).await;
            assert!(repeated.is_ok(), "{store}{video}: {repeated:?}");
            assert!(!world.video.enter(&one.connection), "{store}{video}");
            assert_eq!(world.calls.records().tokens.len(), 1, "{store}{video}");
        }
    }
}

/// A sweep must not take its record for alive, even if it began before the leave or its clock is behind.
#[tokio::test]
async fn what_a_failed_leave_keeps_counted_for_nothing_before_it() {
    let world = World::new();
    let one = failed_to_leave(&world, now() + Duration::from_secs(60), "", "evict").await;
    let call = SessionName::parse("call").unwrap();
    let token = &one.connection.token;
    let kept = world.calls.find_token(&call, token).await.unwrap().unwrap();
    let behind = kept.issued_at - Duration::from_secs(60);
    assert!(kept.expires_at <= behind, "{kept:?}");
}

#[tokio::test]
async fn a_join_that_cannot_connect_leaves_no_session_at_the_video_server() {
    let world = World::new();
    let video = Faulty::new(&world.video, Fault::FailsTo("connect"));
    let call = SessionName::parse("call").unwrap();
    let id = |name: &SessionName| new_session_id(name, &world.installation);
    let who = publisher1();
    let failed = join_call(&world.calls, &video, &NoBackoff, id, &who, &call, now()).await;
    assert!(failed.is_err(), "{failed:?}");
    assert!(world.calls.records().sessions.is_empty());
    assert!(world.video.sessions().sessions.is_empty());
}
