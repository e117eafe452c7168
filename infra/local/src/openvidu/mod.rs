//! A stand-in for an OpenVidu CE 2.32.2 server with Kurento, for development and tests.
//!
//! It speaks the REST API, the WebSocket protocol of openvidu-browser and webhooks as that server
//! does, and carries real media. It keeps everything in memory, listens on loopback only, and
//! leaves out recording, filters, IP cameras and everything of the Pro edition.
//!
//! Layers, from the inside: `model` (nouns) and `rooms` (rules, pure) decide; `hub` holds the one
//! state and carries out `effect`s; `rest`, `rpc`, `webhook` and `media` are the edges, and the
//! only ones that know HTTP, `WebSocket` and RTP.

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

/// The server this one stands in for. openvidu-browser needs a full version number here.
const VERSION: &str = "2.32.2";
