//! Request to use case to response: leave a call, or remove somebody from it.

use lambda_http::{Body, Request, Response};
use serde::Deserialize;
use serde_json::json;
use shared::domain::{ConnectionId, SessionName, Token};
use shared::http::{self, ApiError, Caller, Endpoint, ErrorCode, LoginCheck};
use shared::ports::{CallStore, LoginProofs, Logins, VideoServer};
use shared::system;
use shared::use_cases::{Participant, Whom, leave_call};

/// Where this function answers.
pub(crate) const ENDPOINT: Endpoint = Endpoint {
    paths: &["/api-sessions/remove-user"],
    methods: "POST",
};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Leaver {
    session_name: String,
    token: Option<String>,
    connection_id: Option<String>,
}

/// Answers one request.
pub(crate) async fn remove_user(
    check: &LoginCheck<impl LoginProofs, impl Logins>,
    calls: &impl CallStore,
    video: &impl VideoServer,
    request: Request,
) -> Result<Response<Body>, ApiError> {
    let now = system::now();
    let handle = async |request: Request, caller: Caller| {
        let leaver: Leaver = http::body(&request)?;
        let name = SessionName::parse(&leaver.session_name)?;
        let whom = whom(&leaver)?;
        let by = Participant {
            role: caller.user.role_in(&name),
            user: caller.user.name,
        };
        leave_call(calls, video, &by, &name, &whom, now).await?;
        Ok(http::json(&json!({})))
    };
    check.answer(request, now, handle).await
}

fn whom(leaver: &Leaver) -> Result<Whom, ApiError> {
    match (&leaver.token, &leaver.connection_id) {
        (Some(token), None) => Ok(Whom::Token(Token::parse(token)?)),
        (None, Some(id)) => Ok(Whom::Connection(ConnectionId::parse(id)?)),
        (Some(_), Some(_)) | (None, None) => Err(ApiError::new(
            ErrorCode::InvalidBody,
            "The body must have either a token or a connectionId.",
        )),
    }
}

#[cfg(test)]
mod tests {
    use shared::testing::{Exchange, World};

    use super::*;

    const EVENT: &str = include_str!("../events/remove-user.json");

    async fn ask(world: &World, request: Request) -> Response<Body> {
        let Ok(answer) = http::respond(ENDPOINT, request, async |request| {
            remove_user(&world.check, &world.calls, &world.video, request).await
        })
        .await;
        answer
    }

    #[tokio::test]
    async fn it_answers_as_the_contract_says() {
        for exchange in Exchange::all(|path| ENDPOINT.paths.contains(&path)) {
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
            let answer = ask(&world, shared::testing::request(&event.to_string())).await;
            assert_eq!(answer.status(), status, "{call}");
        }
    }
}
