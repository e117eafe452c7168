//! Request to use case to response: join a call.

use lambda_http::{Body, Request, RequestExt, Response};
use serde::Deserialize;
use serde_json::json;
use shared::domain::SessionName;
use shared::http::{self, ApiError, Endpoint, LoginCheck};
use shared::ports::{CallStore, LoginProofs, Revocations, VideoServer};
use shared::system;
use shared::use_cases::{Joined, Participant, join_call};

const WITH_SESSION_ID: &str = "/api-sessions/get-sessionid-token";

/// Where this function answers.
pub(crate) const ENDPOINT: Endpoint = Endpoint {
    paths: &[WITH_SESSION_ID, "/api-sessions/get-token"],
    methods: "POST",
};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Call {
    // `OpenVidu`'s first tutorials call it `session`.
    #[serde(alias = "session")]
    session_name: String,
}

/// Answers one request.
pub(crate) async fn get_token(
    check: &LoginCheck<impl LoginProofs, impl Revocations>,
    calls: &impl CallStore,
    video: &impl VideoServer,
    request: Request,
) -> Result<Response<Body>, ApiError> {
    let now = system::now();
    let login = check.login(&request, now).await?;
    let call: Call = http::body(&request)?;
    let name = SessionName::parse(&call.session_name)?;
    let who = Participant {
        user: login.user,
        role: login.role,
    };
    let joined = join_call(calls, video, system::new_session_id, &who, &name, now).await?;
    Ok(answer(request.raw_http_path(), &name, &who, &joined))
}

/// The numbered keys are what pages of `OpenVidu`'s tutorials read: session id and token, or the
/// token alone.
fn answer(path: &str, name: &SessionName, who: &Participant, joined: &Joined) -> Response<Body> {
    let session_id = joined.session_id.as_str();
    let token = joined.connection.token.expose();
    let mut answer = json!({
        "0": token,
        "sessionId": session_id,
        "token": token,
        "role": who.role.as_str(),
        "sessionName": name.as_str(),
        "connectionId": joined.connection.id.as_str(),
    });
    if path == WITH_SESSION_ID {
        answer["0"] = session_id.into();
        answer["1"] = token.into();
    }
    http::json(&answer)
}
