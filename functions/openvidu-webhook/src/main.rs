//! The function `openvidu-webhook`: `POST /api-openvidu/webhook`, which `OpenVidu` calls.

mod http_handler;

use lambda_http::{Error, run, service_fn};
use shared::adapters::dynamodb::{self, DynamoDbCalls};
use shared::adapters::openvidu::OpenVidu;
use shared::config::WebhookConfig;
use shared::http::respond;
use shared::telemetry;

use crate::http_handler::{ENDPOINT, TIME, hear};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    telemetry::init();
    let config = WebhookConfig::from_env()?;
    let records = config.records;
    let calls = DynamoDbCalls::new(dynamodb::client().await, records.calls_table);
    let openvidu = OpenVidu::new(records.openvidu_url, records.openvidu_secret)?;
    run(service_fn(|request| {
        respond(ENDPOINT, request, async |request| {
            let video = openvidu.answering_within(TIME);
            hear(&config.secrets, &calls, &video, request).await
        })
    }))
    .await
}
