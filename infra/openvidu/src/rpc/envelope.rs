//! JSON-RPC 2.0 as the kurento-jsonrpc library writes it: requests and answers.

use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::hub::{Outgoing, Socket};
use crate::refusal::Refusal;
use crate::rooms::Crash;

/// A request. Without an id, nobody waits for an answer.
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
    /// OpenVidu refuses it.
    Refused(Refusal),
    /// The request itself is invalid. A real server answers with a Java exception.
    Invalid(String),
    /// A real server crashes here after its work.
    Crashed,
    /// The JSON-RPC session to reconnect does not exist.
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

/// Where to send the answer to one request.
pub(super) struct Reply {
    pub(super) id: Option<Value>,
    pub(super) rpc: String,
    pub(super) socket: Socket,
}

impl Reply {
    /// Answers with success. Every result contains the name of the JSON-RPC session.
    pub(super) fn succeed(&self, mut result: Value) {
        result["sessionId"] = json!(self.rpc);
        self.send("result", &result);
    }

    /// Answers with an empty result, or with the crash.
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
            // A real server sends a stack trace here.
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
