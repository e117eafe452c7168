//! Keeps a developer's settings for other programs away from the programs that are started here.

use std::env;

use tokio::process::Command;

/// Variables that lead to a developer's AWS account, or change how `cargo lambda` works.
const PREFIXES: [&str; 2] = ["AWS_", "CARGO_LAMBDA_"];

/// Everything here listens on this machine, where no proxy can reach it.
const DIRECT: &str = "127.0.0.1,localhost";

/// Removes the developer's own settings for AWS and `cargo lambda` from `command`, and lets it
/// reach this machine without a proxy. Other addresses keep the proxy: `cargo` may have to download
/// something.
pub(crate) fn shut_out(command: &mut Command) -> &mut Command {
    for (name, _) in env::vars_os() {
        let text = name.to_string_lossy();
        if PREFIXES.iter().any(|prefix| text.starts_with(prefix)) {
            command.env_remove(name);
        }
    }
    // Some programs read the one, some the other.
    let names = ["NO_PROXY", "no_proxy"];
    let theirs = names.iter().filter_map(|name| env::var(name).ok());
    let direct: Vec<String> = [DIRECT.to_owned()].into_iter().chain(theirs).collect();
    command.envs(names.map(|name| (name, direct.join(","))))
}
