//! The function `login`: `POST /api-login/login`.

mod http_handler;

use lambda_http::{Error, run, service_fn};
use shared::adapters::dynamodb::{self, DynamoDbUsers};
use shared::adapters::passwords::Argon2id;
use shared::config::LoginConfig;
use shared::http::{LoginCookie, respond};
use shared::telemetry;

use crate::http_handler::{ENDPOINT, LogIn};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    telemetry::init();
    let config = LoginConfig::from_env()?;
    let log_in = LogIn {
        users: DynamoDbUsers::new(dynamodb::client().await, config.users_table),
        hashing: Argon2id::new(),
        proofs: config.keys,
        lifetime: config.lifetime,
        cookie: LoginCookie::new(config.cookie_secure),
    };
    run(service_fn(|request| {
        respond(ENDPOINT, request, async |request| {
            log_in.handle(request).await
        })
    }))
    .await
}
