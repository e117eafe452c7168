//! The function as a process, with stand-ins for Lambda and DynamoDB around it.

use std::process::Stdio;
use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use serde_json::Value;
use shared::adapters::dynamodb::DynamoDbUsers;
use shared::adapters::passwords::Argon2id;
use shared::domain::{Account, Password, Role, User, UserName};
use shared::ports::{PasswordHashing, UserAdministration};
use shared::system;
use tokio::io::AsyncReadExt;
use tokio::net::TcpListener;
use tokio::process::{Child, Command};
use tokio::sync::{Mutex, mpsc};
use tokio::task::JoinHandle;

use testing::Tables;

/// The password of all users.
pub(crate) const PASSWORD: &str = "correct horse";

/// The key that signs logins.
pub(crate) const KEY: &str = "QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVphYmNkZWY";

/// A database with users in it.
pub(crate) struct Database {
    pub(crate) tables: Tables,
}

impl Database {
    /// Makes a database with `users`.
    pub(crate) async fn with(users: &[String]) -> Self {
        let tables = Tables::new().await;
        let directory = DynamoDbUsers::new(tables.client.clone(), tables.names.users.clone());
        let hash = Argon2id::new().hash(&Password::new(PASSWORD)).unwrap();
        for name in users {
            let user = User {
                name: UserName::parse(name).unwrap(),
                role: Role::Publisher,
                moderates: [].into(),
                disabled: false,
                generation: system::new_generation(),
            };
            let account = Account::new(user, hash.clone());
            assert!(directory.add(&account, system::now()).await.unwrap());
        }
        Self { tables }
    }
}

/// A running copy of the function. It ends when dropped.
pub(crate) struct Function {
    process: Child,
    log: JoinHandle<String>,
    events: mpsc::UnboundedSender<String>,
    answers: mpsc::UnboundedReceiver<String>,
}

/// Lambda's runtime API, which handles one invocation after the other.
struct Runtime {
    events: Mutex<mpsc::UnboundedReceiver<String>>,
    answers: mpsc::UnboundedSender<String>,
}

impl Function {
    /// Starts a copy.
    pub(crate) async fn start(database: &Database) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (events, next) = mpsc::unbounded_channel();
        let (answered, answers) = mpsc::unbounded_channel();
        let runtime = Arc::new(Runtime {
            events: Mutex::new(next),
            answers: answered,
        });
        tokio::spawn(async move { axum::serve(listener, router(runtime)).await });

        let mut process = Command::new(env!("CARGO_BIN_EXE_login"))
            .env_clear()
            .env("AWS_LAMBDA_RUNTIME_API", address.to_string())
            .env("AWS_LAMBDA_FUNCTION_NAME", "login")
            .env("AWS_LAMBDA_FUNCTION_VERSION", "1")
            .env("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "128")
            .env("AWS_LAMBDA_LOG_GROUP_NAME", "g")
            .env("AWS_LAMBDA_LOG_STREAM_NAME", "s")
            .env("AWS_REGION", "local")
            .env("AWS_ACCESS_KEY_ID", "local")
            .env("AWS_SECRET_ACCESS_KEY", "local")
            .env("AWS_ENDPOINT_URL_DYNAMODB", &database.tables.url)
            .env("USERS_TABLE", &database.tables.names.users)
            .env("LOGINS_TABLE", &database.tables.names.logins)
            .env("JWT_KEYS", format!("k1:{KEY}"))
            .env("RUST_LOG", "info")
            .env("NO_COLOR", "1")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let mut output = process.stdout.take().unwrap();
        let log = tokio::spawn(async move {
            let mut log = String::new();
            output.read_to_string(&mut log).await.unwrap();
            log
        });
        Self {
            process,
            log,
            events,
            answers,
        }
    }

    /// Ends it. Returns everything that it logged.
    pub(crate) async fn end(mut self) -> String {
        self.process.kill().await.unwrap();
        self.log.await.unwrap()
    }

    /// Tries to log in from `address`. Returns the status of the answer.
    pub(crate) async fn log_in(&mut self, user: &str, password: &str, address: &str) -> u64 {
        let event = include_str!("../../events/login.json");
        let mut event: Value = serde_json::from_str(event).unwrap();
        event["requestContext"]["http"]["sourceIp"] = address.into();
        let body = serde_json::json!({ "user": user, "pass": password });
        event["body"] = body.to_string().into();
        self.events.send(event.to_string()).unwrap();
        let answer = self.answers.recv().await.unwrap();
        let answer: Value = serde_json::from_str(&answer).unwrap();
        answer["statusCode"].as_u64().unwrap()
    }

    /// The memory of the process, in KiB: `VmRSS` is the current one, `VmHWM` the highest.
    pub(crate) fn memory(&self, figure: &str) -> u64 {
        let file = format!("/proc/{}/status", self.process.id().unwrap());
        let status = std::fs::read_to_string(file).unwrap();
        let line = status
            .lines()
            .find(|line| line.starts_with(figure))
            .unwrap();
        line.split_whitespace().nth(1).unwrap().parse().unwrap()
    }
}

fn router(runtime: Arc<Runtime>) -> Router {
    const INVOCATION: &str = "/2018-06-01/runtime/invocation";
    Router::new()
        .route(&format!("{INVOCATION}/next"), get(next))
        .route(&format!("{INVOCATION}/{{id}}/response"), post(answered))
        .with_state(runtime)
}

async fn next(State(runtime): State<Arc<Runtime>>) -> Response {
    let Some(event) = runtime.events.lock().await.recv().await else {
        return std::future::pending().await;
    };
    let headers = [
        ("lambda-runtime-aws-request-id", "1"),
        ("lambda-runtime-deadline-ms", "9999999999999"),
        (
            "lambda-runtime-invoked-function-arn",
            "arn:aws:lambda:::login",
        ),
        ("lambda-runtime-trace-id", "Root=1"),
    ];
    (headers, event).into_response()
}

async fn answered(
    State(runtime): State<Arc<Runtime>>,
    Path(_id): Path<String>,
    body: String,
) -> &'static str {
    // If the test has failed, nobody waits for it.
    let _ = runtime.answers.send(body);
    "{}"
}
