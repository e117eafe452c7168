//! The world behind the ports.

#[cfg(any(test, feature = "testing"))]
pub mod memory;
