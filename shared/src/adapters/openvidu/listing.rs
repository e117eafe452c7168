//! What an `OpenVidu` server has: its lists of sessions and connections.

use std::collections::BTreeMap;

use reqwest::{Method, RequestBuilder, StatusCode};
use serde::Deserialize;

use super::{OpenVidu, read, unexpected};
use crate::domain::{ConnectionId, Seat, Seats, SessionId, Timestamp};
use crate::ports::{VideoError, VideoInventory};

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

impl OpenVidu {
    /// A request for a list that includes connections nobody has used yet.
    fn listing(&self, path: &[&str]) -> RequestBuilder {
        let mut request = self.request_url(path);
        request
            .query_pairs_mut()
            .append_pair("pendingConnections", "true");
        self.authenticated(Method::GET, request)
    }
}

impl VideoInventory for OpenVidu {
    async fn seats(&self, id: &SessionId) -> Result<Option<Seats>, VideoError> {
        let request = self.listing(&["sessions", id.as_str()]);
        let answer = self.send(request).await?;
        match answer.status() {
            StatusCode::OK => seats(read(answer).await?).map(Some),
            StatusCode::NOT_FOUND => Ok(None),
            status => Err(unexpected("reading a session", status)),
        }
    }

    async fn all_seats(&self) -> Result<BTreeMap<SessionId, Seats>, VideoError> {
        let answer = self.send(self.listing(&["sessions"])).await?;
        match answer.status() {
            StatusCode::OK => {
                let list: List<ListedSession> = read(answer).await?;
                // Sessions that are not of our making are somebody else's business.
                let ours = list.content.into_iter().filter_map(|session| {
                    let id = SessionId::parse(&session.session_id)?;
                    Some(seats(session).map(|seats| (id, seats)))
                });
                ours.collect()
            }
            status => Err(unexpected("listing all sessions", status)),
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
