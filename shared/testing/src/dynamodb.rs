//! DynamoDB with our tables: embedded, or any whose URL is in `DYNAMODB_URL` (with the region and
//! credentials from the environment).

use std::time::Duration;

use aws_sdk_dynamodb::config::timeout::TimeoutConfig;
use aws_sdk_dynamodb::config::{BehaviorVersion, Credentials, Region};
use aws_sdk_dynamodb::types::AttributeValue;
use shared::adapters::dynamodb::tables::{self, LOGINS, TableNames};

/// Tables that no other test uses.
#[derive(Debug)]
pub struct Tables {
    /// The server.
    pub url: String,
    /// A client of it.
    pub client: aws_sdk_dynamodb::Client,
    /// The tables' names.
    pub names: TableNames,
}

impl Tables {
    /// Makes the tables.
    ///
    /// # Panics
    /// If they cannot be made.
    pub async fn new() -> Self {
        let url = url().await;
        let http = aws_smithy_http_client::Builder::new().build_http();
        let patient = TimeoutConfig::builder()
            .connect_timeout(Duration::from_secs(60))
            .build();
        let config = aws_sdk_dynamodb::Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new("local"))
            .credentials_provider(Credentials::new("local", "local", None, None, "test"))
            .endpoint_url(&url)
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
        for _again in 0..2 {
            let made = tables::create(&client, &names).await;
            made.expect("tables can be made, also if they are there");
        }
        Self { url, client, names }
    }

    /// How many attempts to log in have failed or are pending at a counter.
    ///
    /// # Panics
    /// If the record cannot be read.
    pub async fn counted(&self, counter: &str) -> u32 {
        let key = AttributeValue::S(format!("attempts#{counter}"));
        let request = self
            .client
            .get_item()
            .table_name(&self.names.logins)
            .key(LOGINS.partition_key, key);
        let answer = request.send().await.expect("an answer");
        let item = answer.item.unwrap_or_default();
        let counted = item.get("counted").and_then(|value| value.as_n().ok());
        counted.map_or(0, |counted| counted.parse().expect("a number"))
    }
}

/// The server that `DYNAMODB_URL` names, or else an embedded one.
async fn url() -> String {
    match std::env::var("DYNAMODB_URL") {
        Ok(url) => url,
        Err(_) => embedded().await,
    }
}

async fn embedded() -> String {
    let database = dynoxide::Database::memory().expect("a database in memory");
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await;
    let listener = listener.expect("a free port");
    let address = listener.local_addr().expect("an address");
    tokio::spawn(dynoxide::server::serve_with_shutdown(
        listener,
        database,
        std::future::pending(),
    ));
    format!("http://{address}")
}
