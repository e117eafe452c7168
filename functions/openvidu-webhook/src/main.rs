//! The function `openvidu-webhook`: `POST /api-openvidu/webhook`, which the video server calls.

mod http_handler;

use lambda_http::Error;
use shared::http::{Invocation, answer};
use shared::runtime::serve;
use shared::wiring::Webhook;

use crate::http_handler::{HearEvent, TIME};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    serve(async |webhook: &Webhook, invocation: Invocation| {
        let invocation = invocation.within(TIME);
        let function = HearEvent {
            events: &webhook.events,
            installation: &webhook.installation,
            calls: &webhook.calls,
            video: &webhook.video.until(invocation.video_deadline()),
        };
        answer(&function, &invocation).await
    })
    .await
}
