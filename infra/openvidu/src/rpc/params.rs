//! Reads the parameters of a request. A missing one gives a real server's error message.

use serde_json::{Map, Value};

use super::envelope::RpcError;

pub(super) struct Params<'a> {
    pub(super) method: &'a str,
    pub(super) fields: &'a Map<String, Value>,
}

impl<'a> Params<'a> {
    pub(super) fn value(&self, name: &str) -> Result<&'a Value, RpcError> {
        self.fields
            .get(name)
            .filter(|value| !value.is_null())
            .ok_or_else(|| {
                RpcError::Invalid(format!(
                    "Request element '{name}' is missing in RPC method '{}'. Check that \
                     'openvidu-server' and 'openvidu-browser' versions are compatible with each \
                     other",
                    self.method
                ))
            })
    }

    /// A text. A number or boolean is accepted and converted.
    pub(super) fn string(&self, name: &str) -> Result<String, RpcError> {
        match self.value(name)? {
            Value::String(text) => Ok(text.clone()),
            value @ (Value::Bool(_) | Value::Number(_)) => Ok(value.to_string()),
            _ => Err(self.wrong(name)),
        }
    }

    pub(super) fn boolean(&self, name: &str) -> Result<bool, RpcError> {
        self.value(name)?.as_bool().ok_or_else(|| self.wrong(name))
    }

    pub(super) fn integer(&self, name: &str) -> Result<i64, RpcError> {
        self.value(name)?.as_i64().ok_or_else(|| self.wrong(name))
    }

    fn wrong(&self, name: &str) -> RpcError {
        RpcError::Invalid(format!(
            "Request element '{name}' has a wrong type in method '{}'",
            self.method
        ))
    }
}
