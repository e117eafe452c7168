//! The program: start, announce, wait for the end or run a command, stop.

use std::{
    fs, io,
    io::Write,
    path::Path,
    process::{self, ExitCode, ExitStatus},
};

use tokio_util::sync::CancellationToken;

use crate::{
    error::Error,
    guarded::Guarded,
    options::Options,
    outages::Outages,
    stack::{Addresses, Stack},
    surroundings,
    video::Kind,
};

/// The exit code of a command that was interrupted (128 + SIGINT, as in shells).
const INTERRUPTED: u8 = 130;

/// Runs the stack until `interrupt`, or until the command in `options` has ended.
///
/// Returns the command's exit code, or 0 after an orderly end without a command.
///
/// # Errors
///
/// A part cannot start or has ended by itself.
pub async fn run(options: &Options, interrupt: &CancellationToken) -> Result<ExitCode, Error> {
    let mut outages = Outages::listen()?;
    let Some(started) = interrupt.run_until_cancelled(Stack::start(options)).await else {
        return Ok(ExitCode::from(INTERRUPTED));
    };
    let mut stack = started?;
    let outcome = serve(options, &mut stack, &mut outages, interrupt).await;
    stack.stop().await;
    outcome
}

async fn serve(
    options: &Options,
    stack: &mut Stack,
    outages: &mut Outages,
    interrupt: &CancellationToken,
) -> Result<ExitCode, Error> {
    let addresses = stack.addresses().clone();
    if let Some(file) = &options.ready_file {
        write_ready_file(file, &addresses)?;
    }
    let Some((program, arguments)) = options.command.split_first() else {
        announce(options, stack);
        return tokio::select! {
            () = interrupt.cancelled() => Ok(ExitCode::SUCCESS),
            error = outages.until_failure(stack) => Err(error),
        };
    };

    let running = |source| Error::Run {
        program: program.clone(),
        source,
    };
    let mut command = Guarded::command(program);
    surroundings::shut_out(&mut command)
        .args(arguments)
        .env("LOCAL_PID", process::id().to_string())
        .env("BASE_URL", &addresses.site)
        .envs(stack.video().environment())
        .envs(crate::database::environment(&addresses.dynamodb));
    let mut command = Guarded::spawn(&mut command).map_err(running)?;
    let outcome = tokio::select! {
        status = command.wait() => status.map(exit_code).map_err(running),
        () = interrupt.cancelled() => Ok(ExitCode::from(INTERRUPTED)),
        error = outages.until_failure(stack) => Err(error),
    };
    command.stop().await;
    outcome
}

/// A command's exit code, or 128 plus the signal that ended it.
fn exit_code(status: ExitStatus) -> ExitCode {
    use std::os::unix::process::ExitStatusExt;

    let code = status.code().or(status.signal().map(|signal| 128 + signal));
    code.and_then(|code| u8::try_from(code).ok())
        .map_or(ExitCode::FAILURE, ExitCode::from)
}

/// Writes the addresses in one step: a reader of the file sees all of it or nothing.
fn write_ready_file(file: &Path, addresses: &Addresses) -> Result<(), Error> {
    let unfinished = file.with_extension("unfinished");
    serde_json::to_vec(addresses)
        .map_err(io::Error::from)
        .and_then(|json| fs::write(&unfinished, json))
        .and_then(|()| fs::rename(&unfinished, file))
        .map_err(|source| Error::File {
            path: file.to_owned(),
            source,
        })
}

/// Tells the developer where everything is. For people; programs use `--ready-file`.
fn announce(options: &Options, stack: &mut Stack) {
    let addresses = stack.addresses().clone();
    let video = stack.video();
    let state = match &options.data_dir {
        Some(folder) => format!("kept in {}", folder.display()),
        None => "in memory".into(),
    };
    let text = format!(
        "
  Ready, for development only: it listens on this machine's loopback interface.

  Site       {site}
             log in as publisher1, publisher2, subscriber or moderator, password: pass
  {title:<9}  {url}  ({description})
  DynamoDB   {dynamodb}  ({state})
  Functions  {functions}  (cargo lambda watch)

  Ctrl-C ends everything.

",
        site = addresses.site,
        title = video.kind.title(),
        url = addresses.video,
        description = video.description,
        dynamodb = addresses.dynamodb,
        functions = addresses.functions,
    );
    let kind = video.kind;
    let webhook = stack.webhook_settings().map_or(String::new(), |settings| {
        format!(
            "  In {file}, so that it tells us who left ({site} must lead here from there):

{settings}
",
            file = match kind {
                Kind::OpenVidu => "OpenVidu's .env",
                Kind::LiveKit => "the server's livekit.yaml",
            },
            site = addresses.site,
        )
    });
    // If this fails, nobody is there to read it.
    let _ = io::stderr().write_all(format!("{text}{webhook}").as_bytes());
}
