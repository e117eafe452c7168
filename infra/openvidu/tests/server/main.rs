//! The OpenVidu stand-in from outside: HTTP, its WebSocket, and the receiving side of its webhooks
//! and peer connections.

mod calls;
mod cameras;
mod endings;
mod ghosts;
mod harness;
mod media;
mod rest;
mod webhooks;
