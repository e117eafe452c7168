//! From request to answer: an event of the video server.
//!
//! `OpenVidu` 2.32 sends its events one at a time. It drops an event that is answered with anything
//! but 200, and sends one again that is not answered within 10 s. LiveKit sends those of one room one at
//! a time. It drops an event that is answered with 3xx or 4xx, and sends one four times more that is
//! answered with 5xx. So events that mean nothing to us get a 200, and those that fail are left to the
//! repetition or the sweep.

use std::time::Duration;

use serde_json::json;
use shared::adapters::video::Events;
use shared::domain::Installation;
use shared::http::{Answer, ApiError, Authenticated, Endpoint, ErrorCode, Function, Invocation};
use shared::ports::{CallInventory, VideoInventory};
use shared::telemetry::{self, Metric};
use shared::use_cases::handle_event;

/// The longest time for an event: all later ones wait for it.
pub(crate) const TIME: Duration = Duration::from_millis(900);

/// The function for one request.
pub(crate) struct HearEvent<'a, C, V> {
    pub(crate) events: &'a Events,
    pub(crate) installation: &'a Installation,
    pub(crate) calls: &'a C,
    pub(crate) video: &'a V,
}

impl<C: CallInventory, V: VideoInventory> Function for HearEvent<'_, C, V> {
    const ENDPOINT: Endpoint = Endpoint {
        paths: &["/api-openvidu/webhook"],
        methods: "POST",
    };

    /// The video server.
    type Caller = ();

    async fn authenticate(&self, invocation: &Invocation) -> Result<Authenticated<()>, ApiError> {
        let Invocation { request, now, .. } = invocation;
        if self
            .events
            .is_genuine(request.headers(), request.body(), *now)
        {
            return Ok(Authenticated::without_renewal(()));
        }
        telemetry::count(&[(Metric::WebhooksRefused, 1)]);
        let requirement = self.events.requirement();
        Err(ApiError::new(ErrorCode::WebhookRefused, requirement))
    }

    async fn handle(&self, (): (), invocation: &Invocation) -> Result<Answer, ApiError> {
        let Invocation { request, now, .. } = invocation;
        match self.events.read(request.body(), self.installation) {
            Ok(Some(event)) => handle_event(self.calls, self.video, &event, *now).await?,
            Ok(None) => (),
            Err(error) => {
                let (kind, line, column) = unreadable(&error);
                tracing::warn!(
                    ?kind,
                    line,
                    column,
                    "an event that cannot be read is passed over"
                );
            }
        }
        Ok(json!({}).into())
    }
}

/// Where an unreadable body is wrong. The error's own text would quote the body.
fn unreadable(error: &serde_json::Error) -> (serde_json::error::Category, usize, usize) {
    (error.classify(), error.line(), error.column())
}

#[cfg(test)]
mod livekit_tests;

#[cfg(test)]
mod tests {
    use serde_json::Value;
    use shared::adapters::openvidu::{self, OpenVidu, WebhookSecrets};
    use shared::http;
    use shared::ports::CallStore;
    use shared::secrets::Reloading;
    use shared::system;
    use shared::use_cases::Joined;
    use testing::CallRecords;
    use testing::{Exchange, Fault, Faulty, World, installation, invocation, request};

    use super::*;

    const EVENT: &str = include_str!("../events/participant-left.json");
    const SECRET: &str = "0123456789abcdef0123456789abcdef";
    /// Every event that `OpenVidu` 2.32 sends about a session, exactly as it sends it.
    const DOCUMENTED: &str = include_str!("../events/documented.jsonl");

    fn events() -> Events {
        Events::OpenVidu(Reloading::fixed(WebhookSecrets::parse(SECRET).unwrap()))
    }

    #[tokio::test]
    async fn it_answers_as_the_contract_says() {
        let mut exchanges = Exchange::all(|path| path == "/api-openvidu/webhook");
        exchanges.retain(|exchange| exchange.request.headers.contains_key("x-webhook-secret"));
        assert!(!exchanges.is_empty());
        for exchange in exchanges {
            let world = World::new();
            let function = HearEvent {
                events: &events(),
                installation: &world.installation,
                calls: &world.calls,
                video: &world.video,
            };
            let request = world.request(EVENT, &exchange).await;
            let answer = http::answer(&function, &invocation(request)).await;
            exchange.assert_answered_by(&answer);
        }
    }

    /// Sends a body with these secrets. Returns the status.
    async fn send(world: &World, secrets: &[&str], body: &str) -> u16 {
        send_to(&world.calls, &world.video, world, secrets, body).await
    }

    /// The same with this store of records.
    async fn send_to(
        calls: &impl CallInventory,
        video: &impl VideoInventory,
        world: &World,
        secrets: &[&str],
        body: &str,
    ) -> u16 {
        let mut event: Value = serde_json::from_str(EVENT).unwrap();
        event["body"] = body.into();
        let mut request = request(&event.to_string());
        request.headers_mut().remove("x-webhook-secret");
        for secret in secrets {
            request
                .headers_mut()
                .append("x-webhook-secret", secret.parse().unwrap());
        }
        let function = HearEvent {
            events: &events(),
            installation: &world.installation,
            calls,
            video,
        };
        let answer = http::answer(&function, &invocation(request).within(TIME)).await;
        answer.status().as_u16()
    }

    /// An event of `OpenVidu` about one of our connections.
    fn documented(event: &str, about: &Joined) -> String {
        let named = format!(r#""event":"{event}""#);
        let body = DOCUMENTED.lines().find(|body| body.contains(&named));
        ours(body.unwrap(), about)
    }

    fn ours(body: &str, about: &Joined) -> String {
        body.replace("room1", about.session_id.as_str())
            .replace("con_EIeO06zgMz", about.connection.id.as_str())
    }

    fn participant_left(joined: &Joined) -> String {
        documented("participantLeft", joined)
    }

    fn session_destroyed(joined: &Joined) -> String {
        documented("sessionDestroyed", joined)
    }

    #[tokio::test]
    async fn of_all_documented_events_only_the_end_of_somebody_changes_anything() {
        for body in DOCUMENTED.lines() {
            let world = World::new();
            let (one, two) = (
                world.join("publisher1", "call").await,
                world.join("publisher2", "call").await,
            );
            assert!(world.video.enter(&one.connection) && world.video.enter(&two.connection));
            let mut expected = world.calls.records();
            assert_eq!(
                send(&world, &[SECRET], &ours(body, &one)).await,
                200,
                "{body}"
            );
            if body.contains("participantLeft") {
                expected
                    .tokens
                    .retain(|_, token| token.connection != one.connection);
            }
            assert_eq!(world.calls.records(), expected, "{body}");
        }
    }

    #[tokio::test]
    async fn who_left_is_forgotten_and_the_last_one_closes_the_call() {
        let world = World::new();
        let (one, two) = (
            world.join("publisher1", "call").await,
            world.join("publisher2", "call").await,
        );
        assert!(world.video.enter(&one.connection) && world.video.enter(&two.connection));
        world.video.exit(&one.connection.id);
        assert_eq!(send(&world, &[SECRET], &participant_left(&one)).await, 200);
        assert_eq!(world.calls.records().tokens.len(), 1);
        world.video.exit(&two.connection.id);
        for _twice in 0..2 {
            assert_eq!(send(&world, &[SECRET], &participant_left(&two)).await, 200);
        }
        assert_eq!(world.calls.records(), CallRecords::default());
    }

    #[tokio::test]
    async fn a_destroyed_session_takes_its_unused_tokens_with_it() {
        let world = World::new();
        let joined = world.join("publisher1", "call").await;
        world.video.restart();
        assert_eq!(
            send(&world, &[SECRET], &session_destroyed(&joined)).await,
            200
        );
        assert_eq!(world.calls.records(), CallRecords::default());
    }

    #[tokio::test]
    async fn late_events_of_an_earlier_opening_or_the_same_id_made_again_harm_nobody() {
        let world = World::new();
        // Everybody left, and the call was opened again.
        let earlier = world.join("publisher1", "call").await;
        assert!(world.video.enter(&earlier.connection));
        world.video.exit(&earlier.connection.id);
        assert_eq!(
            send(&world, &[SECRET], &participant_left(&earlier)).await,
            200
        );
        let joined = world.join("publisher1", "call").await;
        assert_ne!(joined.session_id, earlier.session_id);
        // The server restarted, and the next joiner made the same session again.
        world.video.restart();
        let again = world.join("publisher2", "call").await;
        assert_eq!(again.session_id, joined.session_id);
        assert_eq!(
            send(&world, &[SECRET], &participant_left(&joined)).await,
            200
        );
        assert!(world.video.enter(&again.connection));
        let before = world.calls.records();
        for late in [&earlier, &joined] {
            assert_eq!(send(&world, &[SECRET], &session_destroyed(late)).await, 200);
            assert_eq!(send(&world, &[SECRET], &participant_left(late)).await, 200);
        }
        assert_eq!(world.calls.records(), before);
    }

    #[tokio::test]
    async fn late_events_leave_a_call_alone_that_somebody_is_opening() {
        let world = World::new();
        let earlier = world.join("publisher1", "call").await;
        assert!(world.video.enter(&earlier.connection));
        world.video.exit(&earlier.connection.id);
        assert_eq!(
            send(&world, &[SECRET], &participant_left(&earlier)).await,
            200
        );
        let name = earlier.session_id.session_name();
        let opening = system::new_session_id(name, &world.installation);
        let (now, later) = (system::now(), system::now() + Duration::from_secs(60));
        let opened = world.calls.find_or_open(name, &opening, now, later).await;
        assert_eq!(opened.unwrap().id, opening);
        let before = world.calls.records();
        for late in [participant_left(&earlier), session_destroyed(&earlier)] {
            assert_eq!(send(&world, &[SECRET], &late).await, 200);
        }
        assert_eq!(world.calls.records(), before);
    }

    #[tokio::test]
    async fn events_that_mean_nothing_are_answered_all_the_same() {
        let world = World::new();
        let huge = format!(
            r#"{{"event":"signalSent","data":"{}"}}"#,
            "x".repeat(1_000_000)
        );
        for body in [
            "",
            "not json",
            "[]",
            r#"{"event":"participantLeft"}"#,
            r#"{"event":"participantLeft","sessionId":"room1","connectionId":"con_EIeO06zgMz"}"#,
            r#"{"event":"participantLeft","sessionId":"call-3f9c21d07b58-0000000000000001","connectionId":"../"}"#,
            r#"{"event":"somethingNew","sessionId":"call-3f9c21d07b58-0000000000000001"}"#,
            &huge,
        ] {
            assert_eq!(send(&world, &[SECRET], body).await, 200, "{body:.80}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_broken_store_is_told_within_a_second_and_the_rest_left_to_the_sweep() {
        let world = World::new();
        let joined = world.join("publisher1", "call").await;
        let slow = Fault::Takes(Duration::from_millis(1900));
        for fault in [Fault::Fails, Fault::Hangs, slow] {
            let broken = Faulty::new(&world.calls, fault);
            for body in [participant_left(&joined), session_destroyed(&joined)] {
                let started = tokio::time::Instant::now();
                let status = send_to(&broken, &world.video, &world, &[SECRET], &body).await;
                assert_eq!(status, 503, "{fault:?}");
                assert!(started.elapsed() < Duration::from_secs(1), "{fault:?}");
            }
        }
    }

    /// serde's errors quote unexpected text.
    #[tokio::test]
    async fn no_part_of_a_body_is_in_what_is_said_about_it() {
        let error = openvidu::event(br#""CANARY""#, &installation())
            .err()
            .unwrap();
        assert!(error.to_string().contains("CANARY"));
        assert!(!format!("{:?}", unreadable(&error)).contains("CANARY"));
    }

    #[tokio::test]
    async fn a_slow_video_server_is_not_mistaken_for_a_slow_store() {
        let world = World::new();
        let joined = world.join("publisher1", "call").await;
        // A server that accepts connections and never answers.
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let secret = Reloading::fixed("MY_SECRET".into());
        let openvidu = OpenVidu::new(url.parse().unwrap(), secret, None).unwrap();
        let event: Value = serde_json::from_str(EVENT).unwrap();
        let deadline = invocation(request(&event.to_string())).within(TIME);
        let video = openvidu.until(deadline.video_deadline());
        let body = session_destroyed(&joined);
        let status = send_to(&world.calls, &video, &world, &[SECRET], &body).await;
        assert_eq!(status, 504);
    }

    #[tokio::test]
    async fn nobody_else_is_heard() {
        let world = World::new();
        let joined = world.join("publisher1", "call").await;
        let body = participant_left(&joined);
        for secrets in [&[][..], &["wrong"], &[SECRET, SECRET]] {
            assert_eq!(send(&world, secrets, &body).await, 401, "{secrets:?}");
        }
        assert_eq!(world.calls.records().tokens.len(), 1);
    }
}
