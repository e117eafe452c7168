//! The function `openvidu-webhook`: `POST /api-openvidu/webhook`, which `OpenVidu` calls.

#[cfg(test)]
mod broken;
mod http_handler;

use lambda_http::{Error, run, service_fn};
use shared::adapters::dynamodb;
use shared::config::WebhookConfig;
use shared::current::Current;
use shared::deadline::Deadline;
use shared::http::respond;
use shared::telemetry;

use crate::http_handler::{ENDPOINT, TIME, hear};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    telemetry::init();
    let current = Current::new(async |variables| {
        let config = WebhookConfig::load(variables)?;
        let installation = config.records.installation.clone();
        let (calls, openvidu) = config.records.adapters(dynamodb::client().await)?;
        Ok((config.secrets, installation, calls, openvidu))
    })
    .await?;
    run(service_fn(|request| {
        respond(ENDPOINT, request, async |request| {
            let (secrets, installation, calls, openvidu) = &*current.get().await;
            let video = openvidu.until(Deadline::after(TIME));
            hear(secrets, installation, calls, &video, request).await
        })
    }))
    .await
}
