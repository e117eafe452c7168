//! From request to answer: leave a call, or remove somebody from it.

use serde::Deserialize;
use serde_json::json;
use shared::audit::{self, AuditEvent, Reason};
use shared::domain::{ConnectionId, SessionName, User};
use shared::http::{
    self, Answer, ApiError, Authenticated, Endpoint, ErrorCode, Function, Invocation, LoginCheck,
};
use shared::ports::{CallStore, LoginProofs, Logins, VideoServer};
use shared::use_cases::{LeaveError, Participant, Whom, leave_call};

/// The function for one request.
pub(crate) struct RemoveUser<'a, P, L, C, V> {
    pub(crate) check: &'a LoginCheck<P, L>,
    pub(crate) calls: &'a C,
    pub(crate) video: &'a V,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Leaver {
    session_name: String,
    token: Option<String>,
    connection_id: Option<String>,
}

impl<P: LoginProofs, L: Logins, C: CallStore, V: VideoServer> Function
    for RemoveUser<'_, P, L, C, V>
{
    const ENDPOINT: Endpoint = Endpoint {
        paths: &["/api-sessions/remove-user"],
        methods: "POST",
    };

    type Caller = User;

    async fn authenticate(&self, invocation: &Invocation) -> Result<Authenticated<User>, ApiError> {
        self.check.caller(invocation).await
    }

    async fn handle(&self, caller: User, invocation: &Invocation) -> Result<Answer, ApiError> {
        let Invocation { request, now, .. } = invocation;
        let leaver: Leaver = http::body(request)?;
        let name = SessionName::parse(&leaver.session_name)?;
        let whom = whom(&leaver, self.video)?;
        let by = Participant {
            role: caller.role_in(&name),
            user: caller.name,
            nickname: None,
        };
        let left = leave_call(self.calls, self.video, &by, &name, &whom, *now).await;
        if let Err(LeaveError::NotYours) = left {
            let address = self.check.addresses.of(request);
            let reason = Reason::SomebodyElsesToken;
            audit::record(AuditEvent::Refusal, Some(&by.user), Some(address), reason);
        }
        left?;
        Ok(json!({}).into())
    }
}

fn whom(leaver: &Leaver, video: &impl VideoServer) -> Result<Whom, ApiError> {
    match (&leaver.token, &leaver.connection_id) {
        (Some(token), None) => Ok(Whom::Token(video.token(token)?)),
        (None, Some(id)) => Ok(Whom::Connection(ConnectionId::parse(id)?)),
        (Some(_), Some(_)) | (None, None) => Err(ApiError::new(
            ErrorCode::InvalidBody,
            "The body must have either a token or a connectionId.",
        )),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use lambda_http::{Body, Request, Response};
    use testing::{Exchange, Faulty, World, assert_answers_in_time, invocation, request};

    use super::*;

    const EVENT: &str = include_str!("../events/remove-user.json");

    async fn ask(world: &World, request: Request) -> Response<Body> {
        let function = RemoveUser {
            check: &world.check,
            calls: &world.calls,
            video: &world.video,
        };
        http::answer(&function, &invocation(request)).await
    }

    #[tokio::test]
    async fn it_answers_as_the_contract_says() {
        for exchange in Exchange::all(|path| path == "/api-sessions/remove-user") {
            let world = World::new();
            let request = world.request(EVENT, &exchange).await;
            exchange.assert_answered_by(&ask(&world, request).await);
        }
    }

    #[tokio::test]
    async fn a_moderator_of_one_call_removes_others_from_that_call_alone() {
        let world = World::new();
        for (call, status) in [("MODERATED", 200), ("TUTORIAL", 403)] {
            let joined = world.join("publisher2", call).await;
            let mut event: serde_json::Value = serde_json::from_str(EVENT).unwrap();
            let proof = world.proof_of("publisher1");
            event["headers"]["authorization"] = format!("Bearer {proof}").into();
            let token = joined.connection.token.expose();
            event["body"] = json!({ "sessionName": call, "token": token })
                .to_string()
                .into();
            let answer = ask(&world, request(&event.to_string())).await;
            assert_eq!(answer.status(), status, "{call}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn slow_records_are_told_of_in_time() {
        let world = World::new();
        let joined = world.join("publisher1", "TUTORIAL").await;
        let mut event: serde_json::Value = serde_json::from_str(EVENT).unwrap();
        let proof = world.proof_of("publisher1");
        event["headers"]["authorization"] = format!("Bearer {proof}").into();
        let token = joined.connection.token.expose();
        let body = json!({ "sessionName": "TUTORIAL", "token": token });
        event["body"] = body.to_string().into();
        let event = event.to_string();
        let answer = async |fault, invocation| {
            let function = RemoveUser {
                check: &world.check_with(fault),
                calls: &Faulty::new(&world.calls, fault),
                video: &world.video,
            };
            http::answer(&function, &invocation).await
        };
        let time_out = Duration::from_secs(29);
        assert_answers_in_time(time_out, answer, || request(&event)).await;
    }
}
