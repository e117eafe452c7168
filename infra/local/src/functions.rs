//! The functions, run as on Lambda by `cargo lambda watch`.
//!
//! They are built first, and each has answered a request before the stack is "ready". So the first
//! click does not wait for a compiler.

use shared::chain;
use std::{
    env, fs,
    io::{self, IsTerminal},
    net::SocketAddr,
    path::{Path, PathBuf},
    process::Stdio,
    time::Duration,
};

use axum::{
    body::Body,
    http::{Method, Request},
};
use tokio::{
    process::Command,
    task::JoinSet,
    time::{Instant, MissedTickBehavior, interval_at, sleep, timeout},
};

use crate::{
    copies::{CONCURRENCY, Copies},
    error::Error,
    guarded::Guarded,
    proxy::{self, PlainClient},
    surroundings,
};

/// How long a function may take from its start to its first answer. Another build may hold the lock
/// in the meantime.
const PATIENCE: Duration = Duration::from_secs(120);

/// The log filter of the functions and of cargo-lambda. It leaves out two messages that do not help a
/// developer: the runtime's, that it handles one request at a time, and the file watcher's, that it
/// has ended.
const LOG_FILTER: &str = "info,cargo_lambda=warn,watchexec=off,lambda_runtime=error";

/// The folder in which `watch` runs, with links to the functions and to what they share. Every copy
/// of a function watches all files below it. In the workspace's root these would be ten thousand
/// folders of `target` and `node_modules` each time: seconds of work, and more than some systems
/// allow.
const WATCHED: &str = "infra/local/watched";

/// A running `cargo lambda watch`.
pub(crate) struct Functions {
    watch: Guarded,
    copies: Copies,
}

/// How to start `cargo lambda watch`.
pub(crate) struct Launch<'a> {
    /// The root of the workspace.
    pub(crate) workspace: &'a Path,
    /// The address to listen on.
    pub(crate) address: SocketAddr,
    /// The environment of the functions.
    pub(crate) environment: Vec<(&'static str, String)>,
    /// The functions. Package, folder and binary have the same name.
    pub(crate) names: &'a [String],
    /// Do functions stay as they are when their source changes?
    pub(crate) ignore_changes: bool,
}

/// The names of all functions of the workspace.
pub(crate) fn names(workspace: &Path) -> Result<Vec<String>, Error> {
    let folder = workspace.join("functions");
    let read = || -> io::Result<Vec<String>> {
        let mut names = Vec::new();
        for entry in fs::read_dir(&folder)? {
            let entry = entry?;
            if entry.path().join("Cargo.toml").is_file() {
                names.extend(entry.file_name().into_string());
            }
        }
        names.sort();
        Ok(names)
    };
    read().map_err(|source| Error::File {
        path: folder.clone(),
        source,
    })
}

/// Builds the functions `names`.
pub(crate) async fn build(workspace: &Path, names: &[String]) -> Result<(), Error> {
    let version = in_workspace(&mut Command::new("cargo"), workspace)
        .args(["lambda", "--version"])
        .stdin(Stdio::null())
        .output()
        .await
        .map_err(running_cargo)?;
    if !version.status.success() {
        return Err(Error::NoCargoLambda);
    }

    // With `--bin` and the workspace's manifest, because `watch` will run `cargo run --bin NAME`:
    // features are then unified over the whole workspace. With `-p NAME` they would be unified over
    // those packages only, and `watch` would build thirty crates again at the first request.
    let mut command = Guarded::command("cargo");
    in_workspace(&mut command, workspace).arg("build");
    for name in names {
        command.args(["--bin", name]);
    }
    let status = match Guarded::spawn(&mut command) {
        Ok(mut build) => build.wait().await,
        Err(error) => Err(error),
    };
    match status.map_err(running_cargo)?.success() {
        true => Ok(()),
        false => Err(Error::Build),
    }
}

impl Functions {
    /// Starts them, and returns when each has answered a request.
    pub(crate) async fn start(launch: Launch<'_>) -> Result<Self, Error> {
        let mut command = Guarded::command("cargo");
        in_workspace(&mut command, launch.workspace)
            .current_dir(launch.workspace.join(WATCHED))
            .args(["lambda", "watch", "--quiet", "--disable-cors"])
            .args(["--manifest-path", "../../../Cargo.toml"])
            // Without an address it would listen on every interface.
            .args(["--invoke-address", &launch.address.ip().to_string()])
            .args(["--invoke-port", &launch.address.port().to_string()])
            .args(["--concurrency", &CONCURRENCY.to_string()])
            // The functions inherit this environment. A file with secrets would stay behind if we
            // are killed.
            .envs(launch.environment.clone())
            .env(
                "RUST_LOG",
                env::var("RUST_LOG").as_deref().unwrap_or(LOG_FILTER),
            )
            .stdout(io::stderr());
        if !io::stderr().is_terminal() {
            command.env("NO_COLOR", "1");
        }
        if launch.ignore_changes {
            command.arg("--ignore-changes");
        }
        let mut watch = Guarded::spawn(&mut command).map_err(running_cargo)?;
        tokio::select! {
            warmed = warm(&launch) => warmed?,
            _ = watch.wait() => return Err(Error::FunctionsEnded),
        }
        let (called, others) = launch
            .names
            .iter()
            .cloned()
            .partition(|name| answers_http(launch.workspace, name));
        let copies = Copies::new(watch.id(), called, others, !launch.ignore_changes);
        Ok(Self { watch, copies })
    }

    /// Returns when `cargo lambda watch`, or all copies of a function, have ended by themselves.
    pub(crate) async fn ended(&mut self) -> Error {
        tokio::select! {
            ended = self.watch.wait() => {
                if let Err(error) = ended {
                    tracing::error!(error = chain(&error), "cannot wait for `cargo lambda watch`");
                }
                Error::FunctionsEnded
            }
            error = self.copies.gone() => error,
        }
    }

    /// Ends them, and returns when they are gone.
    pub(crate) async fn stop(self) {
        self.watch.stop().await;
    }
}

/// Calls `sweep` once a minute, as the schedule does in the cloud.
pub(crate) async fn sweep_every_minute(address: SocketAddr) {
    const MINUTE: Duration = Duration::from_secs(60);

    let client = proxy::plain_client();
    let mut minutes = interval_at(Instant::now() + MINUTE, MINUTE);
    minutes.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        minutes.tick().await;
        let url = format!("http://{address}/2015-03-31/functions/sweep/invocations");
        let mut request = Request::new(Body::from("{}"));
        *request.method_mut() = Method::POST;
        *request.uri_mut() = url.parse().unwrap_or_default();
        if let Err(error) = client.request(request).await {
            tracing::warn!(error = chain(&error), "the sweep could not be called");
        }
    }
}

/// Sends requests to each function that answers HTTP until it gives any answer.
///
/// The other functions would do their work.
async fn warm(launch: &Launch<'_>) -> Result<(), Error> {
    let client = proxy::plain_client();
    let mut answers = JoinSet::new();
    let names = launch.names.iter();
    for name in names
        .filter(|name| answers_http(launch.workspace, name))
        .cloned()
    {
        let (client, address) = (client.clone(), launch.address);
        answers.spawn(async move {
            let url = format!("http://{address}/lambda-url/{name}/");
            match timeout(PATIENCE, answer(client, url)).await {
                Ok(()) => Ok(()),
                Err(_) => Err(Error::SilentFunction(name)),
            }
        });
    }
    answers.join_all().await.into_iter().collect()
}

fn answers_http(workspace: &Path, name: &str) -> bool {
    let function = workspace.join("functions").join(name);
    function.join("src/http_handler.rs").exists()
}

/// Returns when the server at `url` answers.
async fn answer(client: PlainClient, url: String) {
    let mut pause = Duration::from_millis(50);
    loop {
        let mut request = Request::new(Body::empty());
        *request.uri_mut() = url.parse().unwrap_or_default();
        if client.request(request).await.is_ok() {
            return;
        }
        sleep(pause).await;
        pause = (pause * 2).min(Duration::from_secs(1));
    }
}

/// Runs cargo in the workspace's root, with the tools that `make tools` installs.
fn in_workspace<'a>(command: &'a mut Command, workspace: &Path) -> &'a mut Command {
    let tools = workspace.join(".tools/venv/bin");
    let path = env::var_os("PATH").unwrap_or_default();
    let folders: Vec<PathBuf> = [tools].into_iter().chain(env::split_paths(&path)).collect();
    if let Ok(path) = env::join_paths(folders) {
        command.env("PATH", path);
    }
    surroundings::shut_out(command).current_dir(workspace)
}

fn running_cargo(source: io::Error) -> Error {
    Error::Run {
        program: "cargo".into(),
        source,
    }
}
