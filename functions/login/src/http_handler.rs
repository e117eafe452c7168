//! Request to use case to answer: log in.

use std::time::Duration;

use serde::Deserialize;
use serde_json::json;
use shared::domain::Password;
use shared::http::{
    self, Answer, ApiError, Authenticated, ClientAddresses, Endpoint, Function, Invocation,
    LoginCookie,
};
use shared::ports::{Attempts, LoginProofs, PasswordHashing, UserDirectory};
use shared::system;
use shared::use_cases::{LogInAttempt, log_in};

/// The function, for one request.
pub(crate) struct LogIn<'a, U, A, H, P> {
    pub(crate) users: &'a U,
    pub(crate) attempts: &'a A,
    pub(crate) hashing: &'a H,
    pub(crate) proofs: &'a P,
    pub(crate) lifetime: Duration,
    pub(crate) cookie: LoginCookie,
    pub(crate) addresses: &'a ClientAddresses,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Credentials {
    user: String,
    pass: String,
}

impl<U: UserDirectory, A: Attempts, H: PasswordHashing, P: LoginProofs> Function
    for LogIn<'_, U, A, H, P>
{
    const ENDPOINT: Endpoint = Endpoint {
        paths: &["/api-login/login"],
        methods: "POST",
    };

    type Caller = ();

    async fn authenticate(&self, _: &Invocation) -> Result<Authenticated<()>, ApiError> {
        Ok(Authenticated::without_renewal(()))
    }

    async fn handle(&self, (): (), invocation: &Invocation) -> Result<Answer, ApiError> {
        let Invocation { request, now, .. } = invocation;
        let credentials: Credentials = http::body(request)?;
        let attempt = LogInAttempt {
            name: &credentials.user,
            password: &Password::new(&credentials.pass),
            address: self.addresses.of(request),
            lifetime: self.lifetime,
            now: *now,
        };
        let id = system::new_login_id();
        let logged_in = log_in(
            self.users,
            self.attempts,
            self.hashing,
            self.proofs,
            id,
            attempt,
        );
        let (login, proof) = logged_in.await?;
        let answer = Answer::from(json!({
            "user": login.user.as_str(),
            "role": login.role.as_str(),
            "token": proof,
            "expiresAt": login.expires_at.unix_seconds(),
        }));
        Ok(answer.with_cookie(self.cookie.set(&proof, self.lifetime)))
    }
}

#[cfg(test)]
mod tests {
    use lambda_http::{Body, Request, Response};
    use shared::testing::{
        Exchange, Unreliable, World, assert_answers_in_time, invocation, request,
    };

    use super::*;

    const EVENT: &str = include_str!("../events/login.json");

    async fn ask(world: &World, request: Request) -> Response<Body> {
        let function = LogIn {
            users: &world.check.logins,
            attempts: &world.attempts,
            hashing: &world.hashing,
            proofs: &world.check.proofs,
            lifetime: Duration::from_secs(600),
            cookie: world.check.cookie,
            addresses: &world.check.addresses,
        };
        http::answer(&function, &invocation(request)).await
    }

    #[tokio::test]
    async fn it_answers_as_the_contract_says() {
        for exchange in Exchange::all(|path| path == "/api-login/login") {
            let world = World::new();
            let request = world.request(EVENT, &exchange).await;
            exchange.assert_answered_by(&ask(&world, request).await);
        }
    }

    #[tokio::test]
    async fn the_cookie_is_the_token_of_the_answer() {
        let answer = ask(&World::new(), request(EVENT)).await;
        let body: serde_json::Value = serde_json::from_slice(answer.body()).unwrap();
        let cookie = answer.headers()["set-cookie"].to_str().unwrap();
        let token = body["token"].as_str().unwrap();
        assert!(
            cookie.starts_with(&format!("__Host-login={token}; HttpOnly")),
            "{cookie}"
        );
    }

    #[tokio::test]
    async fn who_has_to_wait_is_told_how_long() {
        let world = World::new();
        let wrong = EVENT.replace(r#"\"pass\":\"pass\""#, r#"\"pass\":\"wrong\""#);
        for _ in 0..5 {
            assert_eq!(ask(&world, request(&wrong)).await.status(), 401);
        }
        let answer = ask(&world, request(EVENT)).await;
        assert_eq!(answer.status(), 429);
        let wait: u64 = answer.headers()["retry-after"]
            .to_str()
            .unwrap()
            .parse()
            .unwrap();
        assert!((1..=15).contains(&wait), "{wait}");

        let elsewhere = EVENT.replace("203.0.113.7", "203.0.113.8");
        assert_eq!(ask(&world, request(&elsewhere)).await.status(), 200);
    }

    #[tokio::test(start_paused = true)]
    async fn slow_records_are_told_of_in_time() {
        let world = World::new();
        let answer = async |fault, invocation| {
            let function = LogIn {
                users: &Unreliable::new(&world.check.logins, fault),
                attempts: &Unreliable::new(&world.attempts, fault),
                hashing: &world.hashing,
                proofs: &world.check.proofs,
                lifetime: Duration::from_secs(600),
                cookie: world.check.cookie,
                addresses: &world.check.addresses,
            };
            http::answer(&function, &invocation).await
        };
        let time_out = Duration::from_secs(10);
        assert_answers_in_time(time_out, answer, || request(EVENT)).await;
    }
}
