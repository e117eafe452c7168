#![doc = include_str!("../README.md")]

mod address;
mod clock;
mod effect;
mod faults;
mod hub;
mod ids;
mod media;
mod model;
mod refusal;
mod rest;
mod rooms;
mod rpc;
mod server;
mod settings;
mod webhook;
mod wire;

pub use faults::{Faults, RestFault};
pub use server::serve;
pub use settings::{Settings, Webhook};

/// The version that this server imitates. openvidu-browser needs a full version number here.
const VERSION: &str = "2.32.2";
