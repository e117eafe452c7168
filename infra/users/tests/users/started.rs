//! A database, and the program running on it.

use std::io::Write;
use std::process::{Command, Stdio};

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::{BehaviorVersion, Config, Credentials, Region};
use serde_json::Value;
use shared::adapters::dynamodb::DynamoDbUsers;
use shared::adapters::dynamodb::tables::{self, TableNames};
use shared::ports::UserAdministration;

/// An embedded database with our tables.
pub(crate) struct Database {
    url: String,
    client: Client,
}

/// The result of a run.
pub(crate) struct Run {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Database {
    pub(crate) async fn start() -> Self {
        let database = dynoxide::Database::memory().unwrap();
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(dynoxide::server::serve_with_shutdown(
            listener,
            database,
            std::future::pending(),
        ));
        let config = Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new("local"))
            .credentials_provider(Credentials::new("local", "local", None, None, "test"))
            .endpoint_url(&url)
            .http_client(aws_smithy_http_client::Builder::new().build_http())
            .build();
        let client = Client::from_conf(config);
        let names = TableNames {
            calls: "calls".into(),
            users: "people".into(),
            logins: "logins".into(),
        };
        tables::create(&client, &names).await.unwrap();
        Self { url, client }
    }

    pub(crate) fn port(&self) -> &str {
        self.url.rsplit(':').next().unwrap()
    }

    pub(crate) fn users(&self) -> DynamoDbUsers {
        DynamoDbUsers::new(self.client.clone(), "people".into())
    }

    pub(crate) async fn users_on_record(&self) -> Vec<String> {
        let users = self.users().all().await.unwrap();
        let names = users.iter().map(|user| user.name.as_str().to_owned());
        names.collect()
    }

    /// The program in a session of its own, independent of the surroundings.
    pub(crate) fn command(&self, session: &[&str], arguments: &[&str]) -> Command {
        let mut command = Command::new("setsid");
        command
            .arg("--wait")
            .args(session)
            .arg(env!("CARGO_BIN_EXE_users"))
            .args(arguments)
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("AWS_REGION", "local")
            .env("AWS_ACCESS_KEY_ID", "local")
            .env("AWS_SECRET_ACCESS_KEY", "local")
            .env("AWS_ENDPOINT_URL_DYNAMODB", &self.url)
            .env("USERS_TABLE", "people");
        command
    }

    /// Runs the program without a terminal.
    pub(crate) fn run(&self, arguments: &[&str], input: &str) -> Run {
        let mut child = self
            .command(&[], arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        // It may have ended without reading.
        let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
        let output = child.wait_with_output().unwrap();
        Run {
            code: output.status.code().unwrap(),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }

    /// Runs the program, which must succeed.
    pub(crate) fn ok(&self, arguments: &[&str], input: &str) -> Run {
        let run = self.run(arguments, input);
        assert_eq!(run.code, 0, "{arguments:?}: {}", run.stderr);
        run
    }

    /// The same with JSON as output.
    pub(crate) fn json(&self, arguments: &[&str]) -> Value {
        serde_json::from_str(&self.ok(arguments, "").stdout).unwrap()
    }
}
