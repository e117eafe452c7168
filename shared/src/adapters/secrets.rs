//! Secrets from AWS Secrets Manager: where the environment has `NAME_ARN`, the secret of that ARN
//! stands for the variable `NAME`.

use std::collections::HashMap;
use std::fmt;

use aws_sdk_secretsmanager::Client;
use indexmap::IndexMap;
use secrecy::{ExposeSecret, SecretString};

use crate::telemetry;

/// The variables that hold secrets, and may be given by ARN.
const NAMES: [&str; 4] = [
    "JWT_KEYS",
    "OPENVIDU_SECRET",
    "ORIGIN_SECRET",
    "WEBHOOK_SECRETS",
];

/// Secrets by the name of the variable that they stand for.
#[derive(Clone, Debug, Default)]
pub struct Secrets(HashMap<&'static str, SecretString>);

/// A secret could not be read.
#[derive(thiserror::Error)]
#[error("could not read the secret that {name}_ARN names: {reason}")]
pub struct SecretError {
    name: &'static str,
    reason: String,
}

/// A function that cannot start says why in this form.
impl fmt::Debug for SecretError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Secrets {
    /// Reads the secrets that `variable` names by ARN. Where it names none, nothing is asked.
    ///
    /// # Errors
    /// [`SecretError`] for the first that cannot be read.
    pub async fn read(variable: impl Fn(&str) -> Option<String>) -> Result<Self, SecretError> {
        let named = |name: &'static str| {
            let arn = variable(&format!("{name}_ARN")).filter(|arn| !arn.is_empty())?;
            Some((name, arn))
        };
        let arns: Vec<_> = NAMES.into_iter().filter_map(named).collect();
        let mut secrets = HashMap::new();
        if !arns.is_empty() {
            let client = Client::new(&super::aws::sdk_config().await);
            for (name, arn) in arns {
                secrets.insert(name, read_one(&client, name, &arn).await?);
            }
        }
        Ok(Self(secrets))
    }

    /// Did any secret come from there?
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The secret that stands for the variable `name`.
    pub fn get(&self, name: &str) -> Option<String> {
        let secret = self.0.get(name)?;
        Some(secret.expose_secret().to_owned())
    }
}

async fn read_one(
    client: &Client,
    name: &'static str,
    arn: &str,
) -> Result<SecretString, SecretError> {
    let failed = |reason: String| SecretError { name, reason };
    let answer = client.get_secret_value().secret_id(arn).send().await;
    let answer = answer.map_err(|error| failed(telemetry::chain(&error)))?;
    let value = answer
        .secret_string()
        .ok_or_else(|| failed("it is binary".to_owned()))?;
    flatten(value)
        .map(SecretString::from)
        .ok_or_else(|| failed("it is not an object of strings".to_owned()))
}

/// The value as a variable would have it. `CloudFormation` generates a secret as a JSON object
/// (`{"k1":"..."}`); its members, in their order, become `k1:...,k2:...`.
fn flatten(value: &str) -> Option<String> {
    if !value.trim_start().starts_with('{') {
        return Some(value.trim().to_owned());
    }
    let members: IndexMap<String, String> = serde_json::from_str(value).ok()?;
    let members: Vec<_> = members
        .iter()
        .map(|(id, secret)| format!("{id}:{secret}"))
        .collect();
    Some(members.join(","))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_generated_secret_reads_as_a_variable_does() {
        assert_eq!(flatten("MY_SECRET\n").as_deref(), Some("MY_SECRET"));
        assert_eq!(flatten(r#"{"k1":"abc"}"#).as_deref(), Some("k1:abc"));
        let rotated = r#" {"k2":"def","k1":"abc"}"#;
        assert_eq!(
            flatten(rotated).as_deref(),
            Some("k2:def,k1:abc"),
            "the first stays first"
        );
        assert_eq!(flatten("{"), None);
        assert_eq!(flatten(r#"{"k1":5}"#), None);
    }

    #[tokio::test]
    async fn where_no_arn_is_given_nothing_is_asked() {
        let empty = |name: &str| name.ends_with("_ARN").then(String::new);
        assert!(Secrets::read(empty).await.unwrap().is_empty());
    }
}
