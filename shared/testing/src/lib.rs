//! What the tests of several crates share: the ports in memory, a store that fails on demand, DynamoDB with
//! our tables, a world to call the functions in, and the example exchanges of `contract/`.

mod calls;
mod dynamodb;
mod exchange;
mod people;
mod unreliable;
mod video;
mod world;

pub use calls::{CallRecords, MemoryCalls};
pub use dynamodb::Tables;
pub use exchange::{Exchange, ExchangeRequest, ExchangeResponse};
pub use people::{MemoryAttempts, MemoryPeople, SimulatedClock};
pub use unreliable::{Fault, Unreliable};
pub use video::{MemoryVideo, VideoSessions};
pub use world::{
    NoBackoff, PEOPLE, World, assert_answers_in_time, installation, invocation, keys, request,
};
