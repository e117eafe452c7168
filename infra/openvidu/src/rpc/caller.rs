//! The JSON-RPC session on a WebSocket, and the dispatch of its methods.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use tracing::debug;

use super::envelope::{Reply, Request, RpcError};
use super::params::Params;
use super::socket::Visitor;
use super::{join, moderate, publish, subscribe, talk};
use crate::hub::{Hub, Socket};
use crate::refusal::Refusal;
use crate::rooms;

/// The client on a WebSocket.
pub(super) struct Caller {
    pub(super) hub: Arc<Hub>,
    pub(super) socket: Socket,
    pub(super) visitor: Visitor,
    /// The JSON-RPC session: opened by the first request, or taken over by `connect`.
    pub(super) rpc: Option<String>,
}

impl Caller {
    pub(super) fn new(hub: Arc<Hub>, socket: Socket, visitor: Visitor) -> Self {
        Self {
            hub,
            socket,
            visitor,
            rpc: None,
        }
    }

    /// Carries out one request. If it counts as a ping, returns how soon the next one is expected.
    pub(super) async fn handle(&mut self, text: &str) -> Option<Duration> {
        let request: Request = match serde_json::from_str(text) {
            Ok(request) => request,
            Err(error) => {
                debug!(%error, "not a JSON-RPC request");
                return None;
            }
        };
        let fields = request.params.unwrap_or_default();
        let params = Params {
            method: &request.method,
            fields: &fields,
        };
        if params.method == "connect" {
            return self.connect(request.id, &params);
        }
        let rpc = match &self.rpc {
            Some(rpc) => rpc.clone(),
            None => self
                .rpc
                .insert(self.hub.open_line(self.socket.clone()))
                .clone(),
        };
        let reply = Reply {
            id: request.id,
            rpc,
            socket: self.socket.clone(),
        };
        if params.method == "ping" {
            reply.succeed(json!({ "value": "pong" }));
            let told = fields
                .get("interval")
                .and_then(Value::as_u64)
                .map(Duration::from_millis);
            return self.hub.ping_interval(&reply.rpc, told);
        }
        if let Err(error) = self.dispatch(&params, &reply).await {
            // Log only the code: the message may quote a token.
            let code = error.code();
            debug!(
                rpc.method = params.method,
                rpc.code = code,
                "request failed"
            );
            reply.fail(&error);
        }
        None
    }

    /// Each of these answers the request itself if it succeeds.
    async fn dispatch(&self, params: &Params<'_>, reply: &Reply) -> Result<(), RpcError> {
        let hub = &self.hub;
        match params.method {
            "closeSession" => reply.succeed(json!({ "value": "bye" })),
            "joinRoom" => join::join_room(hub, params, reply, &self.visitor)?,
            method if hub.look(|rooms| rooms.participant(&reply.rpc).is_none()) => {
                if !hub.has_joined(&reply.rpc) {
                    return Err(rooms::not_joined(&reply.rpc).into());
                }
                // They were evicted or have left. A real server only logs any other request.
                if method == "echo" {
                    reply.succeed(json!({}));
                }
            }
            "leaveRoom" => join::leave_room(hub, reply)?,
            "publishVideo" => publish::publish_video(hub, params, reply).await?,
            "unpublishVideo" => publish::unpublish_video(hub, reply)?,
            "streamPropertyChanged" => publish::stream_property_changed(hub, params, reply)?,
            "videoData" => publish::video_data(params, reply)?,
            "receiveVideoFrom" => subscribe::receive_video_from(hub, params, reply).await?,
            "unsubscribeFromVideo" => subscribe::unsubscribe_from_video(hub, params, reply)?,
            "reconnectStream" => subscribe::reconnect_stream(hub, params, reply).await?,
            "onIceCandidate" => subscribe::on_ice_candidate(params, reply)?,
            "forceDisconnect" => moderate::force_disconnect(hub, params, reply)?,
            "forceUnpublish" => moderate::force_unpublish(hub, params, reply)?,
            "sendMessage" => talk::send_message(hub, params, reply)?,
            "echo" => reply.succeed(json!({})),
            "subscribeToSpeechToText" | "unsubscribeFromSpeechToText" => {
                return Err(Refusal::new(
                    Refusal::WRONG_EDITION,
                    "Speech To Text is not available in OpenVidu CE",
                )
                .into());
            }
            // A real server only logs these and leaves the caller waiting.
            unknown => debug!(rpc.method = unknown, "unknown method"),
        }
        Ok(())
    }

    /// A browser is back on another WebSocket and names its earlier session. Its promise to ping
    /// still counts.
    fn connect(&mut self, id: Option<Value>, params: &Params<'_>) -> Option<Duration> {
        let named = params.fields.get("sessionId").and_then(Value::as_str);
        let (rpc, outcome) = match named {
            Some(rpc) if self.hub.reconnect_line(rpc, self.socket.clone()) => {
                (rpc.to_owned(), Ok("reconnection successful"))
            }
            Some(rpc) => (rpc.to_owned(), Err(RpcError::NoSuchSession)),
            None => (self.hub.open_line(self.socket.clone()), Ok("connected")),
        };
        let reply = Reply {
            id,
            rpc: rpc.clone(),
            socket: self.socket.clone(),
        };
        match outcome {
            Ok(value) => {
                reply.succeed(json!({ "value": value }));
                self.rpc = Some(rpc);
                self.hub.ping_interval(&reply.rpc, None)
            }
            Err(error) => {
                reply.fail(&error);
                None
            }
        }
    }
}
