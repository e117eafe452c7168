//! The function `login`: `POST /api-login/login`.

mod http_handler;

use lambda_http::Error;
use shared::http::{Invocation, answer};
use shared::runtime::serve;
use shared::wiring::Login;

use crate::http_handler::LogIn;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    serve(async |login: &Login, invocation: Invocation| {
        let function = LogIn {
            users: &login.users,
            attempts: &login.attempts,
            hashing: &login.hashing,
            proofs: &login.proofs,
            lifetime: login.lifetime,
            cookie: login.cookie,
            addresses: &login.addresses,
        };
        answer(&function, &invocation).await
    })
    .await
}
