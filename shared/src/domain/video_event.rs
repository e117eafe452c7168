//! Events that the video server reports.

use super::{ConnectionId, SessionId};

/// What the video server reports. A report may come late, twice, or never.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum VideoEvent {
    /// Somebody has connected to this session by this connection.
    Joined(SessionId, ConnectionId),
    /// This connection of this session has ended for good.
    Left(SessionId, ConnectionId),
    /// This session has ended, and with it all its connections.
    Ended(SessionId),
}
