//! Why the stack cannot start, or ended by itself. Each message says what to do.

use std::{io, path::PathBuf};

/// A failure of the local stack, told to its user in one line.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Somebody else listens on a port that a part needs.
    #[error(
        "port {port} for {owner} is in use: end what uses it, or pass `{option} PORT` (0 picks a free one)"
    )]
    PortInUse {
        /// The port.
        port: u16,
        /// The part that wants it.
        owner: &'static str,
        /// The option that changes it.
        option: &'static str,
    },
    /// A port cannot be had for another reason, for example privileges.
    #[error("cannot listen on port {port} for {owner}, pass `{option} PORT` to use another")]
    Port {
        /// The port.
        port: u16,
        /// The part that wants it.
        owner: &'static str,
        /// The option that changes it.
        option: &'static str,
        /// What the system said.
        source: io::Error,
    },
    /// The program does not know whose functions and site to serve.
    #[error("there is no checkout here: run `cargo run --bin local` in its folder")]
    NoWorkspace,
    /// The default site is not there.
    #[error("the site is not built: run `make site`, or pass `--site DIR` to serve another folder")]
    SiteNotBuilt,
    /// The folder given by `--site` is not one.
    #[error("`--site {}` is not a folder with an index.html", .0.display())]
    NoSite(PathBuf),
    /// The address given by `--openvidu-url` is none.
    #[error("`--openvidu-url {0}` is not an address: http(s)://host[:port]")]
    OpenViduUrl(String),
    /// A real OpenVidu server wants a secret.
    #[error("OPENVIDU_SECRET is missing in the environment, and there is no terminal to ask at")]
    NoSecret,
    /// The certificate given by `--openvidu-ca` is none.
    #[error("`--openvidu-ca` (OPENVIDU_CA) is not a certificate, as DER in base64 on one line")]
    OpenViduCa,
    /// The secrets given by `--webhook-secrets` are none.
    #[error("`--webhook-secrets` (WEBHOOK_SECRETS) {0}")]
    WebhookSecrets(String),
    /// No server can be asked for anything.
    #[error("cannot make an HTTP client")]
    HttpClient(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// `cargo lambda` does not run.
    #[error("`cargo lambda` is not installed: run `make tools`, or `pip install cargo-lambda`")]
    NoCargoLambda,
    /// The functions do not compile.
    #[error("the functions do not build: see the compiler's messages above")]
    Build,
    /// A function did not answer its first request.
    #[error("function `{0}` does not answer: see its messages above")]
    SilentFunction(String),
    /// `cargo lambda watch` ended by itself.
    #[error("`cargo lambda watch` ended by itself: see its messages above")]
    FunctionsEnded,
    /// A function has no process left, and nothing that would start one.
    #[error("no copy of function `{0}` runs any more: see its messages above, and start again")]
    FunctionGone(String),
    /// A server inside this process ended by itself.
    #[error("{0} ended by itself, which is a fault of this program: see its messages above")]
    ServerEnded(&'static str),
    /// The embedded database refuses to work.
    #[error("DynamoDB cannot be started")]
    Database(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// Nobody can tell this process anything.
    #[error("cannot listen for signals")]
    Signals(#[source] io::Error),
    /// A program cannot be run.
    #[error("cannot run `{program}`")]
    Run {
        /// The program.
        program: String,
        /// What the system said.
        source: io::Error,
    },
    /// A file or folder cannot be read or written.
    #[error("cannot use {}", path.display())]
    File {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}
