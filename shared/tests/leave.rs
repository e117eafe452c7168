//! Who may end whose connection, and what they get as an answer.

#![expect(clippy::unwrap_used, reason = "a test that panics has failed")]

use std::time::Duration;

use shared::domain::{
    ConnectionId, Removal, Role, SessionId, SessionName, Timestamp, Token, UserName,
};
use shared::ports::{CallStore, VideoServer};
use shared::system::{new_session_id, now};
use shared::use_cases::{CALL_LIFETIME, Joined, LeaveError, Participant, Whom, leave_call};
use testing::{Answer, Fate, Fault, Faults, Faulty, Operation, Script, Watch, World};

/// Lets somebody leave a call, or remove somebody else.
async fn leave(world: &World, user: &str, role: Role, whom: &Whom) -> Result<(), LeaveError> {
    let by = Participant {
        user: UserName::parse(user).unwrap(),
        role,
        nickname: None,
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
        nickname: None,
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
async fn the_last_leave_asks_the_video_server_only_to_end_the_session() {
    let world = World::new();
    let joined = world.join("publisher1", "call").await;
    let watch = Watch::new(|_| false);
    let video = Faulty::new(&world.video, &watch);
    let call = SessionName::parse("call").unwrap();
    let whom = Whom::Token(joined.connection.token);
    let left = leave_call(&world.calls, &video, &publisher1(), &call, &whom, now()).await;
    assert!(left.is_ok(), "{left:?}");
    assert_eq!(watch.asked(), ["close"]);
}

#[tokio::test]
async fn a_removal_of_nobody_that_closes_a_deserted_call_asks_for_nothing_else() {
    let world = World::new();
    let call = SessionName::parse("call").unwrap();
    let id = new_session_id(&call, &world.installation);
    let opened_at = now() - Duration::from_secs(60 * 60);
    let opening = world
        .calls
        .find_or_open(&call, &id, opened_at, now() + CALL_LIFETIME);
    opening.await.unwrap();
    world.video.open(&id).await.unwrap();
    let watch = Watch::new(|_| false);
    let video = Faulty::new(&world.video, &watch);
    let moderator = Participant {
        user: UserName::parse("moderator").unwrap(),
        role: Role::Moderator,
        nickname: None,
    };
    let nobody = Whom::Connection(ConnectionId::parse("con_nobody").unwrap());
    let left = leave_call(&world.calls, &video, &moderator, &call, &nobody, now()).await;
    assert!(matches!(left, Err(LeaveError::TokenNotFound)), "{left:?}");
    assert_eq!(watch.asked(), ["close"]);
}

/// A removal that stopped midway has left a connection without a record.
#[tokio::test]
async fn moderators_and_nobody_else_may_end_a_connection_without_a_record() {
    let world = World::new();
    let stays = world.join("publisher2", "call").await;
    assert!(world.video.enter(&stays.connection));
    let user = UserName::parse("publisher1").unwrap();
    let stray = world
        .video
        .connect(&stays.session_id, &user, Role::Publisher, None);
    let stray = stray.await.unwrap().unwrap();
    let whom = Whom::Connection(stray.id.clone());
    for (user, role, ends) in [
        ("publisher1", Role::Publisher, false),
        ("moderator", Role::Moderator, true),
        ("moderator", Role::Moderator, false),
    ] {
        let answer = leave(&world, user, role, &whom).await;
        match answer {
            Ok(()) => assert!(ends, "{user}"),
            Err(LeaveError::TokenNotFound) => assert!(!ends, "{user}"),
            Err(error) => panic!("{error}"),
        }
    }
    let seats = &world.video.sessions().sessions[&stays.session_id];
    assert!(seats.keys().eq([&stays.connection.id]));
}

/// Nobody evicts another participant whose record goes at the same moment.
#[tokio::test]
async fn whose_token_it_is_counts_also_if_its_record_goes_meanwhile() {
    let world = World::new();
    let (one, two) = (
        world.join("publisher1", "call").await,
        world.join("publisher2", "call").await,
    );
    assert!(world.video.enter(&two.connection));
    let gone = Fate::Answered(Box::new(Answer::Removal(Removal::NotThere)));
    let calls = Faulty::new(&world.calls, Script::new([("remove", gone)]));
    let call = SessionName::parse("call").unwrap();
    let whom = Whom::Token(two.connection.token.clone());
    let refused = leave_call(&calls, &world.video, &publisher1(), &call, &whom, now()).await;
    assert!(matches!(refused, Err(LeaveError::NotYours)), "{refused:?}");
    let seats = &world.video.sessions().sessions[&one.session_id];
    assert!(seats.contains_key(&two.connection.id));
}

/// The close takes effect, its answer is lost, and somebody opens the call again.
struct ReopenedMeanwhile<'a> {
    world: &'a World,
    reopened: SessionId,
}

impl Faults for ReopenedMeanwhile<'_> {
    async fn strike(&self, operation: Operation) -> Fate {
        let Operation::Close(closed) = operation else {
            return Fate::Works;
        };
        let calls = &self.world.calls;
        assert!(calls.close(&closed).await.unwrap());
        let (name, id) = (&closed.name, &self.reopened);
        calls
            .find_or_open(name, id, now(), closed.expires_at)
            .await
            .unwrap();
        Fate::Works
    }
}

#[tokio::test]
async fn a_leave_whose_close_was_not_answered_still_ends_the_session() {
    let world = World::new();
    let joined = world.join("publisher1", "call").await;
    let call = SessionName::parse("call").unwrap();
    let faults = ReopenedMeanwhile {
        world: &world,
        reopened: new_session_id(&call, &world.installation),
    };
    let calls = Faulty::new(&world.calls, &faults);
    let whom = Whom::Token(joined.connection.token);
    let left = leave_call(&calls, &world.video, &publisher1(), &call, &whom, now()).await;
    assert!(left.is_ok(), "{left:?}");
    assert!(world.video.sessions().sessions.is_empty());
    let on_record = world.calls.find(&call, now()).await.unwrap().unwrap();
    assert_eq!(on_record.id, faults.reopened);
}
