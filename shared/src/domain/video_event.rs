//! Events that the video server reports.

use super::{ConnectionId, SessionId};

/// An end that the video server reports. A report may come late, twice, or never.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum VideoEvent {
    /// This connection of this session has ended.
    Left(SessionId, ConnectionId),
    /// This session has ended, and with it all its connections.
    Ended(SessionId),
}
