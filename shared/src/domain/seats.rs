//! What the video server has.

use std::collections::BTreeMap;

use super::{ConnectionId, Timestamp};

/// The connections of one session, as the video server has them.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Seats {
    /// When the session was made there.
    pub created_at: Timestamp,
    /// Its connections.
    pub seats: BTreeMap<ConnectionId, Seat>,
}

/// One connection, as the video server has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Seat {
    /// Has somebody connected with its token?
    pub taken: bool,
    /// Did this program make it? Others may add connections to our sessions: an operator's IP camera,
    /// or a token that a person made by hand.
    pub ours: bool,
    /// When it was made.
    pub created_at: Timestamp,
}
