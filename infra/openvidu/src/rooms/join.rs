//! Joining a session.
//!
//! 1. The session must be there; whether it was ever joined does not matter.
//! 2. The token is used up before anything else is looked at: a join that fails later burns it too.
//! 3. Everybody inside is told, and the newcomer learns who and what is there.

use serde_json::{Value, json};

use super::Rooms;
use crate::effect::{Consequences, Effect, EventKind, Who};
use crate::ids;
use crate::model::{Connection, Participant, Role, RpcId, Session};
use crate::refusal::Refusal;
use crate::wire;

/// Who wants to join, as the browser and its connection tell.
#[derive(Clone, Debug)]
pub(crate) struct Joiner {
    pub(crate) rpc: RpcId,
    pub(crate) session_id: String,
    pub(crate) token: String,
    /// Whether it gave the server's secret, and so needs no token.
    pub(crate) trusted: bool,
    pub(crate) client_data: String,
    pub(crate) platform: String,
    pub(crate) ip: String,
}

/// What the newcomer is told.
pub(crate) struct Joined {
    pub(crate) participant: Participant,
    /// The peers who were there before, with their streams.
    pub(crate) peers: Vec<Value>,
}

impl Rooms {
    pub(crate) fn join(
        &mut self,
        joiner: Joiner,
        now: u64,
    ) -> Result<(Joined, Vec<Effect>), Refusal> {
        let already_seated = self.seat(&joiner.rpc).is_some();
        let session = self.sessions.get_mut(&joiner.session_id).ok_or_else(|| {
            Refusal::new(
                Refusal::SESSION_NOT_FOUND,
                format!(
                    "Unable to join session. Session {} cannot be found",
                    joiner.session_id
                ),
            )
        })?;
        let connection = if joiner.trusted {
            trusted_connection(now)
        } else {
            take_token(session, &joiner.token)?
        };
        if already_seated {
            return Err(Refusal::new(
                Refusal::USER_EXISTS,
                format!("Participant with privateId {} is in a session", joiner.rpc),
            ));
        }

        let participant = Participant {
            connection,
            rpc: joiner.rpc,
            active_at: now,
            client_data: joiner.client_data,
            platform: joiner.platform,
            ip: joiner.ip,
            trusted: joiner.trusted,
            publication: None,
            subscriptions: Vec::new(),
        };
        let mut follows = Consequences::of(session, now);
        for peer in &session.participants {
            follows.notify(
                &peer.rpc,
                "participantJoined",
                json!({
                    "id": participant.connection.id,
                    "createdAt": participant.active_at,
                    "metadata": participant.full_metadata(),
                }),
            );
        }
        follows.report(EventKind::ParticipantJoined(Who::of(&participant)));
        let peers = session.participants.iter().map(wire::peer).collect();
        session.participants.push(participant.clone());
        session.joined = true;
        Ok((Joined { participant, peers }, follows.into_effects()))
    }
}

fn take_token(session: &mut Session, token: &str) -> Result<Connection, Refusal> {
    let index = session
        .pending
        .iter()
        .position(|connection| connection.token == token)
        .ok_or_else(|| {
            Refusal::new(
                Refusal::UNAUTHORIZED,
                format!(
                    "Unable to join session {}. Token {token} is not valid",
                    session.id
                ),
            )
        })?;
    Ok(session.pending.remove(index))
}

fn trusted_connection(now: u64) -> Connection {
    Connection {
        id: ids::connection(),
        token: ids::token(),
        created_at: now,
        role: Role::Subscriber,
        record: true,
        server_data: String::new(),
        kurento_options: None,
        custom_ice_servers: Vec::new(),
    }
}
