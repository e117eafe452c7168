//! What an installation generates for itself: its mark, the key that signs logins, and the secret
//! of OpenVidu's webhooks. They are kept with the data, or are new at each start.

use std::{
    fs::{self, OpenOptions},
    io::{self, ErrorKind, Write},
    os::unix::fs::OpenOptionsExt,
    path::Path,
};

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};

use shared::http::WebhookSecrets;

use crate::{error::Error, options::Options};

/// The value of `JWT_KEYS`: one random key with its id.
///
/// With a data folder it is read from there, so that logins survive a restart, as the calls do.
pub(crate) fn jwt_keys(data_dir: Option<&Path>) -> Result<String, Error> {
    kept(data_dir, "jwt-keys", new_key)
}

/// The value of `INSTALLATION`: the mark of this installation's sessions.
///
/// It is kept with the data, like the records of calls: together they say which sessions are ours.
pub(crate) fn installation(data_dir: Option<&Path>) -> Result<String, Error> {
    // 48 random bits, so that no two installations at one OpenVidu server have the same mark.
    let new_mark = || format!("{:012x}", rand::random::<u64>() >> 16);
    kept(data_dir, "installation", new_mark)
}

/// The value of `WEBHOOK_SECRETS`: the given ones, or a random one.
///
/// It is kept with the data, so that your own OpenVidu server needs no new one after a restart.
pub(crate) fn webhook_secrets(options: &Options) -> Result<String, Error> {
    let Some(given) = options.webhook_secrets() else {
        let new_secret = || format!("{:032x}", rand::random::<u128>());
        return kept(options.data_dir.as_deref(), "webhook-secret", new_secret);
    };
    WebhookSecrets::parse(given).map_err(|error| Error::WebhookSecrets(error.to_string()))?;
    Ok(given.to_owned())
}

/// What the data folder has under this name; it is made at the first start. Without a folder it is
/// new each time.
fn kept(
    data_dir: Option<&Path>,
    name: &str,
    make: impl FnOnce() -> String,
) -> Result<String, Error> {
    let Some(folder) = data_dir else {
        return Ok(make());
    };
    let path = folder.join(name);
    read_or_make(&path, make).map_err(|source| Error::File { path, source })
}

fn read_or_make(path: &Path, make: impl FnOnce() -> String) -> io::Result<String> {
    match fs::read_to_string(path) {
        Ok(kept) => Ok(kept.trim().to_owned()),
        Err(error) if error.kind() == ErrorKind::NotFound => {
            let made = make();
            OpenOptions::new()
                .write(true)
                .create_new(true)
                .mode(0o600)
                .open(path)?
                .write_all(made.as_bytes())?;
            Ok(made)
        }
        Err(error) => Err(error),
    }
}

fn new_key() -> String {
    let secret = BASE64_URL_SAFE_NO_PAD.encode(rand::random::<[u8; 32]>());
    format!("local:{secret}")
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[test]
    fn a_kept_key_is_the_same_at_the_next_start() {
        let folder = tempfile::tempdir().unwrap();
        let first = jwt_keys(Some(folder.path())).unwrap();
        assert_eq!(jwt_keys(Some(folder.path())).unwrap(), first);
        assert!(first.starts_with("local:"));
    }

    #[test]
    fn a_kept_mark_is_the_same_at_the_next_start() {
        let folder = tempfile::tempdir().unwrap();
        let first = installation(Some(folder.path())).unwrap();
        assert_eq!(installation(Some(folder.path())).unwrap(), first);
        let is_hex = |c: char| c.is_ascii_digit() || matches!(c, 'a'..='f');
        assert!(first.len() == 12 && first.chars().all(is_hex), "{first}");
    }

    fn options(arguments: &[&str]) -> Options {
        Options::parse_from(["local"].iter().chain(arguments))
    }

    #[test]
    fn the_webhooks_secret_is_the_given_or_the_kept_one() {
        let folder = tempfile::tempdir().unwrap();
        let data = ["--data-dir", folder.path().to_str().unwrap()];
        let kept = webhook_secrets(&options(&data)).unwrap();
        assert_eq!(webhook_secrets(&options(&data)).unwrap(), kept);
        WebhookSecrets::parse(&kept).unwrap();
        let two = format!("{kept},0123456789abcdef0123456789abcdef");
        let given = webhook_secrets(&options(&["--webhook-secrets", &two]));
        assert_eq!(given.unwrap(), two);
        let short = webhook_secrets(&options(&["--webhook-secrets", "short"])).unwrap_err();
        assert!(!short.to_string().contains("short"), "{short}");
    }

    #[test]
    fn keys_that_are_not_kept_differ() {
        assert_ne!(jwt_keys(None).unwrap(), jwt_keys(None).unwrap());
        assert_ne!(installation(None).unwrap(), installation(None).unwrap());
    }
}
