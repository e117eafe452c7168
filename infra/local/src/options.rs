//! The command line: options that can also be set in the environment.

use std::{
    io::{self, IsTerminal},
    path::PathBuf,
};

use clap::{Parser, ValueEnum};
use shared::domain::JoinLimit;

use crate::error::Error;

/// Runs the whole product on this machine, for development only.
///
/// One process stands in for the cloud: DynamoDB, an OpenVidu server, the functions (through `cargo
/// lambda watch`), and the site with its API on one origin. It listens on the loopback interface
/// only. With `-- COMMAND` it starts everything, runs the command with the addresses in its
/// environment, stops everything, and exits with the command's status. Signal USR1 stops the
/// video server while everything else goes on, and USR2 starts it again. The command finds the
/// process to signal in `LOCAL_PID`.
#[derive(Clone, Parser)]
#[command(name = "local", version)]
pub struct Options {
    /// Port of the site and its API (0: any free one).
    #[arg(long, env = "PORT", default_value_t = 8080)]
    pub port: u16,

    /// Port of the OpenVidu stand-in (0: any free one).
    #[arg(long, env = "OPENVIDU_PORT", default_value_t = 4443)]
    pub openvidu_port: u16,

    /// Port of the LiveKit server (0: any free one).
    #[arg(long, env = "LIVEKIT_PORT", default_value_t = 7880)]
    pub livekit_port: u16,

    /// Port of DynamoDB (0: any free one).
    #[arg(long, env = "DYNAMODB_PORT", default_value_t = 8000)]
    pub dynamodb_port: u16,

    /// Port of `cargo lambda watch` (0: any free one).
    #[arg(long, env = "FUNCTIONS_PORT", default_value_t = 9000)]
    pub functions_port: u16,

    /// Use free ports for everything, whatever the port options say.
    #[arg(long)]
    pub free_ports: bool,

    /// Keep users, calls and login keys in this folder; without it they are lost at the end.
    #[arg(long, env = "DATA_DIR", value_name = "DIR")]
    pub data_dir: Option<PathBuf>,

    /// Serve this folder as the site, instead of the built `static-site`.
    #[arg(long, env = "SITE", value_name = "DIR")]
    pub site: Option<PathBuf>,

    /// The video server to start.
    #[arg(long, env = "VIDEO", value_enum, default_value_t = Video::OpenVidu)]
    pub video: Video,

    /// Use this OpenVidu server instead of the stand-in.
    #[arg(long, env = "OPENVIDU_URL", value_name = "URL")]
    pub openvidu_url: Option<String>,

    /// Use this LiveKit server, which may be an OpenVidu 3, instead of the stand-in.
    #[arg(
        long,
        env = "LIVEKIT_URL",
        value_name = "URL",
        conflicts_with = "openvidu_url",
        requires = "livekit_api_key"
    )]
    pub livekit_url: Option<String>,

    /// Name of the LiveKit server's API key, or of two with a comma in between.
    #[arg(long, env = "LIVEKIT_API_KEY", value_name = "KEY")]
    pub livekit_api_key: Option<String>,

    /// Secret of the API key, or of both; the program asks for it if it is missing.
    #[arg(
        long,
        env = "LIVEKIT_API_SECRET",
        value_name = "SECRET",
        hide_env_values = true
    )]
    pub livekit_api_secret: Option<String>,

    /// The one certificate to trust the LiveKit server by, if no public authority vouches for it.
    #[arg(long, env = "LIVEKIT_CA", value_name = "BASE64")]
    pub livekit_ca: Option<String>,

    /// Use this DynamoDB instead of the embedded one; tables and demo users are made there.
    #[arg(long, env = "DYNAMODB_URL", value_name = "URL")]
    pub dynamodb_url: Option<String>,

    /// Secret of the OpenVidu server (the program asks for it if it is missing) or of the stand-in
    /// [default there: `MY_SECRET`].
    #[arg(
        long,
        env = "OPENVIDU_SECRET",
        value_name = "SECRET",
        hide_env_values = true
    )]
    pub openvidu_secret: Option<String>,

    /// The one certificate to trust the OpenVidu server by, if no public authority vouches for it.
    #[arg(long, env = "OPENVIDU_CA", value_name = "BASE64")]
    pub openvidu_ca: Option<String>,

    /// The secret of webhooks, or two with a comma in between [default: a random one, kept with the
    /// data].
    #[arg(
        long,
        env = "WEBHOOK_SECRETS",
        value_name = "SECRETS",
        hide_env_values = true
    )]
    pub webhook_secrets: Option<String>,

    /// Make the video server send no webhooks: only the sweep then finds out what happens.
    #[arg(long, env = "NO_WEBHOOK")]
    pub no_webhook: bool,

    /// How long the stand-in takes to check the secret of a request; a real server takes about 80 ms.
    #[arg(
        long,
        env = "OPENVIDU_DELAY_MS",
        value_name = "MILLISECONDS",
        default_value_t = 0
    )]
    pub openvidu_delay_ms: u64,

    /// How many joins a user has each minute, 0 for any number; tests join more often than people do.
    #[arg(
        long,
        env = "JOINS_PER_MINUTE",
        value_name = "NUMBER",
        default_value_t = JoinLimit::default().per_minute
    )]
    pub joins_per_minute: u32,

    /// How many tokens of a user may be unused.
    #[arg(
        long,
        env = "UNUSED_TOKENS",
        value_name = "NUMBER",
        default_value_t = JoinLimit::default().unused
    )]
    pub unused_tokens: usize,

    /// Do not rebuild a function when its source changes; implied by `-- COMMAND`.
    #[arg(long, env = "IGNORE_CHANGES")]
    pub ignore_changes: bool,

    /// Write the addresses to this file, as JSON, when everything is ready.
    #[arg(long, env = "READY_FILE", value_name = "FILE")]
    pub ready_file: Option<PathBuf>,

    /// Run this command against the stack, then end.
    #[arg(last = true, value_name = "COMMAND")]
    pub command: Vec<String>,
}

/// A video server that can be started here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Video {
    /// The stand-in for OpenVidu 2.32.
    #[value(name = "openvidu")]
    OpenVidu,
    /// A real LiveKit server, which `make livekit-server` builds.
    #[value(name = "livekit")]
    LiveKit,
}

/// The video server that the options ask for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wanted<'a> {
    StandIn,
    NewLiveKit,
    /// The developer's own, at this URL.
    OpenVidu(&'a str),
    /// The developer's own, at this URL.
    LiveKit(&'a str),
}

impl Options {
    /// Asks for the secret of the developer's own server if it is missing. An option would be visible
    /// in the list of processes.
    ///
    /// # Errors
    ///
    /// There is no terminal to ask at.
    pub fn ask_for_secret(&mut self) -> Result<(), Error> {
        if self.openvidu_url.is_some() && self.openvidu_secret.is_none() {
            let typed = typed("Secret of the OpenVidu server: ", "OPENVIDU_SECRET")?;
            self.openvidu_secret = Some(typed);
        }
        if self.livekit_url.is_some() && self.livekit_api_secret.is_none() {
            let typed = typed(
                "Secret of the LiveKit server's API key: ",
                "LIVEKIT_API_SECRET",
            )?;
            self.livekit_api_secret = Some(typed);
        }
        Ok(())
    }

    /// The video server that is wanted.
    pub(crate) fn wanted_video(&self) -> Wanted<'_> {
        match (&self.openvidu_url, &self.livekit_url, self.video) {
            (Some(url), ..) => Wanted::OpenVidu(url),
            (None, Some(url), _) => Wanted::LiveKit(url),
            (None, None, Video::OpenVidu) => Wanted::StandIn,
            (None, None, Video::LiveKit) => Wanted::NewLiveKit,
        }
    }

    /// The secret of the OpenVidu server in use.
    pub(crate) fn openvidu_secret(&self) -> &str {
        self.openvidu_secret.as_deref().unwrap_or("MY_SECRET")
    }

    /// The certificate to trust the OpenVidu server by, if there is one.
    pub(crate) fn openvidu_ca(&self) -> Option<&str> {
        given(&self.openvidu_ca)
    }

    /// The name of the developer's own LiveKit server's API key.
    pub(crate) fn livekit_api_key(&self) -> &str {
        self.livekit_api_key.as_deref().unwrap_or_default()
    }

    /// Its secret.
    pub(crate) fn livekit_api_secret(&self) -> &str {
        self.livekit_api_secret.as_deref().unwrap_or_default()
    }

    /// The certificate to trust the LiveKit server by, if there is one.
    pub(crate) fn livekit_ca(&self) -> Option<&str> {
        given(&self.livekit_ca)
    }

    /// The secrets of webhooks, if they were given.
    pub(crate) fn webhook_secrets(&self) -> Option<&str> {
        given(&self.webhook_secrets)
    }

    /// The requested port, or 0 for any free one.
    pub(crate) fn wanted(&self, port: u16) -> u16 {
        if self.free_ports { 0 } else { port }
    }
}

/// Asks for a secret at the terminal. Without a terminal, the variable `name` must contain it.
fn typed(question: &str, name: &'static str) -> Result<String, Error> {
    if !io::stdin().is_terminal() {
        return Err(Error::NoSecret(name));
    }
    rpassword::prompt_password(question).map_err(|_| Error::NoSecret(name))
}

/// An empty variable counts as missing, as it does for the functions.
fn given(value: &Option<String>) -> Option<&str> {
    value.as_deref().filter(|value| !value.is_empty())
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Options::command().debug_assert();
    }
}
