//! The function `sweep`, which a schedule calls once a minute.

// The futures of a sweep are deeply nested.
#![recursion_limit = "256"]

mod handler;

use lambda_runtime::Error;
use shared::deadline::Deadline;
use shared::runtime::run;
use shared::wiring::Sweep;

use crate::handler::sweep;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    run(async |parts: &Sweep, deadline: Deadline| {
        let video = parts.video.until(deadline);
        Ok(sweep(&parts.installation, &parts.calls, &video, deadline).await?)
    })
    .await
}
