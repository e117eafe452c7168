//! `joinRoom` and `leaveRoom`.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};

use super::envelope::{Reply, RpcError};
use super::params::Params;
use super::socket::Visitor;
use crate::VERSION;
use crate::hub::Hub;
use crate::rooms::{Joined, Joiner};

/// The browser closes the socket after leaving. If it does not, we do, after this long.
const HANG_UP_AFTER: Duration = Duration::from_secs(10);
/// The port of a TURN server. No browser library reads it any more.
const COTURN_PORT: u16 = 3478;

pub(super) fn join_room(
    hub: &Hub,
    params: &Params<'_>,
    reply: &Reply,
    visitor: &Visitor,
) -> Result<(), RpcError> {
    let session_id = params.string("session")?;
    let token = params.string("token")?;
    let secret = params.string("secret")?;
    let platform = params.string("platform")?;
    let metadata = params.string("metadata")?;
    let joiner = Joiner {
        rpc: reply.rpc.clone(),
        session_id,
        token,
        trusted: secret == hub.settings.secret,
        client_data: metadata,
        platform,
        ip: visitor.ip.clone(),
    };
    let session_id = joiner.session_id.clone();
    hub.note_join(&reply.rpc);
    // The effects of notifying the others come before the answer.
    hub.change_then(
        |rooms, now| Ok(rooms.join(joiner, now)?),
        |joined| reply.succeed(welcome(hub, visitor, &session_id, &joined)),
    )
}

/// The answer to the newcomer. openvidu-browser hangs if `value` or `version` is missing, and asks
/// public STUN servers if `customIceServers` is missing or empty.
fn welcome(hub: &Hub, visitor: &Visitor, session_id: &str, joined: &Joined) -> Value {
    let participant = &joined.participant;
    let connection = &participant.connection;
    let custom = &connection.custom_ice_servers;
    let ice_servers = if custom.is_empty() {
        json!([{ "url": hub.media.stun_url() }])
    } else {
        json!(custom)
    };
    let final_user: String = visitor.http_session.chars().take(16).collect();
    json!({
        "id": connection.id,
        "finalUserId": final_user,
        "createdAt": participant.active_at,
        "metadata": participant.full_metadata(),
        "value": joined.peers,
        "session": session_id,
        "version": VERSION,
        "mediaServer": "kurento",
        "videoSimulcast": false,
        "record": connection.record,
        "role": connection.role,
        "coturnIp": hub.address.host,
        "coturnPort": COTURN_PORT,
        "customIceServers": ice_servers,
    })
}

pub(super) fn leave_room(hub: &Arc<Hub>, reply: &Reply) -> Result<(), RpcError> {
    hub.change_then(
        |rooms, now| Ok::<_, RpcError>(rooms.leave(&reply.rpc, now)?),
        |outcome| reply.finish(outcome),
    )?;
    hub.hang_up_after(HANG_UP_AFTER, &reply.rpc);
    Ok(())
}
