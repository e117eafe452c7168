//! The users' table: on AWS, or where the command line says.

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::{BehaviorVersion, Config, Credentials, Region};
use shared::adapters::dynamodb::{self, DynamoDbUsers};

use crate::options::DatabaseOptions;

/// Connects to the users' table. Region and credentials come from the environment, as for every AWS
/// tool.
pub(crate) async fn users(options: &DatabaseOptions) -> DynamoDbUsers {
    let client = match (options.local, &options.endpoint_url) {
        (true, _) => local(options.local_port),
        (false, None) => dynamodb::client().await,
        (false, Some(url)) => {
            let config = dynamodb::client().await.config().to_builder();
            Client::from_conf(config.endpoint_url(url).build())
        }
    };
    DynamoDbUsers::new(client, options.table.clone())
}

/// The database of `make dev`. Nothing is read from the environment: without credentials there, the
/// SDK would ask EC2's metadata service, which few machines have.
fn local(port: u16) -> Client {
    // The local stack accepts any.
    let key = Credentials::new("local", "local", None, None, "local");
    let config = Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("eu-west-1"))
        .credentials_provider(key)
        .endpoint_url(format!("http://127.0.0.1:{port}"))
        .http_client(aws_smithy_http_client::Builder::new().build_http())
        .build();
    Client::from_conf(config)
}
