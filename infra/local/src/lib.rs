//! The whole product on one machine, for development and tests: the parts of the program `local`.
//!
//! In reading order: [`run()`] is the program, [`Stack`] is everything that it starts, and then
//! come the parts.

mod copies;
mod database;
mod demo_users;
mod error;
mod functions;
mod guarded;
mod headers;
mod keys;
mod listeners;
mod livekit;
mod options;
mod origin;
mod outages;
mod own_livekit;
mod own_openvidu;
mod proxy;
mod run;
mod server;
mod stack;
mod stand_in;
mod surroundings;
mod video;
mod workspace;

pub use error::Error;
pub use livekit::{LiveKitServer, LiveKitSettings};
pub use options::{Options, Video};
pub use run::run;
pub use stack::{Addresses, Stack};
