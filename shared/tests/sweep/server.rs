//! A video server that a test watches.

use std::sync::Mutex;

use shared::domain::{Connection, ConnectionId, Role, Seats, SessionId, UserName};
use shared::ports::{Listing, VideoError, VideoInventory, VideoServer};
use testing::MemoryVideo;

/// A server that notes what it is asked, and does not answer some of it.
pub(crate) struct Server<'a> {
    memory: &'a MemoryVideo,
    is_silent: fn(&Asked) -> bool,
    asked: Mutex<Vec<Asked>>,
}

/// What it is asked, and about which session.
pub(crate) type Asked = (&'static str, String);

impl<'a> Server<'a> {
    pub(crate) fn new(memory: &'a MemoryVideo, is_silent: fn(&Asked) -> bool) -> Self {
        Self {
            memory,
            is_silent,
            asked: Mutex::default(),
        }
    }

    /// What it was asked so far, in order.
    pub(crate) fn asked(&self) -> Vec<&'static str> {
        let asked = self.asked.lock().unwrap();
        asked.iter().map(|(what, _)| *what).collect()
    }

    fn ask(&self, what: &'static str, id: Option<&SessionId>) -> Result<&MemoryVideo, VideoError> {
        let asked = (what, id.map(ToString::to_string).unwrap_or_default());
        let is_silent = (self.is_silent)(&asked);
        self.asked.lock().unwrap().push(asked);
        (!is_silent)
            .then_some(self.memory)
            .ok_or(VideoError::TimedOut)
    }
}

impl VideoServer for Server<'_> {
    async fn open(&self, id: &SessionId) -> Result<(), VideoError> {
        self.ask("open", Some(id))?.open(id).await
    }
    async fn connect(
        &self,
        id: &SessionId,
        user: &UserName,
        role: Role,
    ) -> Result<Option<Connection>, VideoError> {
        self.ask("connect", Some(id))?.connect(id, user, role).await
    }
    async fn evict(&self, id: &SessionId, connection: &ConnectionId) -> Result<bool, VideoError> {
        self.ask("evict", Some(id))?.evict(id, connection).await
    }
    async fn close(&self, id: &SessionId) -> Result<(), VideoError> {
        self.ask("close", Some(id))?.close(id).await
    }
}

impl VideoInventory for Server<'_> {
    async fn seats(&self, id: &SessionId) -> Result<Option<Seats>, VideoError> {
        self.ask("list one", Some(id))?.seats(id).await
    }
    async fn nudge(&self, id: &SessionId) -> Result<(), VideoError> {
        self.ask("nudge", Some(id))?.nudge(id).await
    }
    async fn all_seats(&self) -> Result<Listing, VideoError> {
        self.ask("list all", None)?.all_seats().await
    }
}
