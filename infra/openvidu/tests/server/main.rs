//! The OpenVidu stand-in from outside: over HTTP, over its WebSocket, and at the other end of its
//! webhooks and peer connections.

mod calls;
mod cameras;
mod endings;
mod ghosts;
mod harness;
mod media;
mod rest;
mod webhooks;
