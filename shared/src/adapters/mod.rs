//! The world behind the ports.

pub(crate) mod aws;
pub mod dynamodb;
pub mod jwt;
#[cfg(any(test, feature = "testing"))]
pub mod memory;
#[cfg(any(test, feature = "testing"))]
pub mod memory_people;
pub mod openvidu;
pub mod passwords;
pub mod secrets_manager;
