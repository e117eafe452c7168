//! What the functions share. To read it: `domain` (nouns), `use_cases` (verbs), `ports` (what the
//! verbs need), `adapters` (the world behind it), `http` (what every function of the API does alike).

pub mod adapters;
pub mod audit;
mod chain;
pub mod config;
pub mod deadline;
pub mod domain;
pub mod http;
mod metric;
pub mod ports;
pub mod runtime;
pub mod secrets;
pub mod system;
pub mod telemetry;
pub mod use_cases;
pub mod wiring;

pub use chain::chain;
