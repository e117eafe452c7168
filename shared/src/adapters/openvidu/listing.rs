//! What an `OpenVidu` server has: its lists of sessions and connections.

use std::collections::BTreeMap;

use reqwest::StatusCode;
use serde::Deserialize;

use super::Requests;
use super::answer::Answer;
use crate::domain::{ConnectionId, Seat, Seats, SessionId, Timestamp};
use crate::ports::{VideoError, VideoInventory};

/// The longest list: 20,000 people, more than one server carries, take 30 MB.
const LIST_LIMIT: usize = 64 << 20;

#[derive(Deserialize)]
struct List<T> {
    content: Vec<T>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ListedSession {
    session_id: String,
    created_at: u64,
    connections: List<ListedConnection>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ListedConnection {
    connection_id: String,
    created_at: u64,
    status: String,
}

impl Requests {
    /// Asks for a list that includes connections nobody has used yet.
    async fn list(&self, what: &'static str, path: &[&str]) -> Result<Answer, VideoError> {
        let mut url = self.url(path);
        url.query_pairs_mut()
            .append_pair("pendingConnections", "true");
        let request = self.server.http.get(url);
        self.send_for(LIST_LIMIT, what, request).await
    }
}

impl VideoInventory for Requests {
    async fn seats(&self, id: &SessionId) -> Result<Option<Seats>, VideoError> {
        let path = ["sessions", id.as_str()];
        let answer = self.list("reading a session", &path).await?;
        match answer.status {
            StatusCode::OK => seats(answer.json()?).map(Some),
            StatusCode::NOT_FOUND => Ok(None),
            _ => Err(self.refused(&answer)),
        }
    }

    async fn all_seats(&self) -> Result<BTreeMap<SessionId, Seats>, VideoError> {
        let answer = self.list("listing all sessions", &["sessions"]).await?;
        match answer.status {
            StatusCode::OK => {
                let list: List<ListedSession> = answer.json()?;
                // Sessions that are not of our making are somebody else's business.
                let ours = list.content.into_iter().filter_map(|session| {
                    let id = SessionId::parse(&session.session_id)?;
                    Some(seats(session).map(|seats| (id, seats)))
                });
                ours.collect()
            }
            _ => Err(self.refused(&answer)),
        }
    }
}

fn seats(session: ListedSession) -> Result<Seats, VideoError> {
    let seats = session.connections.content.into_iter().map(|connection| {
        let id = ConnectionId::parse(&connection.connection_id)
            .map_err(|error| VideoError::Unreadable(Box::new(error)))?;
        let seat = Seat {
            taken: connection.status != "pending",
            created_at: milliseconds(connection.created_at),
        };
        Ok((id, seat))
    });
    Ok(Seats {
        created_at: milliseconds(session.created_at),
        seats: seats.collect::<Result<_, VideoError>>()?,
    })
}

const fn milliseconds(since_epoch: u64) -> Timestamp {
    Timestamp::from_unix_seconds(since_epoch / 1000)
}
