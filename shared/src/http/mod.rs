//! HTTP: what every function of the API does alike.

mod client_address;
mod cookie;
mod endpoint;
mod error;
mod identity;
mod request;
mod response;
mod webhook_secret;

pub use self::client_address::{ClientAddresses, InvalidOriginSecret, OriginSecret};
pub use self::cookie::LoginCookie;
pub use self::endpoint::{Endpoint, respond};
pub use self::error::{ApiError, ErrorCode};
pub use self::identity::{Caller, LoginCheck};
pub use self::request::{body, body_or_nothing};
pub use self::response::{json, with_cookie};
pub use self::webhook_secret::{InvalidWebhookSecrets, WebhookSecrets};
