//! The function `login`: `POST /api-login/login`.

mod http_handler;

use lambda_http::{Error, run, service_fn};
use shared::adapters::dynamodb::{self, DynamoDbAttempts, DynamoDbUsers};
use shared::adapters::passwords::Argon2id;
use shared::config::LoginConfig;
use shared::current::Current;
use shared::http::{ClientAddresses, LoginCookie, respond};
use shared::telemetry;

use crate::http_handler::{ENDPOINT, LogIn};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    telemetry::init();
    let current = Current::new(async |variables| {
        let config = LoginConfig::load(variables)?;
        let dynamodb = dynamodb::client().await;
        Ok(LogIn {
            users: DynamoDbUsers::new(dynamodb.clone(), config.users_table),
            attempts: DynamoDbAttempts::new(dynamodb, config.logins_table),
            hashing: Argon2id::new(),
            proofs: config.keys,
            lifetime: config.lifetime,
            cookie: LoginCookie::new(config.cookie_secure),
            addresses: ClientAddresses::new(config.origin_secret),
        })
    })
    .await?;
    run(service_fn(|request| {
        respond(ENDPOINT, request, async |request| {
            current.get().await.handle(request).await
        })
    }))
    .await
}
