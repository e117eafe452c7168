//! The whole product on one machine, for development only: see `local --help`.

use std::{
    error::Error as _,
    io::{self, IsTerminal},
    process::ExitCode,
};

use clap::Parser;
use local::{Error, Options, run};
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;
use tracing_subscriber::EnvFilter;

#[tokio::main]
async fn main() -> ExitCode {
    let mut options = Options::parse();
    let filter =
        EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info,dynoxide=error"));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(io::stderr)
        .with_ansi(io::stderr().is_terminal())
        // Like the log lines of the functions, among which these appear.
        .without_time()
        .with_target(false)
        .init();
    start(&mut options).await.unwrap_or_else(|error| {
        tell(&error);
        ExitCode::FAILURE
    })
}

async fn start(options: &mut Options) -> Result<ExitCode, Error> {
    // Before signals are caught, so that Ctrl-C at the question ends the program.
    options.ask_for_secret()?;
    let interrupt = CancellationToken::new();
    watch_signals(interrupt.clone()).map_err(Error::Signals)?;
    run(options, &interrupt).await
}

/// Cancels `interrupt` at Ctrl-C, and when we are asked to end or lose our terminal.
fn watch_signals(interrupt: CancellationToken) -> io::Result<()> {
    let mut ctrl_c = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    let mut hang_up = signal(SignalKind::hangup())?;
    tokio::spawn(async move {
        tokio::select! {
            _ = ctrl_c.recv() => {}
            _ = terminate.recv() => {}
            _ = hang_up.recv() => {}
        }
        interrupt.cancel();
    });
    Ok(())
}

/// Prints the error with its causes, in one line.
fn tell(error: &Error) {
    let mut line = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        line.push_str(": ");
        line.push_str(&cause.to_string());
        source = cause.source();
    }
    // Without the time and level of a log line: this is an answer to the person who started us.
    eprintln!("local: {line}");
}
