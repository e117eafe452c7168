//! A database, and the program running on it.

use std::io::Write;
use std::process::{Command, Stdio};

use serde_json::Value;
use shared::adapters::dynamodb::DynamoDbUsers;
use shared::ports::UserAdministration;
use testing::Tables;

/// An embedded database with our tables.
pub(crate) struct Database(Tables);

/// The result of a run.
pub(crate) struct Run {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Database {
    pub(crate) async fn start() -> Self {
        Self(Tables::embedded().await)
    }

    pub(crate) fn port(&self) -> &str {
        self.0.url.rsplit(':').next().unwrap()
    }

    pub(crate) fn users(&self) -> DynamoDbUsers {
        DynamoDbUsers::new(self.0.client.clone(), self.0.names.users.clone())
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
            .env("AWS_ENDPOINT_URL_DYNAMODB", &self.0.url)
            .env("USERS_TABLE", &self.0.names.users);
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
