//! The example exchanges of `contract/`: what a client sends and what it gets.

use std::env;
use std::path::PathBuf;

use lambda_http::{Body, Response};
use serde::Deserialize;
use serde_json::Value;

/// One example of what a client sends and what it gets: a file of `contract/`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Exchange {
    pub name: String,
    /// The caller, if they are logged in.
    #[serde(rename = "as")]
    pub asks: Option<String>,
    /// Who is in the call already. The request contains their token and connection.
    pub joined: Option<String>,
    /// How often whoever asks has failed to log in as the same user.
    #[serde(default)]
    pub failed: u32,
    /// How many tokens whoever asks has not used.
    #[serde(default)]
    pub unused: usize,
    /// Is `request.body` the text itself, and not JSON?
    #[serde(default)]
    pub raw: bool,
    /// How many spaces follow the body.
    #[serde(default)]
    pub padding: usize,
    /// What is wrong on our side, if the request alone does not lead to this answer.
    pub when: Option<String>,
    pub request: ExchangeRequest,
    pub response: ExchangeResponse,
}

/// The request of an example.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExchangeRequest {
    pub method: String,
    pub path: String,
    /// Headers that matter.
    pub headers: serde_json::Map<String, Value>,
    pub body: Option<Value>,
}

/// The response of an example.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExchangeResponse {
    pub status: u16,
    /// The body. For a `200` only its shape is promised, for a problem everything but the request
    /// id.
    pub body: Value,
}

impl Exchange {
    /// The exchanges on paths for which `wanted` is true, if the request alone leads to the answer.
    ///
    /// # Panics
    /// If there are none, or one cannot be read: then a test would test nothing.
    pub fn all(wanted: impl Fn(&str) -> bool) -> Vec<Self> {
        let mut exchanges = Self::every();
        exchanges.retain(|exchange| exchange.when.is_none() && wanted(&exchange.request.path));
        assert!(
            !exchanges.is_empty(),
            "no example exchange is for this function"
        );
        exchanges
    }

    /// Every exchange, sorted by file name.
    ///
    /// # Panics
    /// If one cannot be read.
    pub fn every() -> Vec<Self> {
        let mut files: Vec<_> = std::fs::read_dir(contract())
            .expect("contract/ is there")
            .map(|entry| entry.expect("an entry").path())
            .collect();
        files.sort();
        let names = files.iter().filter_map(|file| file.file_stem()?.to_str());
        names.map(Self::read).collect()
    }

    /// The exchange in `contract/<name>.json`.
    ///
    /// # Panics
    /// If it cannot be read.
    pub fn read(name: &str) -> Self {
        let file = contract().join(format!("{name}.json"));
        let text = std::fs::read_to_string(&file).expect("the exchange can be read");
        serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", file.display()))
    }

    /// Compares a real response with this one.
    ///
    /// # Panics
    /// If they differ in what is promised.
    pub fn assert_answered_by(&self, response: &Response<Body>) {
        let name = &self.name;
        let body: Value = serde_json::from_slice(response.body()).expect("answers are JSON");
        assert_eq!(response.status(), self.response.status, "{name}: {body}");
        if self.response.status == 200 {
            assert_eq!(shape(&body), shape(&self.response.body), "{name}");
        } else {
            assert_eq!(body, self.response.body, "{name}");
        }
    }

    pub(crate) fn body_text(&self) -> Option<String> {
        let body = self.request.body.as_ref()?;
        let text = match body.as_str() {
            Some(text) if self.raw => text.to_owned(),
            Some(_) | None => body.to_string(),
        };
        Some(text + &" ".repeat(self.padding))
    }
}

/// The examples in the checkout that runs this test. It may be a copy of the checkout in which the
/// test was built.
fn contract() -> PathBuf {
    let package = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").expect("cargo runs the tests"));
    let mut folders = package
        .ancestors()
        .map(|folder| folder.join("shared/contract"));
    let found = folders.find(|folder| folder.is_dir());
    found.expect("shared/contract is in the checkout")
}

/// The value with every string and number replaced by its type.
fn shape(value: &Value) -> Value {
    match value {
        Value::String(_) => "string".into(),
        Value::Number(_) => "number".into(),
        Value::Array(items) => items.iter().map(shape).collect(),
        Value::Object(fields) => {
            let shapes = fields
                .iter()
                .map(|(name, value)| (name.clone(), shape(value)));
            Value::Object(shapes.collect())
        }
        Value::Bool(_) | Value::Null => value.clone(),
    }
}
