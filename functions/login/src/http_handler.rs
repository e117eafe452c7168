//! Request to use case to response: log in.

use std::time::Duration;

use lambda_http::{Body, Request, Response};
use serde::Deserialize;
use serde_json::json;
use shared::domain::Password;
use shared::http::{self, ApiError, ClientAddresses, Endpoint, LoginCookie};
use shared::ports::{Attempts, LoginProofs, PasswordHashing, UserDirectory};
use shared::system;
use shared::use_cases::{LogInAttempt, log_in};

/// Where this function answers.
pub(crate) const ENDPOINT: Endpoint = Endpoint {
    paths: &["/api-login/login"],
    methods: "POST",
};

/// What logging in needs.
pub(crate) struct LogIn<U, A, H, P> {
    pub(crate) users: U,
    pub(crate) attempts: A,
    pub(crate) hashing: H,
    pub(crate) proofs: P,
    pub(crate) lifetime: Duration,
    pub(crate) cookie: LoginCookie,
    pub(crate) addresses: ClientAddresses,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Credentials {
    user: String,
    pass: String,
}

impl<U: UserDirectory, A: Attempts, H: PasswordHashing, P: LoginProofs> LogIn<U, A, H, P> {
    /// Answers one request.
    pub(crate) async fn handle(&self, request: Request) -> Result<Response<Body>, ApiError> {
        let credentials: Credentials = http::body(&request)?;
        let attempt = LogInAttempt {
            name: &credentials.user,
            password: &Password::new(&credentials.pass),
            address: self.addresses.of(&request),
            lifetime: self.lifetime,
            now: system::now(),
        };
        let (users, attempts) = (&self.users, &self.attempts);
        let id = system::new_login_id();
        let logged_in = log_in(users, attempts, &self.hashing, &self.proofs, id, attempt);
        let (login, proof) = logged_in.await?;
        let answer = http::json(&json!({
            "user": login.user.as_str(),
            "role": login.role.as_str(),
            "token": proof,
            "expiresAt": login.expires_at.unix_seconds(),
        }));
        Ok(http::with_cookie(
            answer,
            &self.cookie.set(&proof, self.lifetime),
        ))
    }
}

#[cfg(test)]
mod tests {
    use shared::adapters::memory_people::MemoryAttempts;
    use shared::testing::{Exchange, World, request};

    use super::*;

    const EVENT: &str = include_str!("../events/login.json");

    fn log_in(
        world: World,
    ) -> LogIn<impl UserDirectory, MemoryAttempts, impl PasswordHashing, impl LoginProofs> {
        LogIn {
            users: world.check.logins,
            attempts: world.attempts,
            hashing: world.hashing,
            proofs: world.check.proofs,
            lifetime: Duration::from_secs(600),
            cookie: world.check.cookie,
            addresses: world.check.addresses,
        }
    }

    #[tokio::test]
    async fn it_answers_as_the_contract_says() {
        for exchange in Exchange::all(|path| ENDPOINT.paths.contains(&path)) {
            let world = World::new();
            let request = world.request(EVENT, &exchange).await;
            let log_in = log_in(world);
            let Ok(answer) = http::respond(ENDPOINT, request, async |request| {
                log_in.handle(request).await
            })
            .await;
            exchange.assert_answered_by(&answer);
        }
    }

    #[tokio::test]
    async fn the_cookie_is_the_token_of_the_answer() {
        let world = World::new();
        let answer = log_in(world).handle(request(EVENT)).await.unwrap();
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
        let log_in = log_in(World::new());
        let wrong = EVENT.replace(r#"\"pass\":\"pass\""#, r#"\"pass\":\"wrong\""#);
        for _ in 0..5 {
            assert!(log_in.handle(request(&wrong)).await.is_err());
        }
        let Ok(answer) = http::respond(ENDPOINT, request(EVENT), async |request| {
            log_in.handle(request).await
        })
        .await;
        assert_eq!(answer.status(), 429);
        let wait: u64 = answer.headers()["retry-after"]
            .to_str()
            .unwrap()
            .parse()
            .unwrap();
        assert!((1..=15).contains(&wait), "{wait}");

        let elsewhere = EVENT.replace("203.0.113.7", "203.0.113.8");
        assert!(log_in.handle(request(&elsewhere)).await.is_ok());
    }
}
