//! Publishing a stream: `publishVideo`, `unpublishVideo`, and changes that a publisher reports.

use serde_json::{Value, json};

use super::envelope::{Reply, RpcError};
use super::params::Params;
use crate::hub::Hub;
use crate::ids;
use crate::media::MediaError;
use crate::model::{MediaOptions, Publication};
use crate::refusal::Refusal;

pub(super) async fn publish_video(
    hub: &Hub,
    params: &Params<'_>,
    reply: &Reply,
) -> Result<(), RpcError> {
    let connection_id = hub.look(|rooms| rooms.check_publish(&reply.rpc))?;
    let offer = params.string("sdpOffer")?;
    let loopback = params.boolean("doLoopback")?;
    let media = media_options(params)?;
    if media.has_video && !offer.contains("VP8/90000") {
        return Err(Refusal::new(
            Refusal::CODEC_NOT_OFFERED,
            "The video codec VP8 is forced and not in the SDP offer",
        )
        .into());
    }

    let endpoint = hub.media.new_endpoint();
    let answer = hub
        .media
        .publish(endpoint, offer, loopback)
        .await
        .map_err(media_refusal)?;
    let published = hub.change(|rooms, now| {
        let publication = Publication {
            stream_id: ids::stream(&media.kind(), &connection_id),
            created_at: now,
            endpoint,
            media,
        };
        let stream_id = publication.stream_id.clone();
        let effects = rooms.publish(&reply.rpc, publication, now)?;
        // The publisher must know its stream before anybody else can ask for it.
        reply.succeed(json!({ "sdpAnswer": answer, "id": stream_id, "createdAt": now }));
        Ok(((), effects))
    });
    if published.is_err() {
        hub.media.release(endpoint);
    }
    published
}

pub(super) fn unpublish_video(hub: &Hub, reply: &Reply) -> Result<(), RpcError> {
    hub.change(|rooms, now| {
        let effects = rooms.unpublish(&reply.rpc, now)?;
        reply.succeed(json!({}));
        Ok(((), effects))
    })
}

pub(super) fn stream_property_changed(
    hub: &Hub,
    params: &Params<'_>,
    reply: &Reply,
) -> Result<(), RpcError> {
    let property = params.string("property")?;
    let value = params.value("newValue")?;
    let reason = params.string("reason")?;
    hub.change(|rooms, now| {
        let effects = rooms.change_stream(&reply.rpc, &property, value, &reason, now)?;
        reply.succeed(json!({}));
        Ok(((), effects))
    })
}

/// What a publisher sends at the moment. It is checked, but changes nothing.
pub(super) fn video_data(params: &Params<'_>, reply: &Reply) -> Result<(), RpcError> {
    for name in ["height", "width"] {
        params.integer(name)?;
    }
    for name in ["videoActive", "audioActive"] {
        params.boolean(name)?;
    }
    reply.succeed(json!({}));
    Ok(())
}

/// The description of the stream. Two fields are required; the others are kept as they are.
fn media_options(params: &Params<'_>) -> Result<MediaOptions, RpcError> {
    params.boolean("hasAudio")?;
    params.boolean("hasVideo")?;
    serde_json::from_value(Value::Object(params.fields.clone()))
        .map_err(|error| RpcError::Invalid(error.to_string()))
}

/// The error for a browser if there is no SDP answer.
pub(super) fn media_refusal(error: MediaError) -> Refusal {
    match error {
        MediaError::Sdp(cause) => Refusal::new(
            Refusal::SDP,
            format!("Error generating SDP response: {cause}"),
        ),
        MediaError::NoSource => Refusal::new(
            Refusal::ENDPOINT,
            "Unable to create subscriber endpoint. Publisher endpoint is closed",
        ),
        MediaError::Stopped => Refusal::new(Refusal::ENDPOINT, "The media server has stopped"),
    }
}
