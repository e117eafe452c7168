//! What the functions share, in reading order: nouns, verbs, what the verbs need, and the world.

pub mod adapters;
pub mod domain;
pub mod ports;
pub mod use_cases;
