//! The function `remove-user`: `POST /api-sessions/remove-user`.

mod http_handler;

use lambda_http::{Error, run, service_fn};
use shared::adapters::dynamodb;
use shared::config::CallConfig;
use shared::current::Current;
use shared::http::{LoginCheck, respond};
use shared::telemetry;

use crate::http_handler::{ENDPOINT, remove_user};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    telemetry::init();
    let current = Current::new(async |variables| {
        let config = CallConfig::load(variables)?;
        let dynamodb = dynamodb::client().await;
        let check = LoginCheck::new(config.login, dynamodb.clone());
        let (calls, openvidu) = config.records.adapters(dynamodb)?;
        Ok((check, calls, openvidu))
    })
    .await?;
    run(service_fn(|request| {
        respond(ENDPOINT, request, async |request| {
            let (check, calls, openvidu) = &*current.get().await;
            remove_user(check, calls, &openvidu.for_one_invocation(), request).await
        })
    }))
    .await
}
