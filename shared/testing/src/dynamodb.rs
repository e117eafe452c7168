//! DynamoDB with our tables: embedded, or any whose URL is in `DYNAMODB_URL`.

use std::future::pending;
use std::time::Duration;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::timeout::TimeoutConfig;
use aws_sdk_dynamodb::types::AttributeValue;
use dynoxide::server::serve_with_shutdown;
use shared::adapters::dynamodb::local;
use shared::adapters::dynamodb::tables::{self, LOGINS, TableNames};
use tokio::net::TcpListener;

use crate::requests::Requests;

/// Tables that no other test uses.
#[derive(Debug)]
pub struct Tables {
    /// The server.
    pub url: String,
    /// A client for the server.
    pub client: Client,
    /// The tables' names.
    pub names: TableNames,
}

impl Tables {
    /// Makes the tables.
    ///
    /// # Panics
    /// If they cannot be made.
    pub async fn new() -> Self {
        match std::env::var("DYNAMODB_URL") {
            Ok(url) => Self::at(url).await,
            Err(_) => Self::embedded().await,
        }
    }

    /// Makes the tables on an embedded server, whatever `DYNAMODB_URL` says.
    ///
    /// # Panics
    /// If they cannot be made.
    pub async fn embedded() -> Self {
        let database = dynoxide::Database::memory().expect("a database in memory");
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("an address");
        tokio::spawn(serve_with_shutdown(listener, database, pending()));
        Self::at(format!("http://{address}")).await
    }

    async fn at(url: String) -> Self {
        // A thousand requests at once take a while.
        let patient = TimeoutConfig::builder()
            .connect_timeout(Duration::from_secs(60))
            .build();
        let config = local::client(&url).config().to_builder();
        let client = Client::from_conf(config.timeout_config(patient).build());
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

    /// Another client of it, and how many requests that has sent.
    pub fn counting_client(&self) -> (aws_sdk_dynamodb::Client, Requests) {
        let requests = Requests::default();
        let config = self.client.config().to_builder();
        let config = config.interceptor(requests.clone()).build();
        (aws_sdk_dynamodb::Client::from_conf(config), requests)
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
