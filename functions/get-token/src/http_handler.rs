//! From request to answer: join a call.

use lambda_http::RequestExt;
use serde::Deserialize;
use serde_json::{Value, json};
use shared::adapters::video::Address;
use shared::audit::{self, AuditEvent};
use shared::domain::{Installation, JoinLimit, Nickname, SessionName, User};
use shared::http::{
    self, Answer, ApiError, Authenticated, Endpoint, Function, Invocation, LoginCheck,
};
use shared::ports::{CallStore, JoinTallies, LoginProofs, Logins, VideoInventory};
use shared::system::{self, JitteredBackoff};
use shared::telemetry::{self, Metric};
use shared::use_cases::{JoinError, Joined, Participant, join_call, limit_joins};

const WITH_SESSION_ID: &str = "/api-sessions/get-sessionid-token";

/// The function, for one request.
pub(crate) struct GetToken<'a, P, L, T, C, V> {
    pub(crate) check: &'a LoginCheck<P, L>,
    pub(crate) limit: &'a JoinLimit,
    pub(crate) tallies: &'a T,
    pub(crate) installation: &'a Installation,
    pub(crate) calls: &'a C,
    pub(crate) video: &'a V,
    /// Where browsers find the video server.
    pub(crate) address: &'a Address,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Call {
    // `OpenVidu`'s first tutorials call it `session`.
    #[serde(alias = "session")]
    session_name: String,
    nickname: Option<String>,
}

impl<P: LoginProofs, L: Logins, T: JoinTallies, C: CallStore, V: VideoInventory> Function
    for GetToken<'_, P, L, T, C, V>
{
    const ENDPOINT: Endpoint = Endpoint {
        paths: &[WITH_SESSION_ID, "/api-sessions/get-token"],
        methods: "POST",
    };

    type Caller = User;

    async fn authenticate(&self, invocation: &Invocation) -> Result<Authenticated<User>, ApiError> {
        self.check.caller(invocation).await
    }

    async fn handle(&self, caller: User, invocation: &Invocation) -> Result<Answer, ApiError> {
        let Invocation { request, now, .. } = invocation;
        let call: Call = http::body(request)?;
        let name = SessionName::parse(&call.session_name)?;
        let nickname = call.nickname.as_deref().map(Nickname::parse).transpose()?;
        let who = Participant {
            role: caller.role_in(&name),
            user: caller.name,
            nickname,
        };
        let id = |name: &SessionName| system::new_session_id(name, self.installation);
        let joining = join_call(
            self.calls,
            self.video,
            &JitteredBackoff,
            id,
            &who,
            &name,
            *now,
        );
        let (limit, join) = (self.limit, system::new_join_id());
        let joining = limit_joins(
            self.tallies,
            self.video,
            limit,
            &who.user,
            join,
            *now,
            joining,
        );
        let joined = joining.await.inspect_err(|error| {
            if let JoinError::TooMany(_) = error {
                let address = self.check.addresses.of(request);
                let reason = audit::Reason::TooManyJoins;
                audit::record(AuditEvent::Refusal, Some(&who.user), Some(address), reason);
                telemetry::count(&[(Metric::JoinsRefused, 1)]);
            }
        })?;
        if joined.recreations + joined.restarts > 0 {
            telemetry::count(&[
                (Metric::SessionsRecreated, joined.recreations),
                (Metric::JoinsRestarted, joined.restarts),
            ]);
        }
        let mut ticket = ticket(request.raw_http_path(), &name, &who, &joined);
        ticket["videoServer"] = video_server(self.address);
        Ok(ticket.into())
    }
}

/// Pages of `OpenVidu`'s tutorials read the numbered keys: session id and token, or only the token.
fn ticket(path: &str, name: &SessionName, who: &Participant, joined: &Joined) -> Value {
    let session_id = joined.session_id.as_str();
    let token = joined.connection.token.expose();
    let mut ticket = json!({
        "0": token,
        "sessionId": session_id,
        "token": token,
        "role": who.role.as_str(),
        "sessionName": name.as_str(),
        "connectionId": joined.connection.id.as_str(),
    });
    if path == WITH_SESSION_ID {
        ticket["0"] = session_id.into();
        ticket["1"] = token.into();
    }
    ticket
}

/// A token of LiveKit does not say where it is good.
fn video_server(address: &Address) -> Value {
    json!({ "kind": address.kind.as_str(), "url": address.url })
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use lambda_http::{Body, Request, Response};
    use shared::adapters::video::Kind;
    use shared::domain::ConnectionId;
    use testing::{Exchange, Faulty, World, assert_answers_in_time, invocation, request};

    use super::*;

    const EVENT: &str = include_str!("../events/get-token.json");
    const PATHS: [&str; 2] = [WITH_SESSION_ID, "/api-sessions/get-token"];

    async fn ask(world: &World, request: Request) -> Response<Body> {
        let function = GetToken {
            check: &world.check,
            limit: &JoinLimit::default(),
            tallies: &world.tallies,
            installation: &world.installation,
            calls: &world.calls,
            video: &world.video,
            address: &world.address,
        };
        http::answer(&function, &invocation(request)).await
    }

    #[tokio::test]
    async fn it_answers_as_the_contract_says() {
        for exchange in Exchange::all(|path| PATHS.contains(&path)) {
            let world = World::new();
            let request = world.request(EVENT, &exchange).await;
            exchange.assert_answered_by(&ask(&world, request).await);
        }
    }

    #[tokio::test]
    async fn everybody_joins_one_session_with_a_token_of_their_own_role() {
        let world = World::new();
        let mut answers = Vec::new();
        for user in ["publisher1", "subscriber"] {
            let event = EVENT.replace("JWT", &world.proof_of(user));
            let answer = ask(&world, request(&event)).await;
            let body: serde_json::Value = serde_json::from_slice(answer.body()).unwrap();
            answers.push(body);
        }
        assert_eq!(answers[0]["sessionId"], answers[1]["sessionId"]);
        assert_ne!(answers[0]["token"], answers[1]["token"]);
        assert_eq!(
            [&answers[0]["role"], &answers[1]["role"]],
            ["PUBLISHER", "SUBSCRIBER"]
        );
    }

    #[tokio::test]
    async fn a_nickname_reaches_the_video_server_and_a_call_does_without() {
        let world = World::new();
        let event = EVENT.replace("JWT", &world.proof_of("publisher1"));
        for (nickname, called) in [("", None), (r#","nickname":" Ann  B. ""#, Some("Ann B."))] {
            let mut event: Value = serde_json::from_str(&event).unwrap();
            let body = format!(r#"{{"sessionName":"TUTORIAL"{nickname}}}"#);
            event["body"] = body.into();
            let answer = ask(&world, request(&event.to_string())).await;
            let body: Value = serde_json::from_slice(answer.body()).unwrap();
            let id = ConnectionId::parse(body["connectionId"].as_str().unwrap()).unwrap();
            let nickname = world.video.nickname_of(&id);
            assert_eq!(nickname.as_ref().map(Nickname::as_str), called);
        }
    }

    #[tokio::test]
    async fn browsers_are_told_which_video_server_a_token_is_for() {
        let mut world = World::new();
        for (kind, url, told) in [
            (Kind::OpenVidu, "https://video.example.org:4443", "openvidu"),
            (Kind::LiveKit, "wss://video.example.org", "livekit"),
        ] {
            let url = url.to_owned();
            world.address = Address { kind, url };
            for path in PATHS {
                let mut event: Value = serde_json::from_str(EVENT).unwrap();
                event["rawPath"] = path.into();
                let event = event
                    .to_string()
                    .replace("JWT", &world.proof_of("publisher1"));
                let answer = ask(&world, request(&event)).await;
                let body: Value = serde_json::from_slice(answer.body()).unwrap();
                let expected = json!({ "kind": told, "url": world.address.url });
                assert_eq!(body["videoServer"], expected);
            }
        }
    }

    #[tokio::test]
    async fn who_joins_too_often_is_told_when_to_come_again() {
        let world = World::new();
        let event = EVENT.replace("JWT", &world.proof_of("publisher1"));
        for _ in 0..5 {
            assert_eq!(ask(&world, request(&event)).await.status().as_u16(), 200);
        }
        let answer = ask(&world, request(&event)).await;
        assert_eq!(
            (answer.status().as_u16(), &answer.headers()["retry-after"]),
            (429, &"2".parse().unwrap())
        );
    }

    #[tokio::test]
    async fn a_user_is_a_moderator_in_the_calls_that_their_record_names() {
        let world = World::new();
        for (call, role) in [("MODERATED", "MODERATOR"), ("Moderated", "SUBSCRIBER")] {
            let event = EVENT
                .replace("JWT", &world.proof_of("subscriber"))
                .replace("TUTORIAL", call);
            let answer = ask(&world, request(&event)).await;
            let body: serde_json::Value = serde_json::from_slice(answer.body()).unwrap();
            assert_eq!(body["role"], role, "{body}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn slow_records_are_told_of_in_time() {
        let world = World::new();
        let event = EVENT.replace("JWT", &world.proof_of("publisher1"));
        let answer = async |fault, invocation| {
            let function = GetToken {
                check: &world.check_with(fault),
                limit: &JoinLimit::default(),
                tallies: &Faulty::new(&world.tallies, fault),
                installation: &world.installation,
                calls: &Faulty::new(&world.calls, fault),
                video: &world.video,
                address: &world.address,
            };
            http::answer(&function, &invocation).await
        };
        let time_out = Duration::from_secs(29);
        assert_answers_in_time(time_out, answer, || request(&event)).await;
    }

    fn by_cookie(proof: &str) -> String {
        EVENT.replace("JWT", proof)
    }

    fn by_header(proof: &str) -> String {
        let mut event: serde_json::Value = serde_json::from_str(EVENT).unwrap();
        event["headers"]["authorization"] = format!("Bearer {proof}").into();
        event["cookies"] = [""].into();
        event.to_string()
    }

    #[tokio::test]
    async fn a_browser_whose_login_is_about_to_end_gets_another_cookie_whatever_the_answer() {
        let (world, hour) = (World::new(), Duration::from_secs(60 * 60));
        let login = |before: u32| {
            let begun = system::now() - hour * before;
            world.proof_at("publisher1", begun, hour * 8)
        };
        for (event, status, renewed) in [
            (by_cookie(&login(1)), 200, false),
            (by_cookie(&login(7)), 200, true),
            (by_cookie(&login(7)).replace("TUTORIAL", ""), 400, true),
            (by_cookie(&login(8)), 401, false),
            (by_header(&login(7)), 200, false),
        ] {
            let answer = ask(&world, request(&event)).await;
            assert_eq!(answer.status(), status);
            let cookie = answer.headers().get("set-cookie");
            assert_eq!(cookie.is_some(), renewed, "{status} {cookie:?}");
            let Some(cookie) = cookie else { continue };
            let cookie = cookie.to_str().unwrap();
            assert!(cookie.ends_with("Max-Age=28800"), "{cookie}");
            let (proof, _) = cookie.split_once(';').unwrap();
            let proof = proof.strip_prefix("__Host-login=").unwrap();
            let again = ask(&world, request(&by_cookie(proof))).await;
            assert_eq!(again.status(), 200);
        }
    }

    #[tokio::test]
    async fn bad_input_gets_a_clear_answer_and_nothing_is_recorded() {
        let long = format!("{{\"sessionName\":\"{}\"}}", "x".repeat(65));
        let huge = format!("{{\"sessionName\":\"{}\"}}", "x".repeat(1_000_000));
        let world = World::new();
        for (body, content_type, code) in [
            ("", "application/json", "malformed_json"),
            ("{", "application/json", "malformed_json"),
            ("[]", "application/json", "invalid_body"),
            (r#" ["call"]"#, "application/json", "invalid_body"),
            (r#""call""#, "application/json", "invalid_body"),
            ("[", "application/json", "malformed_json"),
            ("{}", "application/json", "invalid_body"),
            (r#"{"sessionName":5}"#, "application/json", "invalid_body"),
            (
                r#"{"sessionName":"a","role":"MODERATOR"}"#,
                "application/json",
                "invalid_body",
            ),
            (
                r#"{"sessionName":"a","session":"b"}"#,
                "application/json",
                "invalid_body",
            ),
            (
                r#"{"sessionName":""}"#,
                "application/json",
                "invalid_session_name",
            ),
            (
                r#"{"sessionName":"a\u0000b"}"#,
                "application/json",
                "invalid_session_name",
            ),
            (
                r#"{"sessionName":"a","nickname":"\u202ennA"}"#,
                "application/json",
                "invalid_nickname",
            ),
            (
                r#"{"sessionName":"a","nickname":5}"#,
                "application/json",
                "invalid_body",
            ),
            (&long, "application/json", "invalid_session_name"),
            (&huge, "application/json", "body_too_large"),
            (
                r#"{"sessionName":"a"}"#,
                "text/plain",
                "unsupported_media_type",
            ),
            (
                r#"{"sessionName":"a"}"#,
                "application/jsonp",
                "unsupported_media_type",
            ),
        ] {
            let mut event: serde_json::Value = serde_json::from_str(EVENT).unwrap();
            event["body"] = body.into();
            event["headers"]["content-type"] = content_type.into();
            let event = event
                .to_string()
                .replace("JWT", &world.proof_of("publisher1"));
            let answer = ask(&world, request(&event)).await;
            let problem: serde_json::Value = serde_json::from_slice(answer.body()).unwrap();
            assert_eq!(problem["code"], code, "{problem}");
            assert!(answer.status().is_client_error());
        }
        assert_eq!(world.calls.records(), testing::CallRecords::default());
    }
}
