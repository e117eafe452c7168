//! Request to use case to response: log out.

use lambda_http::{Body, Request, Response};
use serde::Deserialize;
use serde_json::json;
use shared::http::{self, ApiError, Endpoint, ErrorCode, LoginCheck};
use shared::ports::{LoginProofs, Revocations};
use shared::{system, use_cases};

/// Where this function answers: by `GET` too, as pages from `OpenVidu`'s first tutorials ask.
pub(crate) const ENDPOINT: Endpoint = Endpoint {
    paths: &["/api-login/logout"],
    methods: "GET, POST",
};

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Nothing {}

/// Answers one request: `200` also for who is not logged in, because then that is what they wanted.
pub(crate) async fn log_out<P: LoginProofs, R: Revocations>(
    check: &LoginCheck<P, R>,
    request: Request,
) -> Result<Response<Body>, ApiError> {
    let Nothing {} = http::body_or_nothing(&request)?;
    match check.login(&request, system::now()).await {
        Ok(login) => use_cases::log_out(&check.revocations, &login).await?,
        Err(error) if error.code() == ErrorCode::NotLoggedIn => (),
        Err(error) => return Err(error),
    }
    Ok(http::with_cookie(
        http::json(&json!({})),
        &check.cookie.clear(),
    ))
}

#[cfg(test)]
mod tests {
    use shared::testing::{Exchange, World, request};

    use super::*;

    const EVENT: &str = include_str!("../events/logout.json");

    #[tokio::test]
    async fn it_answers_as_the_contract_says() {
        let unknown = "/api-login/nothing";
        for exchange in Exchange::all(|path| path == unknown || ENDPOINT.paths.contains(&path)) {
            let world = World::new();
            let request = world.request(EVENT, &exchange).await;
            let Ok(answer) = http::respond(ENDPOINT, request, async |request| {
                log_out(&world.check, request).await
            })
            .await;
            exchange.assert_answered_by(&answer);
        }
    }

    #[tokio::test]
    async fn the_login_of_the_cookie_ends_and_the_cookie_goes() {
        let world = World::new();
        let event = EVENT.replace("JWT", &world.proof_of("publisher1"));
        assert!(
            world
                .check
                .login(&request(&event), system::now())
                .await
                .is_ok()
        );
        let answer = log_out(&world.check, request(&event)).await.unwrap();
        let cookie = answer.headers()["set-cookie"].to_str().unwrap();
        assert!(
            cookie.starts_with("__Host-login=;") && cookie.ends_with("Max-Age=0"),
            "{cookie}"
        );
        let again = world.check.login(&request(&event), system::now()).await;
        assert_eq!(again.unwrap_err().code(), ErrorCode::NotLoggedIn);
    }

    #[tokio::test]
    async fn another_sites_page_logs_nobody_out() {
        let world = World::new();
        let event = EVENT
            .replace("JWT", &world.proof_of("publisher1"))
            .replace("same-origin", "cross-site");
        let refused = log_out(&world.check, request(&event)).await;
        assert_eq!(refused.unwrap_err().code(), ErrorCode::CrossSite);
        let ours = event.replace("cross-site", "same-origin");
        assert!(
            world
                .check
                .login(&request(&ours), system::now())
                .await
                .is_ok()
        );
    }
}
