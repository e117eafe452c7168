//! The function `remove-user`: `POST /api-sessions/remove-user`.

mod http_handler;

use lambda_http::Error;
use shared::http::{Invocation, answer};
use shared::runtime::serve;
use shared::wiring::Members;

use crate::http_handler::RemoveUser;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    serve(async |members: &Members, invocation: Invocation| {
        let function = RemoveUser {
            check: &members.check,
            calls: &members.calls,
            video: &members.video.until(invocation.video_deadline()),
        };
        answer(&function, &invocation).await
    })
    .await
}
