//! The world behind the ports.

pub mod dynamodb;
pub mod jwt;
#[cfg(any(test, feature = "testing"))]
pub mod memory;
pub mod openvidu;
pub mod passwords;
