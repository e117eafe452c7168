//! The function `get-token`: `POST /api-sessions/get-sessionid-token` and `/api-sessions/get-token`.

mod http_handler;

use lambda_http::Error;
use shared::http::{Invocation, answer};
use shared::runtime::serve;
use shared::wiring::Joining;

use crate::http_handler::GetToken;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    serve(async |joining: &Joining, invocation: Invocation| {
        let function = GetToken {
            check: &joining.check,
            limit: &joining.limit,
            tallies: &joining.tallies,
            installation: &joining.installation,
            calls: &joining.calls,
            video: &joining.video.until(invocation.video_deadline()),
            address: &joining.video.address,
        };
        answer(&function, &invocation).await
    })
    .await
}
