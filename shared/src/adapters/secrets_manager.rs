//! Secrets in AWS Secrets Manager.

use aws_config::SdkConfig;
use aws_sdk_secretsmanager::Client;
use futures_util::future::BoxFuture;
use secrecy::SecretString;

use crate::ports::Source;
use crate::secrets::SecretStore;

/// AWS Secrets Manager, where the id of a secret is its ARN.
#[derive(Clone, Debug)]
pub struct SecretsManager(Client);

impl SecretsManager {
    /// Makes a client with this configuration.
    pub fn new(config: &SdkConfig) -> Self {
        Self(Client::new(config))
    }
}

impl SecretStore for SecretsManager {
    fn read<'a>(&'a self, id: &'a str) -> BoxFuture<'a, Result<SecretString, Source>> {
        Box::pin(async move {
            let answer = self.0.get_secret_value().secret_id(id).send().await?;
            let text = answer.secret_string().ok_or("it is binary")?;
            Ok(text.trim().into())
        })
    }
}
