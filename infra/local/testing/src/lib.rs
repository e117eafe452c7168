//! Shared by the tests of several binaries: real servers around an installation, and the connections of
//! people in its calls.

#![expect(clippy::unwrap_used, reason = "a test that panics has failed")]

pub mod participant;
pub mod postbox;
pub mod servers;
pub mod socket;
