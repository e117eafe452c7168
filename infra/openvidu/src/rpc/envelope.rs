//! JSON-RPC 2.0 as the kurento-jsonrpc library writes it: requests in, answers out.

use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::hub::{Outgoing, Socket};
use crate::refusal::Refusal;
use crate::rooms::Crash;

/// A request as it comes in. Without an id nobody waits for an answer.
#[derive(Debug, Deserialize)]
pub(super) struct Request {
    pub(super) id: Option<Value>,
    pub(super) method: String,
    #[serde(default)]
    pub(super) params: Option<Map<String, Value>>,
}

/// Why a request failed.
#[derive(Debug, PartialEq)]
pub(super) enum RpcError {
    /// OpenVidu says no.
    Refused(Refusal),
    /// The request itself is no good; a real server lets out a Java exception here.
    Invalid(String),
    /// A real server crashed after its work.
    Crashed,
    /// The JSON-RPC session to reconnect is not there.
    NoSuchSession,
}

impl RpcError {
    pub(super) fn code(&self) -> i32 {
        match self {
            Self::Refused(refusal) => refusal.code.into(),
            Self::Invalid(_) | Self::Crashed => -1,
            Self::NoSuchSession => 40007,
        }
    }
}

impl From<Refusal> for RpcError {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

impl From<Crash> for RpcError {
    fn from(_: Crash) -> Self {
        Self::Crashed
    }
}

/// Where the answer to one request goes.
pub(super) struct Reply {
    pub(super) id: Option<Value>,
    pub(super) rpc: String,
    pub(super) socket: Socket,
}

impl Reply {
    /// Answers with success. Every result carries the name of the JSON-RPC session.
    pub(super) fn succeed(&self, mut result: Value) {
        result["sessionId"] = json!(self.rpc);
        self.send("result", &result);
    }

    /// Answers with nothing but success, or with the crash after it.
    pub(super) fn finish(&self, outcome: Result<(), Crash>) {
        match outcome {
            Ok(()) => self.succeed(json!({})),
            Err(crash) => self.fail(&crash.into()),
        }
    }

    /// Answers with an error.
    pub(super) fn fail(&self, error: &RpcError) {
        let message = match error {
            RpcError::Refused(refusal) => refusal.message(),
            RpcError::Invalid(message) => format!("java.lang.RuntimeException:{message}"),
            RpcError::Crashed => "java.lang.NullPointerException".to_owned(),
            RpcError::NoSuchSession => "reconnection error".to_owned(),
        };
        let mut content = json!({ "code": error.code(), "message": message });
        if error.code() == -1 {
            // Where a real server sends a stack trace.
            content["data"] = content["message"].clone();
        }
        self.send("error", &content);
    }

    fn send(&self, kind: &str, content: &Value) {
        let Some(id) = &self.id else {
            return;
        };
        let frame = json!({ "id": id, kind: content, "jsonrpc": "2.0" });
        self.socket.send(Outgoing::Text(frame.to_string()));
    }
}
