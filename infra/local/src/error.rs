//! Why the stack cannot start, or why it ended by itself. Each message says what to do.

use std::{io, path::PathBuf};

/// A failure of the local stack, in one line for the developer.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Another program uses a port that a part needs.
    #[error(
        "port {port} for {owner} is in use: end what uses it, or pass `{option} PORT` (0 picks a free one)"
    )]
    PortInUse {
        port: u16,
        /// The part that needs the port.
        owner: &'static str,
        /// The option that changes the port.
        option: &'static str,
    },
    /// A port cannot be opened for another reason, for example missing privileges.
    #[error("cannot listen on port {port} for {owner}, pass `{option} PORT` to use another")]
    Port {
        port: u16,
        /// The part that needs the port.
        owner: &'static str,
        /// The option that changes the port.
        option: &'static str,
        /// The system's error.
        source: io::Error,
    },
    /// The program was not started in a checkout.
    #[error("there is no checkout here: run `cargo run --bin local` in its folder")]
    NoWorkspace,
    /// The default site has not been built.
    #[error("the site is not built: run `make site`, or pass `--site DIR` to serve another folder")]
    SiteNotBuilt,
    /// The folder given by `--site` does not exist or has no page.
    #[error("`--site {}` is not a folder with an index.html", .0.display())]
    NoSite(PathBuf),
    /// The address given by `--openvidu-url` is invalid.
    #[error("`--openvidu-url {0}` is not an address: http(s)://host[:port]")]
    OpenViduUrl(String),
    /// The address given by `--livekit-url` is invalid.
    #[error("`--livekit-url {0}` is not an address: http(s)://host[:port] or ws(s)://host[:port]")]
    LiveKitUrl(String),
    /// The API keys of a LiveKit server are missing or invalid.
    #[error(
        "`--livekit-api-key` (LIVEKIT_API_KEY) and LIVEKIT_API_SECRET are not one or two keys and as many secrets, \
         separated by a comma"
    )]
    LiveKitKeys,
    /// The certificate given by `--livekit-ca` is invalid.
    #[error("`--livekit-ca` (LIVEKIT_CA) is not a certificate, as DER in base64 on one line")]
    LiveKitCa,
    /// A real server needs a secret.
    #[error("{0} is missing in the environment, and there is no terminal to ask at")]
    NoSecret(&'static str),
    /// The certificate given by `--openvidu-ca` is invalid.
    #[error("`--openvidu-ca` (OPENVIDU_CA) is not a certificate, as DER in base64 on one line")]
    OpenViduCa,
    /// The secrets given by `--webhook-secrets` are invalid.
    #[error("`--webhook-secrets` (WEBHOOK_SECRETS) {0}")]
    WebhookSecrets(String),
    /// There is no HTTP client to ask a server with.
    #[error("cannot make an HTTP client")]
    HttpClient(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// No port was opened for the video server.
    #[error("there is no port for the video server, which is a fault of this program")]
    NoListener,
    /// The LiveKit server has not been built.
    #[error("the LiveKit server is not built: run `make livekit-server`")]
    LiveKitNotBuilt,
    /// The LiveKit server does not get ready.
    #[error("the LiveKit server does not answer: see its messages above")]
    SilentLiveKit,
    /// The LiveKit server has ended by itself.
    #[error("the LiveKit server ended by itself: see its messages above")]
    LiveKitEnded,
    /// `cargo lambda` does not run.
    #[error("`cargo lambda` is not installed: run `make tools`, or `pip install cargo-lambda`")]
    NoCargoLambda,
    /// The functions do not compile.
    #[error("the functions do not build: see the compiler's messages above")]
    Build,
    /// A function did not answer its first request.
    #[error("function `{0}` does not answer: see its messages above")]
    SilentFunction(String),
    /// `cargo lambda watch` has ended by itself.
    #[error("`cargo lambda watch` ended by itself: see its messages above")]
    FunctionsEnded,
    /// A function has no process left, and nothing will start one.
    #[error("no copy of function `{0}` runs any more: see its messages above, and start again")]
    FunctionGone(String),
    /// A server in this process has ended by itself.
    #[error("{0} ended by itself, which is a fault of this program: see its messages above")]
    ServerEnded(&'static str),
    /// The embedded database does not start.
    #[error("DynamoDB cannot be started")]
    Database(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// Signal handlers cannot be installed.
    #[error("cannot listen for signals")]
    Signals(#[source] io::Error),
    /// A program cannot be run.
    #[error("cannot run `{program}`")]
    Run {
        program: String,
        /// The system's error.
        source: io::Error,
    },
    /// A file or folder cannot be read or written.
    #[error("cannot use {}", path.display())]
    File {
        path: PathBuf,
        /// The system's error.
        source: io::Error,
    },
}
