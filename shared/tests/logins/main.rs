//! Logins on many machines at once: the stores, in memory and on DynamoDB, and the rules over
//! several copies.

#![expect(clippy::unwrap_used, reason = "a test that panics has failed")]

mod crowd;
mod limits;
mod people;
mod processes;
mod siege;
mod world;
