//! The function `get-token`: `POST /api-sessions/get-sessionid-token` and `/api-sessions/get-token`.

mod http_handler;

use lambda_http::{Error, run, service_fn};
use shared::adapters::dynamodb::{self, DynamoDbCalls};
use shared::adapters::openvidu::OpenVidu;
use shared::config::CallConfig;
use shared::http::{LoginCheck, respond};
use shared::telemetry;

use crate::http_handler::{ENDPOINT, get_token};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    telemetry::init();
    let config = CallConfig::from_env()?;
    let dynamodb = dynamodb::client().await;
    let check = LoginCheck::new(config.login, dynamodb.clone());
    let calls = DynamoDbCalls::new(dynamodb, config.records.calls_table);
    let openvidu = OpenVidu::new(config.records.openvidu_url, config.records.openvidu_secret)?;
    run(service_fn(|request| {
        respond(ENDPOINT, request, async |request| {
            let video = openvidu.for_one_invocation();
            get_token(&check, &calls, &video, request).await
        })
    }))
    .await
}
