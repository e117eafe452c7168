//! `sendMessage`: signals between browsers, JSON inside a JSON string.

use serde::Deserialize;
use serde_json::json;

use super::envelope::{Reply, RpcError};
use super::params::Params;
use crate::hub::Hub;
use crate::refusal::Refusal;
use crate::rooms::Signal;

#[derive(Deserialize)]
struct Message {
    #[serde(default)]
    to: Vec<String>,
    #[serde(rename = "type")]
    kind: Option<String>,
    data: Option<String>,
}

pub(super) fn send_message(hub: &Hub, params: &Params<'_>, reply: &Reply) -> Result<(), RpcError> {
    let text = params.string("message")?;
    let message: Message = serde_json::from_str(&text).map_err(|_| {
        Refusal::new(
            Refusal::SIGNAL_FORMAT,
            "Provided signal object has not a valid JSON format",
        )
    })?;
    let signal = Signal {
        to: message.to,
        kind: message.kind,
        data: message.data,
    };
    hub.change(|rooms, now| {
        let effects = rooms.signal(&reply.rpc, &signal, now)?;
        reply.succeed(json!({}));
        Ok(((), effects))
    })
}
