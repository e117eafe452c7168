//! Each method of the port, and what the server then has.

use local_testing::participant::Participant;
use shared::domain::{ConnectionId, Role};
use shared::ports::{VideoError, VideoInventory, VideoServer};

use super::{adapter, connect, key, known_by, server, session, twirp, user};

#[tokio::test]
async fn a_room_opens_takes_participants_and_closes() {
    let server = server().await;
    let livekit = adapter(&server);
    let session = session("Sitzung ä/3 🎉");
    assert_eq!(livekit.seats(&session).await.unwrap(), None);
    livekit.open(&session).await.unwrap();
    livekit
        .open(&session)
        .await
        .expect("opening it again is fine");
    let opened = livekit.seats(&session).await.unwrap().unwrap();
    assert!(opened.seats.is_empty());

    let (one, two) = (
        connect(&livekit, &session).await,
        connect(&livekit, &session).await,
    );
    assert_ne!(one, two);
    let in_the_room = Participant::join(&server.url(), one.token.expose())
        .await
        .unwrap();
    let seats = livekit.seats(&session).await.unwrap().unwrap().seats;
    let [(id, seat)] = &seats.into_iter().collect::<Vec<_>>()[..] else {
        panic!("one of two tokens is used");
    };
    assert!(*id == one.id && seat.taken && seat.ours);
    assert!(seat.created_at >= opened.created_at);

    assert!(livekit.evict(&session, &one.id).await.unwrap());
    in_the_room.until_gone().await;
    assert!(
        !livekit.evict(&session, &one.id).await.unwrap(),
        "they are gone"
    );
    assert!(
        !livekit.evict(&session, &two.id).await.unwrap(),
        "they never came"
    );

    let thrown_out = Participant::join(&server.url(), two.token.expose())
        .await
        .unwrap();
    livekit.close(&session).await.unwrap();
    thrown_out.until_gone().await;
    livekit
        .close(&session)
        .await
        .expect("closing it again is fine");
    assert_eq!(livekit.seats(&session).await.unwrap(), None);
    assert!(
        !livekit.evict(&session, &two.id).await.unwrap(),
        "the room is gone"
    );
}

/// This is what `unlisted_for` is about: no rule can rely on an eviction alone.
#[tokio::test]
async fn a_token_is_good_again_after_its_eviction_and_makes_its_room_anew() {
    let server = server().await;
    let livekit = adapter(&server);
    let session = session("a call");
    let connection = connect(&livekit, &session).await;
    let join = async || {
        Participant::join(&server.url(), connection.token.expose())
            .await
            .unwrap()
    };
    let first = join().await;
    assert!(livekit.evict(&session, &connection.id).await.unwrap());
    first.until_gone().await;
    let _second = join().await;
    livekit.close(&session).await.unwrap();
    let _third = join().await;
    let seats = livekit.seats(&session).await.unwrap().unwrap().seats;
    assert!(seats.contains_key(&connection.id));
}

#[tokio::test]
async fn a_connection_makes_the_room_that_a_restart_has_lost() {
    let mut server = server().await;
    let livekit = adapter(&server);
    let session = session("a call");
    livekit.open(&session).await.unwrap();
    server.stop().await;
    let away = livekit.open(&session).await;
    assert!(matches!(away, Err(VideoError::Unreachable(_))), "{away:?}");
    server.start_again().await.unwrap();
    assert_eq!(livekit.seats(&session).await.unwrap(), None);
    connect(&livekit, &session).await;
    assert!(livekit.seats(&session).await.unwrap().is_some());
}

#[tokio::test]
async fn the_list_of_all_rooms_has_ours_and_none_of_other_applications() {
    let server = server().await;
    let livekit = adapter(&server);
    let url = server.url();
    let (busy, empty) = (session("busy"), session("empty"));
    livekit.open(&empty).await.unwrap();
    let joined = connect(&livekit, &busy).await;
    let _waits = connect(&livekit, &busy).await;
    let _in = Participant::join(&url, joined.token.expose())
        .await
        .unwrap();
    // A recorder in our room, and a room of another application.
    let room = &twirp::rooms(&server).await[0];
    assert!(room.starts_with("busy-local000-"), "{room}");
    let _recorder = Participant::join(&url, &twirp::token(&server, room, "EG_recorder")).await;
    let theirs = twirp::token(&server, "their room", "ann");
    let _theirs = Participant::join(&url, &theirs).await.unwrap();

    let listing = livekit.all_seats().await.unwrap();
    assert_eq!((listing.sessions.len(), listing.unreadable_count), (2, 0));
    assert!(listing.sessions[&empty].seats.is_empty());
    let busy: Vec<_> = listing.sessions[&busy].seats.keys().collect();
    assert_eq!(
        busy,
        [&joined.id],
        "a token is listed when somebody connects with it"
    );
}

#[tokio::test]
async fn tokens_of_every_role_open_rooms_of_every_script_and_changed_ones_open_none() {
    let server = server().await;
    let livekit = adapter(&server);
    for name in ["x", "д", "会"] {
        let session = session(&name.repeat(64));
        for role in [Role::Publisher, Role::Subscriber, Role::Moderator] {
            let connection = livekit
                .connect(&session, &user(), role, None)
                .await
                .unwrap()
                .unwrap();
            let token = connection.token.expose();
            assert!(
                Participant::join(&server.url(), token).await.is_ok(),
                "{name}, {role:?}"
            );
            let (content, signature) = token.rsplit_once('.').unwrap();
            let other = if signature.starts_with('A') { "B" } else { "A" };
            let changed = format!("{content}.{other}{}", &signature[1..]);
            let refused = Participant::join(&server.url(), &changed).await.err();
            assert_eq!(refused, Some(401));
        }
    }
}

#[tokio::test]
async fn a_wrong_secret_and_an_unknown_key_are_refused() {
    let server = server().await;
    let secret = &server.settings().secret;
    for keys in [key("local", "not-the-secret"), key("other", secret)] {
        let livekit = known_by(&server, keys);
        let (session, nobody) = (session("a call"), ConnectionId::new(1));
        let answers = [
            livekit.open(&session).await.err(),
            livekit
                .connect(&session, &user(), Role::Publisher, None)
                .await
                .err(),
            livekit.evict(&session, &nobody).await.err(),
            livekit.close(&session).await.err(),
            livekit.seats(&session).await.err(),
            livekit.all_seats().await.err(),
        ];
        for answer in answers {
            assert!(
                matches!(answer, Some(VideoError::WrongSecret)),
                "{answer:?}"
            );
        }
    }
    assert!(twirp::rooms(&server).await.is_empty());
}
