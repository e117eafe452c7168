//! What the functions share. In reading order: `domain` (nouns), `use_cases` (verbs), `ports` (what
//! the verbs need), `adapters` (the world behind the ports), `http` (what all functions of the API
//! have in common).

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
