//! The function with LiveKit: who is heard, and what happens then.

use std::slice::from_ref;
use std::time::Duration;

use lambda_http::Request;
use serde_json::{Value, json};
use shared::adapters::livekit::{ApiKeys, ApiSecrets, Webhooks};
use shared::adapters::video::Events;
use shared::domain::{
    Connection, ConnectionId, Role, SessionId, SessionName, Token, TokenRecord, UserName,
};
use shared::http;
use shared::ports::CallStore;
use shared::secrets::Reloading;
use shared::system;
use testing::{Exchange, MemoryVideo, World, invocation, request, signed};

use super::{HearEvent, TIME};

const EVENT: &str = include_str!("../../events/livekit.json");
const KEY: &str = "devkey";
const SECRET: &str = "secretsecretsecretsecretsecretsecret1";

fn events(keys: &str, secrets: &str) -> Events {
    let secrets = Reloading::fixed(ApiSecrets::parse(secrets).unwrap());
    Events::LiveKit(Webhooks::new(ApiKeys::parse(keys, secrets).unwrap()))
}

/// A world with LiveKit, and a call with one person on record.
struct Call {
    world: World,
    session: SessionId,
    connection: Connection,
}

impl Call {
    async fn new() -> Self {
        let mut world = World::new();
        world.video = MemoryVideo::livekit();
        world.video.set_clock(system::now());
        let name = SessionName::parse("TUTORIAL").unwrap();
        let session = SessionId::new(&name, &world.installation, 0xabc);
        let connection = connection(&session, 1);
        let (now, later) = (system::now(), system::now() + Duration::from_secs(600));
        let opened = world.calls.find_or_open(&name, &session, now, later).await;
        assert_eq!(opened.unwrap().id, session);
        let record = TokenRecord {
            session_name: name.clone(),
            session_id: session.clone(),
            connection: connection.clone(),
            role: Role::Publisher,
            user: UserName::parse("publisher1").unwrap(),
            issued_at: now,
            expires_at: later,
        };
        world.calls.record(&record).await.unwrap();
        assert!(world.calls.confirm(&name, &session, later).await.unwrap());
        assert!(world.video.enter(&connection));
        Self {
            world,
            session,
            connection,
        }
    }

    /// The connections that are in the call.
    fn connected(&self) -> Vec<ConnectionId> {
        let mut sessions = self.world.video.sessions().sessions;
        let seats = sessions.remove(&self.session).unwrap_or_default();
        seats.into_keys().collect()
    }

    async fn send(&self, event: &str) -> u16 {
        self.send_to(&events(KEY, SECRET), request(event)).await
    }

    async fn send_to(&self, events: &Events, request: Request) -> u16 {
        let function = HearEvent {
            events,
            installation: &self.world.installation,
            calls: &self.world.calls,
            video: &self.world.video,
        };
        let answer = http::answer(&function, &invocation(request).within(TIME)).await;
        answer.status().as_u16()
    }
}

/// A way into the session that `MemoryVideo` knows.
fn connection(session: &SessionId, number: u128) -> Connection {
    let id = ConnectionId::new(number);
    Connection {
        token: Token::of_connection(format!("{session} {id}"), session.clone(), id.clone()),
        id,
    }
}

/// LiveKit's report about a connection of the call.
fn report(event: &str, session: &SessionId, id: &ConnectionId) -> String {
    json!({
        "event": event, "id": "EV_6R6fNBZffSyJ", "createdAt": "1795650235",
        "room": { "sid": "RM_PFmEXAMPLE", "name": session.as_str(), "turnPassword": "TURN_PASSWORD" },
        "participant": {
            "sid": "PA_jwKEXAMPLE", "identity": id.as_str(), "state": "ACTIVE", "name": "Ann",
            "disconnectReason": "CLIENT_INITIATED",
        },
    })
    .to_string()
}

/// API Gateway's event with this body as text, and this `Authorization`.
fn event(body: &str, authorization: &str) -> String {
    let mut event: Value = serde_json::from_str(EVENT).unwrap();
    event["body"] = body.into();
    event["headers"]["authorization"] = authorization.into();
    event["isBase64Encoded"] = false.into();
    event.to_string()
}

fn signed_event(body: &str) -> String {
    event(body, &signed(body.as_bytes(), KEY, SECRET))
}

#[tokio::test]
async fn it_answers_as_the_contract_says() {
    let mut exchanges = Exchange::all(|path| path == "/api-openvidu/webhook");
    exchanges.retain(|exchange| exchange.request.headers.contains_key("authorization"));
    assert!(exchanges.len() > 2, "{exchanges:?}");
    for exchange in exchanges {
        let call = Call::new().await;
        let mut request = call.world.request(EVENT, &exchange).await;
        // An example cannot know the time. What has to be refused is sent as it is.
        if exchange.response.status == 200 {
            let proof = signed(request.body(), KEY, SECRET);
            let headers = request.headers_mut();
            headers.insert("authorization", proof.parse().unwrap());
        }
        let function = HearEvent {
            events: &events(KEY, SECRET),
            installation: &call.world.installation,
            calls: &call.world.calls,
            video: &call.world.video,
        };
        let answer = http::answer(&function, &invocation(request)).await;
        exchange.assert_answered_by(&answer);
    }
}

/// The gateway hands over in base64 what it does not know as text.
#[tokio::test]
async fn a_body_is_proved_by_its_own_bytes_however_the_gateway_hands_it_over() {
    let call = Call::new().await;
    let mut event: Value = serde_json::from_str(EVENT).unwrap();
    assert_eq!(event["isBase64Encoded"], true);
    assert_eq!(event["headers"]["content-type"], "application/webhook+json");
    let body = request(EVENT).into_body();
    assert!(body.starts_with(b"{\"event\":\"participant_left\""));
    event["headers"]["authorization"] = signed(&body, KEY, SECRET).into();
    assert_eq!(call.send(&event.to_string()).await, 200);
    assert!(call.world.calls.records().tokens.is_empty());
    // The text that stands for the bytes is not what was signed.
    let text = event["body"].as_str().unwrap();
    event["headers"]["authorization"] = signed(text.as_bytes(), KEY, SECRET).into();
    assert_eq!(call.send(&event.to_string()).await, 401);
}

#[tokio::test]
async fn whoever_was_removed_and_comes_back_is_out_again() {
    let call = Call::new().await;
    let removed = connection(&call.session, 2);
    assert!(call.world.video.enter(&removed));
    for joined in [&call.connection.id, &removed.id] {
        let report = report("participant_joined", &call.session, joined);
        for _twice in 0..2 {
            assert_eq!(call.send(&signed_event(&report)).await, 200);
        }
    }
    assert_eq!(call.connected(), from_ref(&call.connection.id));
}

#[tokio::test]
async fn whoever_has_left_is_forgotten_and_with_the_last_one_the_room_goes() {
    let call = Call::new().await;
    call.world.video.exit(&call.connection.id);
    let report = report("participant_left", &call.session, &call.connection.id);
    assert_eq!(call.send(&signed_event(&report)).await, 200);
    assert_eq!(call.world.calls.records(), testing::CallRecords::default());
    let sessions = call.world.video.sessions().sessions;
    assert!(!sessions.contains_key(&call.session));
}

#[tokio::test]
async fn nobody_else_is_heard() {
    let call = Call::new().await;
    let body = report("participant_left", &call.session, &call.connection.id);
    let other = report("participant_left", &call.session, &ConnectionId::new(9));
    let good = signed(body.as_bytes(), KEY, SECRET);
    for authorization in [
        "",
        "guess",
        &format!("Bearer {good}"),
        &format!("{good},{good}"),
        &signed(body.as_bytes(), KEY, "another-secret"),
        &signed(body.as_bytes(), "another-key", SECRET),
        &signed(b"", KEY, SECRET),
        // A real proof, of another event.
        &signed(other.as_bytes(), KEY, SECRET),
    ] {
        assert_eq!(call.send(&event(&body, authorization)).await, 401);
    }
    // The header that authenticates OpenVidu 2.32 counts for nothing here.
    let mut with_secret: Value = serde_json::from_str(&event(&body, "")).unwrap();
    let headers = with_secret["headers"].as_object_mut().unwrap();
    headers.remove("authorization");
    headers.insert("x-webhook-secret".to_owned(), SECRET.into());
    assert_eq!(call.send(&with_secret.to_string()).await, 401);
    assert_eq!(call.world.calls.records().tokens.len(), 1);

    assert_eq!(call.send(&event(&body, &good)).await, 200);
    assert_eq!(call.world.calls.records().tokens.len(), 0);
}

#[tokio::test]
async fn while_a_key_is_changed_events_by_both_are_heard() {
    let call = Call::new().await;
    let both = events("new,devkey", &format!("new-secret,{SECRET}"));
    let new = events("new", "new-secret");
    let body = report("track_published", &call.session, &call.connection.id);
    for (key, secret, after) in [("new", "new-secret", 200), (KEY, SECRET, 401)] {
        let event = event(&body, &signed(body.as_bytes(), key, secret));
        assert_eq!(call.send_to(&both, request(&event)).await, 200, "{key}");
        assert_eq!(call.send_to(&new, request(&event)).await, after, "{key}");
    }
}

#[tokio::test]
async fn events_that_mean_nothing_are_answered_all_the_same() {
    let call = Call::new().await;
    let elsewhere = SessionId::new(
        call.session.session_name(),
        &shared::domain::Installation::parse("aaaaaaaaaaaa").unwrap(),
        0xabc,
    );
    for body in [
        String::new(),
        "not json".to_owned(),
        "[]".to_owned(),
        r#"{"event":"something_new"}"#.to_owned(),
        report("participant_joined", &elsewhere, &ConnectionId::new(9)),
    ] {
        assert_eq!(call.send(&signed_event(&body)).await, 200, "{body}");
    }
    assert_eq!(call.connected(), from_ref(&call.connection.id));
}
