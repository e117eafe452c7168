//! What the tests of several crates share: the ports in memory, stores that fail on demand, DynamoDB with
//! our tables, a world to call the functions in, and the example exchanges of `contract/`.

mod calls;
mod dynamodb;
mod exchange;
mod faulty;
mod operation;
mod people;
mod requests;
mod script;
mod secrets;
mod signed;
mod video;
mod watch;
mod world;

pub use calls::{CallRecords, MemoryCalls};
pub use dynamodb::Tables;
pub use exchange::{Exchange, ExchangeRequest, ExchangeResponse};
pub use faulty::{Fate, Fault, Faults, Faulty};
pub use operation::{Answer, Operation};
pub use people::{MemoryAttempts, MemoryJoinTallies, MemoryPeople, SimulatedClock};
pub use requests::Requests;
pub use script::Script;
pub use secrets::changing_secret;
pub use signed::signed;
pub use video::{Kind, MemoryVideo, VideoSessions};
pub use watch::Watch;
pub use world::{
    NoBackoff, PEOPLE, World, assert_answers_in_time, installation, invocation, keys, request,
};
