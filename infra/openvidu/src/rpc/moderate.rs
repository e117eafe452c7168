//! What moderators may do: `forceDisconnect` and `forceUnpublish`.

use serde_json::json;

use super::envelope::{Reply, RpcError};
use super::params::Params;
use crate::hub::Hub;

pub(super) fn force_disconnect(
    hub: &Hub,
    params: &Params<'_>,
    reply: &Reply,
) -> Result<(), RpcError> {
    let connection_id = params.string("connectionId")?;
    hub.change_then(
        |rooms, now| Ok(rooms.force_disconnect(&reply.rpc, &connection_id, now)?),
        |outcome| reply.finish(outcome),
    )
}

pub(super) fn force_unpublish(
    hub: &Hub,
    params: &Params<'_>,
    reply: &Reply,
) -> Result<(), RpcError> {
    let stream_id = params.string("streamId")?;
    hub.change(|rooms, now| {
        let effects = rooms.force_unpublish(&reply.rpc, &stream_id, now)?;
        reply.succeed(json!({}));
        Ok(((), effects))
    })
}
