//! The users' table: on AWS, or where the command line says.

use aws_sdk_dynamodb::Client;
use shared::adapters::dynamodb::{self, DynamoDbUsers, local};

use crate::options::DatabaseOptions;

/// Connects to the users' table. Region and credentials come from the environment, as for every AWS
/// tool, except for the database of `make dev`.
pub(crate) async fn users(options: &DatabaseOptions) -> DynamoDbUsers {
    let client = match (options.local, &options.endpoint_url) {
        (true, _) => local::client(&format!("http://127.0.0.1:{}", options.local_port)),
        (false, None) => dynamodb::client().await,
        (false, Some(url)) => {
            let config = dynamodb::client().await.config().to_builder();
            Client::from_conf(config.endpoint_url(url).build())
        }
    };
    DynamoDbUsers::new(client, options.table.clone())
}
