//! The lists of sessions and connections of an `OpenVidu` server.

use reqwest::{Method, StatusCode};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Requests, data};
use crate::adapters::video_http::{Answer, LIST_LIMIT};
use crate::chain;
use crate::domain::{ConnectionId, Seat, Seats, SessionId, Timestamp};
use crate::ports::{Listing, VideoError, VideoInventory};

/// A signal that no page listens to.
const NUDGE: &str = "signal:nudge";

#[derive(Deserialize)]
struct List<T> {
    content: Vec<T>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ListedSession {
    created_at: u64,
    connections: List<ListedConnection>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ListedConnection {
    connection_id: String,
    created_at: u64,
    status: String,
    r#type: Option<String>,
    role: Option<String>,
    server_data: Option<String>,
}

impl ListedConnection {
    /// Did we make it? An operator's IP camera or a token made by hand is not ours.
    fn is_ours(&self) -> bool {
        let (role, text) = (self.role.as_deref(), self.server_data.as_deref());
        self.r#type.as_deref() == Some("WEBRTC")
            && role.is_some_and(|role| text.is_some_and(|text| data::is_ours(text, role)))
    }
}

impl Requests {
    /// Requests a list that includes unused connections.
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
            StatusCode::OK => Ok(Some(seats(answer.json()?))),
            StatusCode::NOT_FOUND => Ok(None),
            _ => Err(self.refused(&answer)),
        }
    }

    async fn nudge(&self, id: &SessionId) -> Result<(), VideoError> {
        let signal = json!({ "session": id.as_str(), "type": NUDGE, "data": "" });
        let request = self.request(Method::POST, &["signal"]).json(&signal);
        let answer = self.send("telling everybody in a session", request).await?;
        match answer.status {
            // 404: no such session. 406: nobody is in it.
            StatusCode::OK | StatusCode::NOT_FOUND | StatusCode::NOT_ACCEPTABLE => Ok(()),
            _ => Err(self.refused(&answer)),
        }
    }

    async fn all_seats(&self) -> Result<Listing, VideoError> {
        let answer = self.list("listing all sessions", &["sessions"]).await?;
        match answer.status {
            StatusCode::OK => {
                let list: List<Value> = answer.json()?;
                Ok(read_all(list.content))
            }
            _ => Err(self.refused(&answer)),
        }
    }
}

/// Reads each session on its own, so that an odd one of somebody else does not fail the others.
fn read_all(sessions: Vec<Value>) -> Listing {
    let mut listing = Listing::default();
    for session in sessions {
        // Other ids are not of any installation of this program.
        let id = session["sessionId"].as_str().and_then(SessionId::parse);
        match (ListedSession::deserialize(session), id) {
            (Ok(session), Some(id)) => {
                listing.sessions.insert(id, seats(session));
            }
            (Ok(_), None) => (),
            (Err(error), id) => {
                let named = id.as_ref().map(SessionId::as_str);
                let error = chain(&error);
                tracing::warn!(session.id = named, error, "a session cannot be read");
                listing.unreadable.extend(id);
                listing.unreadable_count += 1;
            }
        }
    }
    listing
}

fn seats(session: ListedSession) -> Seats {
    let seats = session.connections.content.into_iter();
    let seats = seats.filter_map(|connection| {
        // An IP camera's id is made from its address. Such an id is never ours.
        let id = ConnectionId::parse(&connection.connection_id).ok()?;
        let seat = Seat {
            taken: connection.status != "pending",
            ours: connection.is_ours(),
            created_at: milliseconds(connection.created_at),
        };
        Some((id, seat))
    });
    Seats {
        created_at: milliseconds(session.created_at),
        seats: seats.collect(),
    }
}

const fn milliseconds(since_epoch: u64) -> Timestamp {
    Timestamp::from_unix_seconds(since_epoch / 1000)
}
