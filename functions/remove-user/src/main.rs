//! The function `remove-user`: `POST /api-sessions/remove-user`.

mod http_handler;

use lambda_http::Error;
use shared::http::{Invocation, answer};
use shared::runtime::serve;
use shared::wiring::Leaving;

use crate::http_handler::RemoveUser;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    serve(async |leaving: &Leaving, invocation: Invocation| {
        let function = RemoveUser {
            check: &leaving.check,
            calls: &leaving.calls,
            video: &leaving.video.until(invocation.video_deadline()),
        };
        answer(&function, &invocation).await
    })
    .await
}
