//! Joining a session.
//!
//! 1. The session must exist; nobody needs to have joined it before.
//! 2. The token is used up before anything else is checked. A join that fails later burns it too.
//! 3. Everybody inside is notified. The newcomer gets a list of those who were there before,
//!    including anybody whom this notification evicts because their WebSocket is closed.
//! 4. An IP camera is in the session as soon as REST has made it.

use serde_json::{Value, json};

use super::notices::Notice;
use super::{Missing, Rooms};
use crate::effect::{Consequences, Effect, EventKind, Who};
use crate::ids;
use crate::model::{Connection, Participant, Role, RpcId, Session};
use crate::refusal::Refusal;
use crate::wire;

/// A browser that wants to join, with what it and its connection say.
#[derive(Clone, Debug)]
pub(crate) struct Joiner {
    pub(crate) rpc: RpcId,
    pub(crate) session_id: String,
    pub(crate) token: String,
    /// Did it give the server's secret, and so needs no token?
    pub(crate) trusted: bool,
    pub(crate) client_data: String,
    pub(crate) platform: String,
    pub(crate) ip: String,
}

/// What the newcomer is told.
pub(crate) struct Joined {
    pub(crate) participant: Participant,
    /// The peers that were there before, with their streams.
    pub(crate) peers: Vec<Value>,
}

impl Rooms {
    pub(crate) fn join(
        &mut self,
        joiner: Joiner,
        now: u64,
    ) -> Result<(Joined, Vec<Effect>), Refusal> {
        let already_joined = self.participant(&joiner.rpc).is_some();
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
        if already_joined {
            return Err(Refusal::new(
                Refusal::USER_EXISTS,
                format!("Participant with privateId {} is in a session", joiner.rpc),
            ));
        }

        let participant = Participant {
            connection,
            rpc: joiner.rpc,
            away: false,
            active_at: now,
            client_data: joiner.client_data,
            platform: joiner.platform,
            ip: joiner.ip,
            trusted: joiner.trusted,
            publication: None,
            subscriptions: Vec::new(),
        };
        let peers = session.participants.iter().map(wire::peer).collect();
        let effects = admit(session, participant.clone(), now);
        Ok((Joined { participant, peers }, effects))
    }

    /// Adds an IP camera, which publishes nothing here.
    pub(crate) fn add_camera(
        &mut self,
        session_id: &str,
        connection: Connection,
        now: u64,
    ) -> Result<(Participant, Vec<Effect>), Missing> {
        let session = self.sessions.get_mut(session_id).ok_or(Missing::Session)?;
        let camera = Participant {
            rpc: connection.id.clone(),
            connection,
            away: false,
            active_at: now,
            client_data: String::new(),
            platform: "IPCAM".to_owned(),
            ip: String::new(),
            trusted: false,
            publication: None,
            subscriptions: Vec::new(),
        };
        let effects = admit(session, camera.clone(), now);
        Ok((camera, effects))
    }
}

/// Adds a participant to the session and notifies all others.
fn admit(session: &mut Session, newcomer: Participant, now: u64) -> Vec<Effect> {
    let mut follows = Consequences::of(session, now);
    follows.report(EventKind::ParticipantJoined(Who::of(&newcomer)));
    let rpc = newcomer.rpc.clone();
    let joined = Notice::new(
        "participantJoined",
        json!({
            "id": newcomer.connection.id,
            "createdAt": newcomer.active_at,
            "metadata": newcomer.full_metadata(),
        }),
    );
    session.add(newcomer);
    session.tell_others(&rpc, &joined, &mut follows);
    follows.into_effects()
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
        camera: None,
    }
}
