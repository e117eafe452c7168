//! The function `logout`: `POST` or `GET /api-login/logout`; also answers for unknown paths.

mod http_handler;

use lambda_http::Error;
use shared::http::{Invocation, answer};
use shared::runtime::serve;
use shared::wiring::Logout;

use crate::http_handler::LogOut;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    serve(async |check: &Logout, invocation: Invocation| {
        answer(&LogOut { check }, &invocation).await
    })
    .await
}
