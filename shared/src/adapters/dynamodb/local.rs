//! A DynamoDB of one's own, which accepts any region and any key.

use aws_sdk_dynamodb::config::{BehaviorVersion, Config, Credentials, Region};
use aws_smithy_http_client::Builder;

use super::Client;

/// The region that all programs use there.
pub const REGION: &str = "eu-west-1";

/// The key that all programs use there, and its secret.
pub const KEY: &str = "local";

/// Connects to the one at `url`. Nothing is read from the environment: without credentials there, the SDK
/// would ask EC2's metadata service, which few machines have.
pub fn client(url: &str) -> Client {
    let config = Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new(REGION))
        .credentials_provider(Credentials::new(KEY, KEY, None, None, "local"))
        .endpoint_url(url)
        .http_client(Builder::new().build_http())
        .build();
    Client::from_conf(config)
}
