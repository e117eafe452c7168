//! The function `get-token`: `POST /api-sessions/get-sessionid-token` and `/api-sessions/get-token`.

mod http_handler;

use std::time::Duration;

use lambda_http::{Error, run, service_fn};
use shared::adapters::dynamodb;
use shared::config::CallConfig;
use shared::current::Current;
use shared::deadline::Deadline;
use shared::http::{LoginCheck, respond};
use shared::telemetry;

use crate::http_handler::{ENDPOINT, get_token};

/// How long OpenVidu may take for all requests together: less than the function may, with time left for
/// the store, and long enough for a busy server's queue.
const OPENVIDU_TIME: Duration = Duration::from_secs(22);

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
            let video = openvidu.until(Deadline::after(OPENVIDU_TIME));
            get_token(check, installation, calls, &video, request).await
        })
    }))
    .await
}
