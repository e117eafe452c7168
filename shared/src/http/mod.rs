//! HTTP: what all functions of the API have in common.

mod client_address;
mod cookie;
mod error;
pub mod event;
mod identity;
mod invocation;
mod pipeline;
mod request;
mod response;

pub use self::client_address::{ClientAddresses, InvalidOriginSecret, OriginSecret};
pub use self::cookie::{DeviceCookie, LoginCookie};
pub use self::error::{ApiError, ErrorCode};
pub use self::identity::LoginCheck;
pub use self::invocation::Invocation;
pub use self::pipeline::{Authenticated, Endpoint, Function, answer, refuse};
pub use self::request::{body, body_or_nothing};
pub use self::response::Answer;
