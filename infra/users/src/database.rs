//! The users' table: on AWS, or wherever the command line says.

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::{Credentials, Region};
use shared::adapters::dynamodb::{self, DynamoDbUsers};

use crate::options::DatabaseOptions;

/// Connects to the users' table. Region and credentials are those of the environment, as for every AWS tool.
pub(crate) async fn users(options: &DatabaseOptions) -> DynamoDbUsers {
    let client = dynamodb::client().await;
    let mut config = client.config().to_builder();
    if options.local {
        // As the local stack has them: any will do.
        let key = Credentials::new("local", "local", None, None, "local");
        config = config
            .endpoint_url(format!("http://127.0.0.1:{}", options.local_port))
            .region(Region::new("eu-west-1"))
            .credentials_provider(key);
    } else if let Some(url) = &options.endpoint_url {
        config = config.endpoint_url(url);
    }
    DynamoDbUsers::new(Client::from_conf(config.build()), options.table.clone())
}
