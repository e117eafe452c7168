//! The program `users`: administers the people who may log in, locally and on AWS.

mod commands;
mod database;
mod import;
mod options;
mod outcome;
mod passwords;

use std::process::ExitCode;

use clap::Parser;
use tracing_subscriber::EnvFilter;

use crate::options::Options;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let options = Options::parse();
    log(options.json);
    let users = database::users(&options.database).await;
    let outcome = commands::run(&users, &options.command).await;
    outcome::report(&outcome, options.json)
}

/// The audit log and errors go to stderr, separate from the requested output.
fn log(json: bool) {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| "audit=info,warn".into());
    let log = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr);
    if json {
        log.json().init();
    } else {
        log.with_ansi(false).compact().init();
    }
}
