//! The world behind the ports.

pub mod dynamodb;
#[cfg(any(test, feature = "testing"))]
pub mod memory;
