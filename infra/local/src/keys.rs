//! Secrets of our own: the key that signs logins, new at each start or kept with the data, and what
//! the OpenVidu stand-in sends with its webhooks.

use std::{
    fs::{self, OpenOptions},
    io::{self, ErrorKind, Write},
    os::unix::fs::OpenOptionsExt,
    path::Path,
};

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};

use crate::error::Error;

/// The value of `JWT_KEYS`: one random key, and its id.
///
/// With a data folder it is read from there, so that logins outlive a restart as the calls do.
pub(crate) fn jwt_keys(data_dir: Option<&Path>) -> Result<String, Error> {
    let Some(folder) = data_dir else {
        return Ok(new_key());
    };
    let path = folder.join("jwt-keys");
    kept(&path).map_err(|source| Error::File { path, source })
}

/// What the stand-in sends with each webhook, new at each start.
pub(crate) fn webhook_secret() -> String {
    format!("{:032x}", rand::random::<u128>())
}

fn kept(path: &Path) -> io::Result<String> {
    match fs::read_to_string(path) {
        Ok(keys) => Ok(keys.trim().to_owned()),
        Err(error) if error.kind() == ErrorKind::NotFound => {
            let keys = new_key();
            OpenOptions::new()
                .write(true)
                .create_new(true)
                .mode(0o600)
                .open(path)?
                .write_all(keys.as_bytes())?;
            Ok(keys)
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
    use super::*;

    #[test]
    fn a_kept_key_is_the_same_at_the_next_start() {
        let folder = tempfile::tempdir().unwrap();
        let first = jwt_keys(Some(folder.path())).unwrap();
        assert_eq!(jwt_keys(Some(folder.path())).unwrap(), first);
        assert!(first.starts_with("local:"));
    }

    #[test]
    fn keys_that_are_not_kept_differ() {
        assert_ne!(jwt_keys(None).unwrap(), jwt_keys(None).unwrap());
    }
}
