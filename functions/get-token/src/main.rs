//! The function `get-token`: `POST /api-sessions/get-sessionid-token` and `/api-sessions/get-token`.

mod http_handler;

use lambda_http::{Error, run, service_fn};
use shared::adapters::dynamodb;
use shared::config::CallConfig;
use shared::current::Current;
use shared::http::{LoginCheck, respond};
use shared::telemetry;

use crate::http_handler::{ENDPOINT, get_token};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    telemetry::init();
    let current = Current::new(async |variables| {
        let config = CallConfig::load(variables)?;
        let dynamodb = dynamodb::client().await;
        let check = LoginCheck::new(config.login, dynamodb.clone());
        let installation = config.records.installation.clone();
        let (calls, openvidu) = config.records.adapters(dynamodb)?;
        Ok((check, installation, calls, openvidu))
    })
    .await?;
    run(service_fn(|request| {
        respond(ENDPOINT, request, async |request| {
            let (check, installation, calls, openvidu) = &*current.get().await;
            let video = openvidu.for_one_invocation();
            get_token(check, installation, calls, &video, request).await
        })
    }))
    .await
}
