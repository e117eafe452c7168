//! Tables on an embedded DynamoDB, or on any whose URL is in `DYNAMODB_URL` (with the region and
//! credentials from the environment).

use std::time::Duration;

use aws_sdk_dynamodb::config::timeout::TimeoutConfig;
use aws_sdk_dynamodb::config::{BehaviorVersion, Credentials, Region};
use shared::adapters::dynamodb::tables::{self, TableNames};

/// A DynamoDB with tables of its own.
pub(crate) struct Tables {
    pub(crate) client: aws_sdk_dynamodb::Client,
    pub(crate) names: TableNames,
}

impl Tables {
    /// On the server at `url`.
    pub(crate) async fn at(url: &str) -> Self {
        let http = aws_smithy_http_client::Builder::new().build_http();
        let patient = TimeoutConfig::builder()
            .connect_timeout(Duration::from_secs(60))
            .build();
        let config = aws_sdk_dynamodb::Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new("local"))
            .credentials_provider(Credentials::new("local", "local", None, None, "test"))
            .endpoint_url(url)
            .http_client(http)
            // A thousand at once may take their time.
            .timeout_config(patient)
            .build();
        let client = aws_sdk_dynamodb::Client::from_conf(config);
        let run: u64 = rand::random();
        let names = TableNames {
            calls: format!("calls-{run:x}"),
            users: format!("users-{run:x}"),
            logins: format!("logins-{run:x}"),
        };
        tables::create(&client, &names).await.unwrap();
        tables::create(&client, &names)
            .await
            .expect("making them again is fine");
        Self { client, names }
    }
}

/// The server that `DYNAMODB_URL` names, or else an embedded one.
pub(crate) async fn url() -> String {
    match std::env::var("DYNAMODB_URL") {
        Ok(url) => url,
        Err(_) => embedded().await,
    }
}

async fn embedded() -> String {
    let database = dynoxide::Database::memory().unwrap();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(dynoxide::server::serve_with_shutdown(
        listener,
        database,
        std::future::pending(),
    ));
    format!("http://{address}")
}
