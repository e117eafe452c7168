//! Receiving a stream, and renewing either side of one: `receiveVideoFrom`, `unsubscribeFromVideo`,
//! `reconnectStream`, `onIceCandidate`.

use serde_json::json;

use super::envelope::{Reply, RpcError};
use super::params::Params;
use super::publish::media_refusal;
use crate::hub::Hub;
use crate::media::MediaError;
use crate::model::Subscription;
use crate::rooms::Reconnection;

pub(super) async fn receive_video_from(
    hub: &Hub,
    params: &Params<'_>,
    reply: &Reply,
) -> Result<(), RpcError> {
    let sender = params.string("sender")?;
    let offer = params.string("sdpOffer")?;
    let (from, source) = hub.look(|rooms| rooms.check_subscribe(&reply.rpc, &sender))?;
    let endpoint = hub.media.new_endpoint();
    let answer = hub
        .media
        .subscribe(endpoint, source.endpoint, offer)
        .await
        .map_err(media_refusal)?;
    let subscribed = hub.change(|rooms, now| {
        let subscription = Subscription {
            from,
            stream_id: source.stream_id,
            created_at: now,
            endpoint,
            media: source.media,
        };
        let effects = rooms.subscribe(&reply.rpc, subscription, now)?;
        reply.succeed(json!({ "sdpAnswer": answer }));
        Ok(((), effects))
    });
    if subscribed.is_err() {
        hub.media.release(endpoint);
    }
    subscribed
}

/// Here `sender` is a connection, not a stream.
pub(super) fn unsubscribe_from_video(
    hub: &Hub,
    params: &Params<'_>,
    reply: &Reply,
) -> Result<(), RpcError> {
    let sender = params.string("sender")?;
    hub.change(|rooms, now| {
        let effects = rooms.unsubscribe(&reply.rpc, &sender, now)?;
        reply.succeed(json!({}));
        Ok(((), effects))
    })
}

/// The peer connection is replaced under the same endpoint, so nobody else notices.
pub(super) async fn reconnect_stream(
    hub: &Hub,
    params: &Params<'_>,
    reply: &Reply,
) -> Result<(), RpcError> {
    let stream = params.string("stream")?;
    // Publishers call their offer `sdpString`; subscribers call it `sdpOffer`.
    let offer = params
        .string("sdpOffer")
        .or_else(|_| params.string("sdpString"))?;
    let before = hub.look(|rooms| rooms.check_reconnect(&reply.rpc, &stream))?;
    let result = match &before {
        Reconnection::Publication {
            endpoint,
            stream_id,
            created_at,
        } => {
            let answer = hub.media.publish(*endpoint, offer, false).await;
            json!({
                "sdpAnswer": answer.map_err(media_refusal)?,
                "id": stream_id,
                "createdAt": created_at,
            })
        }
        Reconnection::Subscription { endpoint, source } => {
            let answer = hub.media.subscribe(*endpoint, *source, offer).await;
            json!({ "sdpAnswer": answer.map_err(media_refusal)? })
        }
    };
    // The stream may have ended meanwhile; then its endpoint was released too early.
    match hub.look(|rooms| rooms.check_reconnect(&reply.rpc, &stream)) {
        Ok(after) if after == before => reply.succeed(result),
        Ok(_) => {
            hub.media.release(before.endpoint());
            return Err(media_refusal(MediaError::NoSource).into());
        }
        Err(refusal) => {
            hub.media.release(before.endpoint());
            return Err(refusal.into());
        }
    }
    Ok(())
}

/// Acknowledged and ignored: the browser does the connectivity checks, which reveal its candidates.
pub(super) fn on_ice_candidate(params: &Params<'_>, reply: &Reply) -> Result<(), RpcError> {
    for name in ["endpointName", "candidate", "sdpMid"] {
        params.string(name)?;
    }
    params.integer("sdpMLineIndex")?;
    reply.succeed(json!({}));
    Ok(())
}
