//! From request to answer: log in.

use std::time::Duration;

use lambda_http::http::header::ORIGIN;
use serde::Deserialize;
use serde_json::json;
use shared::domain::Password;
use shared::http::{
    self, Answer, ApiError, Authenticated, ClientAddresses, Endpoint, Function, Invocation,
    LoginCookie,
};
use shared::ports::{Attempts, LoginProofs, PasswordHashing, UserDirectory};
use shared::system::{self, SystemClock};
use shared::use_cases::{LogInAttempt, LoggedIn, log_in};

/// The function for one request.
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
        let request = &invocation.request;
        let credentials: Credentials = http::body(request)?;
        let device = self.cookie.of_device().read(request.headers());
        let keeps_cookies = device.is_some() || request.headers().contains_key(ORIGIN);
        // A program that keeps no cookies would be a new device each time, and push people's own devices out
        // of the few that are known. Browsers send an `Origin` header.
        let new_device = keeps_cookies.then(system::new_device_id);
        let attempt = LogInAttempt {
            name: &credentials.user,
            password: &Password::new(&credentials.pass),
            address: self.addresses.of(request),
            device: device.as_ref(),
            new_device: new_device.as_ref(),
            id: &system::new_login_id(),
            lifetime: self.lifetime,
        };
        let logged_in = log_in(
            self.users,
            self.attempts,
            self.hashing,
            self.proofs,
            &SystemClock,
            attempt,
        );
        let LoggedIn {
            login,
            role,
            proof,
            device,
        } = logged_in.await?;
        let answer = Answer::from(json!({
            "user": login.user.as_str(),
            "role": role.as_str(),
            "token": proof,
            "expiresAt": login.expires_at.unix_seconds(),
        }));
        let answer = answer.with_cookie(self.cookie.set(&proof, self.lifetime));
        Ok(match device {
            Some(device) => answer.with_cookie(self.cookie.of_device().set(&device)),
            None => answer,
        })
    }
}

#[cfg(test)]
mod tests {
    use lambda_http::{Body, Request, Response};
    use testing::{Exchange, Faulty, World, assert_answers_in_time, invocation, request};

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
                users: &Faulty::new(&world.check.logins, fault),
                attempts: &Faulty::new(&world.attempts, fault),
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

    /// The cookies that `answer` sets, sorted: `name=value`.
    fn cookies(answer: &Response<Body>) -> Vec<String> {
        let values = answer.headers().get_all("set-cookie").into_iter();
        let pairs = values.map(|value| value.to_str().unwrap().split(';').next().unwrap());
        pairs.map(str::to_owned).collect()
    }

    /// The request, as a browser sends it with this cookie.
    fn of_a_browser(cookie: &str) -> Request {
        let mut request = request(EVENT);
        let headers = request.headers_mut();
        headers.insert(ORIGIN, "https://calls.example.org".parse().unwrap());
        headers.insert("cookie", cookie.parse().unwrap());
        request
    }

    #[tokio::test]
    async fn a_browser_that_has_logged_in_does_not_wait_for_others_failures() {
        let world = World::new();
        let browser = async |cookie: &str| ask(&world, of_a_browser(cookie)).await;
        let first = browser("").await;
        let [_, device] = &cookies(&first)[..] else {
            panic!("{first:?}");
        };
        assert!(device.starts_with("__Host-device="), "{device}");

        let wrong = EVENT.replace(r#"\"pass\":\"pass\""#, r#"\"pass\":\"wrong\""#);
        for _ in 0..6 {
            assert_ne!(ask(&world, request(&wrong)).await.status(), 200);
        }
        assert_eq!(browser("").await.status(), 429);
        let made_up = format!("__Host-device={}", system::new_device_id());
        assert_eq!(browser(&made_up).await.status(), 429);
        let again = browser(device).await;
        assert_eq!(again.status(), 200);
        assert_eq!(cookies(&again)[1], *device, "it stays the same device");
    }

    /// Anybody who can put a cookie into a user's browser knows the id in it.
    #[tokio::test]
    async fn an_id_that_the_user_has_not_logged_in_with_never_becomes_known() {
        let world = World::new();
        let planted = format!("__Host-device={}", system::new_device_id());
        let first = ask(&world, of_a_browser(&planted)).await;
        let device = cookies(&first)[1].clone();
        assert!(device.starts_with("__Host-device="), "{device}");
        assert_ne!(device, planted);
        let second = ask(&world, of_a_browser(&planted)).await;
        assert_ne!(cookies(&second)[1], planted, "it is still unknown");
        let known = ask(&world, of_a_browser(&device)).await;
        assert_eq!(cookies(&known)[1], device);
    }

    #[tokio::test]
    async fn a_program_is_no_device_unless_it_keeps_cookies() {
        let answer = ask(&World::new(), request(EVENT)).await;
        assert_eq!(cookies(&answer).len(), 1);
    }
}
