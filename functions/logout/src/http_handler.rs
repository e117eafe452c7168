//! From request to answer: log out.

use serde::Deserialize;
use serde_json::json;
use shared::domain::Login;
use shared::http::{
    self, Answer, ApiError, Authenticated, Endpoint, Function, Invocation, LoginCheck,
};
use shared::ports::{EndedLogins, LoginProofs};
use shared::use_cases;

/// The function for one request.
pub(crate) struct LogOut<'a, P, L> {
    pub(crate) check: &'a LoginCheck<P, L>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Nothing {}

impl<P: LoginProofs, L: EndedLogins> Function for LogOut<'_, P, L> {
    /// `GET` too, for pages of `OpenVidu`'s first tutorials.
    const ENDPOINT: Endpoint = Endpoint {
        paths: &["/api-login/logout"],
        methods: "GET, HEAD, POST",
    };

    /// Logging out succeeds without a login too, so it does not matter whether the login is still
    /// valid.
    type Caller = Option<Login>;

    async fn authenticate(
        &self,
        invocation: &Invocation,
    ) -> Result<Authenticated<Option<Login>>, ApiError> {
        let login = self.check.proved_login(invocation)?;
        Ok(Authenticated::without_renewal(login))
    }

    async fn handle(
        &self,
        caller: Option<Login>,
        invocation: &Invocation,
    ) -> Result<Answer, ApiError> {
        let request = &invocation.request;
        let Nothing {} = http::body_or_nothing(request)?;
        if let Some(login) = caller {
            let address = self.check.addresses.of(request);
            use_cases::log_out(&self.check.logins, &login, address).await?;
        }
        let answer = Answer::from(json!({}));
        let cookie = self.check.cookie;
        Ok(match cookie.read(request.headers()) {
            Some(_) => answer.with_cookie(cookie.clear()),
            None => answer,
        })
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use lambda_http::{Body, Request, Response};
    use serde_json::Value;
    use testing::{Exchange, World, assert_answers_in_time, invocation, request};

    use super::*;

    const EVENT: &str = include_str!("../events/logout.json");

    async fn ask(world: &World, request: Request) -> Response<Body> {
        let function = LogOut {
            check: &world.check,
        };
        http::answer(&function, &invocation(request)).await
    }

    #[tokio::test]
    async fn it_answers_as_the_contract_says() {
        let paths = ["/api-login/logout", "/api-login/nothing"];
        for exchange in Exchange::all(|path| paths.contains(&path)) {
            let world = World::new();
            let request = world.request(EVENT, &exchange).await;
            exchange.assert_answered_by(&ask(&world, request).await);
        }
    }

    /// Is the login of `event` valid?
    async fn is_logged_in(world: &World, event: &str) -> bool {
        let invocation = invocation(request(event));
        world.check.caller(&invocation).await.is_ok()
    }

    #[tokio::test]
    async fn the_login_of_the_cookie_ends_and_the_cookie_goes() {
        let world = World::new();
        let event = EVENT.replace("JWT", &world.proof_of("publisher1"));
        assert!(is_logged_in(&world, &event).await);
        let answer = ask(&world, request(&event)).await;
        let cookie = answer.headers()["set-cookie"].to_str().unwrap();
        assert!(
            cookie.starts_with("__Host-login=;") && cookie.ends_with("Max-Age=0"),
            "{cookie}"
        );
        assert!(!is_logged_in(&world, &event).await);
    }

    /// The cookie is `SameSite=Strict`, so a browser does not send it with a request from another
    /// site. But after a link, a form, a new window or a `meta refresh` it would store a cookie of
    /// the answer.
    #[tokio::test]
    async fn another_sites_page_logs_nobody_out() {
        let world = World::new();
        let proof = world.proof_of("publisher1");
        for (method, mode) in [
            ("GET", "navigate"),
            ("POST", "navigate"),
            ("GET", "no-cors"),
        ] {
            for with_cookie in [false, true] {
                let mut event: Value = serde_json::from_str(EVENT).unwrap();
                event["requestContext"]["http"]["method"] = method.into();
                event["headers"]["sec-fetch-site"] = "cross-site".into();
                event["headers"]["sec-fetch-mode"] = mode.into();
                if !with_cookie {
                    event["cookies"] = Value::Null;
                }
                let event = event.to_string().replace("JWT", &proof);
                let answer = ask(&world, request(&event)).await;
                let problem: Value = serde_json::from_slice(answer.body()).unwrap();
                assert_eq!(problem["code"], "cross_site");
                assert!(answer.headers().get("set-cookie").is_none());
            }
        }
        assert!(is_logged_in(&world, &EVENT.replace("JWT", &proof)).await);
    }

    #[tokio::test]
    async fn a_cookie_that_was_not_sent_is_not_cleared() {
        let mut event: Value = serde_json::from_str(EVENT).unwrap();
        event["cookies"] = Value::Null;
        let answer = ask(&World::new(), request(&event.to_string())).await;
        assert_eq!(answer.status(), 200);
        assert!(answer.headers().get("set-cookie").is_none());
    }

    #[tokio::test]
    async fn head_is_answered_as_get_is_but_without_a_body() {
        let world = World::new();
        let mut event: Value = serde_json::from_str(EVENT).unwrap();
        event["requestContext"]["http"]["method"] = "HEAD".into();
        event["body"] = Value::Null;
        let event = event
            .to_string()
            .replace("JWT", &world.proof_of("publisher1"));
        let answer = ask(&world, request(&event)).await;
        assert_eq!(
            (answer.status().as_u16(), answer.body()),
            (200, &Body::Empty)
        );
        assert!(!is_logged_in(&world, &event).await);
    }

    #[tokio::test(start_paused = true)]
    async fn slow_records_are_told_of_in_time() {
        let world = World::new();
        let event = EVENT.replace("JWT", &world.proof_of("publisher1"));
        let answer = async |fault, invocation| {
            let check = &world.check_with(fault);
            http::answer(&LogOut { check }, &invocation).await
        };
        let time_out = Duration::from_secs(10);
        assert_answers_in_time(time_out, answer, || request(&event)).await;
    }
}
