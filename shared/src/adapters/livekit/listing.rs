//! What a LiveKit server has: its lists of rooms and participants.
//!
//! On a cluster, a node that dies leaves its rooms and participants on the lists for ever. Such a room is
//! told from a living one by asking its node something that changes nothing.

use std::time::Duration;

use futures_util::stream::{self, StreamExt, TryStreamExt};
use reqwest::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Requests, names};
use crate::adapters::video_http::LIST_LIMIT;
use crate::chain;
use crate::domain::{Seat, Seats, SessionId, Timestamp};
use crate::ports::{Listing, VideoError, VideoInventory};
use crate::system;

/// How many rooms are listed side by side.
const AT_ONCE: usize = 16;

/// How many rooms are probed side by side: those of a dead node answer after seconds.
const PROBED_AT_ONCE: usize = 64;

/// How often in a row a room's node has to be silent, three seconds each time, to be taken for dead. A node
/// that is overloaded is silent too.
const PROBES: usize = 3;

/// Whoever came back after their node's death has joined within this time.
const JUST_JOINED: Duration = Duration::from_secs(120);

/// An identity that no participant has.
const NOBODY: &str = "-";

/// A room of the server's list makes no sense.
#[derive(Debug, thiserror::Error)]
#[error("the room cannot be read")]
struct OddRoom;

#[derive(Deserialize)]
struct Rooms {
    rooms: Vec<Value>,
}

#[derive(Deserialize)]
struct Room {
    #[serde(with = "seconds")]
    creation_time: u64,
}

#[derive(Deserialize)]
struct Participants {
    participants: Vec<Participant>,
}

#[derive(Deserialize)]
struct Participant {
    identity: String,
    #[serde(with = "seconds")]
    joined_at: u64,
}

/// The server writes numbers of 64 bits as text.
mod seconds {
    use serde::{Deserialize, Deserializer, de::Error};

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<u64, D::Error> {
        let digits = String::deserialize(from)?;
        digits.parse().map_err(D::Error::custom)
    }
}

impl Requests {
    /// The rooms of ours among those of these names, or among all if there are none. What cannot be read goes
    /// to `listing`.
    async fn rooms(
        &self,
        names: &[&str],
        listing: &mut Listing,
    ) -> Result<Vec<(SessionId, Timestamp)>, VideoError> {
        let body = json!({ "names": names });
        let (answer, _) = self
            .ask_for(LIST_LIMIT, "listing rooms", "ListRooms", None, &body)
            .await?;
        if answer.status != StatusCode::OK {
            return Err(self.refused(&answer));
        }
        let list: Rooms = answer.json()?;
        let mut rooms = Vec::new();
        for room in list.rooms {
            // No installation of this program gives rooms other names.
            let id = room["name"].as_str().and_then(names::session);
            match (Room::deserialize(room), id) {
                (Ok(room), Some(id)) => {
                    rooms.push((id, Timestamp::from_unix_seconds(room.creation_time)));
                }
                (Ok(_), None) => (),
                (Err(error), id) => note_unreadable(listing, id, &error),
            }
        }
        Ok(rooms)
    }

    /// Who is in a room. If it is not there, nobody.
    async fn seats_in(
        &self,
        (id, created_at): (SessionId, Timestamp),
    ) -> Result<(SessionId, Seats), VideoError> {
        let room = names::room(&id)?;
        let body = json!({ "room": room });
        let (what, method) = ("listing a room", "ListParticipants");
        let (answer, _) = self
            .ask_for(LIST_LIMIT, what, method, Some(&room), &body)
            .await?;
        match answer.status {
            StatusCode::OK => {
                let list: Participants = answer.json()?;
                let seats = list.participants.into_iter().filter_map(|participant| {
                    let seat = Seat {
                        taken: true,
                        ours: true,
                        created_at: Timestamp::from_unix_seconds(participant.joined_at),
                    };
                    // Somebody else's recorder or telephone has another identity.
                    Some((names::connection(&participant.identity)?, seat))
                });
                let seats = seats.collect();
                Ok((id, Seats { created_at, seats }))
            }
            _ => Err(self.refused(&answer)),
        }
    }

    /// The same without those whom a dead node has left behind.
    async fn without_dead(
        &self,
        (id, mut seats): (SessionId, Seats),
    ) -> Result<(SessionId, Seats), VideoError> {
        let just_now = system::now() - JUST_JOINED;
        let newest = seats.seats.values().map(|seat| seat.created_at).max();
        if newest.is_some_and(|newest| newest < just_now) && self.is_dead(&id).await? {
            tracing::warn!(session.id = %id, "nobody is in a room whose node is dead");
            seats.seats.clear();
        }
        Ok((id, seats))
    }

    /// Does no node have this room, though it is on the list? A message to nobody says so.
    async fn is_dead(&self, id: &SessionId) -> Result<bool, VideoError> {
        let room = names::room(id)?;
        let body = json!({
            "room": room,
            "data": "",
            "kind": "LOSSY",
            "topic": "probe",
            "destination_identities": [NOBODY],
        });
        for _ in 0..PROBES {
            let answer = self
                .ask("probing a room", "SendData", Some(&room), &body)
                .await?;
            match answer.status {
                StatusCode::SERVICE_UNAVAILABLE => (),
                StatusCode::OK | StatusCode::NOT_FOUND => return Ok(false),
                _ => return Err(self.refused(&answer)),
            }
        }
        Ok(true)
    }
}

impl VideoInventory for Requests {
    async fn seats(&self, id: &SessionId) -> Result<Option<Seats>, VideoError> {
        let room = names::room(id)?;
        let mut listing = Listing::default();
        let Some(listed) = self.rooms(&[&room], &mut listing).await?.pop() else {
            return match listing.unreadable_count {
                0 => Ok(None),
                _ => Err(VideoError::Unreadable(OddRoom.into())),
            };
        };
        let listed = self.seats_in(listed).await?;
        let (_, seats) = self.without_dead(listed).await?;
        Ok(Some(seats))
    }

    /// The server notices by itself who is gone.
    async fn nudge(&self, _id: &SessionId) -> Result<(), VideoError> {
        Ok(())
    }

    async fn all_seats(&self) -> Result<Listing, VideoError> {
        let mut listing = Listing::default();
        let rooms = self.rooms(&[], &mut listing).await?;
        let listed: Vec<_> = stream::iter(rooms)
            .map(async |room| (room.0.clone(), self.seats_in(room).await))
            .buffer_unordered(AT_ONCE)
            .collect()
            .await;
        let mut readable = Vec::new();
        for (id, listed) in listed {
            match listed {
                Ok(listed) => readable.push(listed),
                Err(VideoError::Unreadable(error)) => {
                    note_unreadable(&mut listing, Some(id), &*error);
                }
                Err(error) => return Err(error),
            }
        }
        listing.sessions = stream::iter(readable)
            .map(|listed| self.without_dead(listed))
            .buffer_unordered(PROBED_AT_ONCE)
            .try_collect()
            .await?;
        Ok(listing)
    }
}

/// Notes a room that cannot be read, so that it does not hide the others.
fn note_unreadable(
    listing: &mut Listing,
    id: Option<SessionId>,
    error: &(dyn std::error::Error + 'static),
) {
    let named = id.as_ref().map(SessionId::as_str);
    tracing::warn!(
        session.id = named,
        error = chain(error),
        "a room cannot be read"
    );
    listing.unreadable.extend(id);
    listing.unreadable_count += 1;
}
