//! The world behind the ports.

pub(crate) mod aws;
pub mod dynamodb;
pub mod jwt;
pub mod livekit;
pub mod openvidu;
pub mod passwords;
pub mod secrets_manager;
pub mod video;
pub mod video_http;
