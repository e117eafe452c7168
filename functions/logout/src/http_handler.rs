//! Request to use case to response: log out.

use lambda_http::{Body, Request, Response};
use serde::Deserialize;
use serde_json::json;
use shared::http::{self, ApiError, Endpoint, ErrorCode, LoginCheck};
use shared::ports::{LoginProofs, Logins};
use shared::{system, use_cases};

/// Where this function answers: by `GET` too, as pages from `OpenVidu`'s first tutorials ask.
pub(crate) const ENDPOINT: Endpoint = Endpoint {
    paths: &["/api-login/logout"],
    methods: "GET, POST",
};

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Nothing {}

/// Answers one request: `200` also for who is not logged in, because then that is what they wanted. So
/// nobody needs to look whether they are.
pub(crate) async fn log_out<P: LoginProofs, L: Logins>(
    check: &LoginCheck<P, L>,
    request: Request,
) -> Result<Response<Body>, ApiError> {
    let Nothing {} = http::body_or_nothing(&request)?;
    match check.proved_login(&request, system::now()) {
        Ok(login) => {
            let address = check.addresses.of(&request);
            use_cases::log_out(&check.logins, &login, address).await?;
        }
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

    /// The code that a request with the login of `event` is answered with; `None`: it is answered well.
    async fn asked(world: &World, event: &str) -> Option<ErrorCode> {
        let handle = async |_: Request, _| Ok(http::json(&json!({})));
        let answer = world.check.answer(request(event), system::now(), handle);
        answer.await.err().map(|error| error.code())
    }

    #[tokio::test]
    async fn the_login_of_the_cookie_ends_and_the_cookie_goes() {
        let world = World::new();
        let event = EVENT.replace("JWT", &world.proof_of("publisher1"));
        assert_eq!(asked(&world, &event).await, None);
        let answer = log_out(&world.check, request(&event)).await.unwrap();
        let cookie = answer.headers()["set-cookie"].to_str().unwrap();
        assert!(
            cookie.starts_with("__Host-login=;") && cookie.ends_with("Max-Age=0"),
            "{cookie}"
        );
        assert_eq!(asked(&world, &event).await, Some(ErrorCode::NotLoggedIn));
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
        assert_eq!(asked(&world, &ours).await, None);
    }
}
