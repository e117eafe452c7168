//! The function `logout`: `POST` or `GET /api-login/logout`; also answers for unknown paths.

mod http_handler;

use lambda_http::{Error, run, service_fn};
use shared::adapters::dynamodb;
use shared::config::LoginCheckConfig;
use shared::current::Current;
use shared::http::{LoginCheck, respond};
use shared::telemetry;

use crate::http_handler::{ENDPOINT, log_out};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    telemetry::init();
    let current = Current::new(async |variables| {
        let config = LoginCheckConfig::load(variables)?;
        Ok(LoginCheck::new(config, dynamodb::client().await))
    })
    .await?;
    run(service_fn(|request| {
        respond(ENDPOINT, request, async |request| {
            log_out(&*current.get().await, request).await
        })
    }))
    .await
}
