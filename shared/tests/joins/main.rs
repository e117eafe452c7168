//! How often a user may join: the stores of their tallies, in memory and on DynamoDB, and
//! the rule over as many copies of the function as there are joins.

#![expect(clippy::unwrap_used, reason = "a test that panics has failed")]

mod crowd;
mod limits;
mod stores;
mod world;
