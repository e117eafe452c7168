//! What the tests of several binaries share: real servers around an installation, and browsers in
//! its calls.

#![expect(clippy::unwrap_used, reason = "a test that panics has failed")]

pub mod postbox;
pub mod servers;
pub mod socket;
