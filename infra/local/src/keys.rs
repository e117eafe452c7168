//! What an installation generates for itself: its mark, the key that signs logins, and the secret
//! of OpenVidu's webhooks. They are kept with the data, or are new at each start.

use std::{
    fs,
    io::{self, ErrorKind, Write},
    os::unix::fs::MetadataExt,
    path::Path,
};

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use tempfile::NamedTempFile;

use shared::adapters::openvidu::WebhookSecrets;

use crate::{error::Error, options::Options};

/// The value of `JWT_KEYS`: one random key with its id.
///
/// With a data folder it is read from there, so that logins survive a restart, as the calls do.
pub(crate) fn jwt_keys(data_dir: Option<&Path>) -> Result<String, Error> {
    kept(data_dir, "jwt-keys", new_key)
}

/// The mark of this installation's sessions.
pub(crate) struct Installation {
    /// The value of `INSTALLATION`.
    pub(crate) mark: String,
    /// Was it made up for this start?
    pub(crate) is_new: bool,
}

/// Which installation this is.
///
/// Its mark belongs to the records of calls: together they say which sessions are ours. So it is kept with
/// the data, and with the place that it was made for. A copy of the folder gets a mark of its own, and so
/// does another database: two installations with one mark would end each other's calls.
pub(crate) fn installation(options: &Options) -> Result<Installation, Error> {
    // 48 random bits, so that no two installations at one OpenVidu server have the same mark.
    let new = Installation {
        mark: format!("{:012x}", rand::random::<u64>() >> 16),
        is_new: true,
    };
    let Some(folder) = options.data_dir.as_deref() else {
        return Ok(new);
    };
    let path = folder.join("installation");
    let database = options.dynamodb_url.as_deref();
    kept_or(new, &path, folder, database).map_err(|source| Error::File { path, source })
}

/// The installation in the file, or `new` if the file is missing or was made for another place.
fn kept_or(
    new: Installation,
    path: &Path,
    folder: &Path,
    database: Option<&str>,
) -> io::Result<Installation> {
    let folder = fs::metadata(folder)?;
    let (device, inode) = (folder.dev(), folder.ino());
    let place = format!("{device}:{inode} {}", database.unwrap_or("embedded"));
    let kept = read(path)?;
    let kept = kept.as_deref().and_then(|kept| kept.split_once('\n'));
    match kept.filter(|(_, made_for)| *made_for == place) {
        Some((mark, _)) => Ok(Installation {
            mark: mark.to_owned(),
            is_new: false,
        }),
        None => {
            write(path, &format!("{}\n{place}", new.mark))?;
            Ok(new)
        }
    }
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

/// The file of this name in the data folder, which is made at the first start. Without a folder, a new
/// value at each start.
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
    if let Some(kept) = read(path)? {
        return Ok(kept);
    }
    let made = make();
    write(path, &made)?;
    Ok(made)
}

/// The text of the file. `None`: it is missing or empty.
fn read(path: &Path) -> io::Result<Option<String>> {
    match fs::read_to_string(path) {
        Ok(kept) => Ok(Some(kept.trim().to_owned()).filter(|kept| !kept.is_empty())),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// Writes a file that only its owner may read, in one step: it is never there half written.
fn write(path: &Path, text: &str) -> io::Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    let mut file = NamedTempFile::new_in(folder)?;
    file.write_all(text.as_bytes())?;
    file.as_file().sync_all()?;
    file.persist(path)?;
    Ok(())
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

    fn mark(arguments: &[&str]) -> String {
        let mark = installation(&options(arguments)).unwrap().mark;
        let is_hex = |c: char| c.is_ascii_digit() || matches!(c, 'a'..='f');
        assert!(mark.len() == 12 && mark.chars().all(is_hex), "{mark}");
        mark
    }

    #[test]
    fn a_kept_mark_is_the_same_at_the_next_start() {
        let folder = tempfile::tempdir().unwrap();
        let here = ["--data-dir", folder.path().to_str().unwrap()];
        let first = mark(&here);
        assert_eq!(mark(&here), first);
        // Also after it was moved.
        let moved = tempfile::tempdir().unwrap();
        let moved = moved.path().join("data");
        fs::rename(folder.path(), &moved).unwrap();
        assert_eq!(mark(&["--data-dir", moved.to_str().unwrap()]), first);
    }

    #[test]
    fn a_copy_of_the_folder_has_a_mark_of_its_own() {
        let [one, other] = [(); 2].map(|()| tempfile::tempdir().unwrap());
        let [here, there] =
            [&one, &other].map(|folder| ["--data-dir", folder.path().to_str().unwrap()]);
        let first = mark(&here);
        let file = "installation";
        fs::copy(one.path().join(file), other.path().join(file)).unwrap();
        let second = mark(&there);
        assert_ne!(second, first);
        assert_eq!((mark(&here), mark(&there)), (first, second));
    }

    #[test]
    fn another_database_has_another_mark() {
        let folder = tempfile::tempdir().unwrap();
        let here = ["--data-dir", folder.path().to_str().unwrap()];
        let first = mark(&here);
        let elsewhere = [&here[..], &["--dynamodb-url", "http://127.0.0.1:1"]].concat();
        let second = mark(&elsewhere);
        assert_ne!(second, first);
        assert_eq!(mark(&elsewhere), second);
    }

    #[test]
    fn what_is_kept_is_written_in_one_step_and_read_by_its_owner_alone() {
        let folder = tempfile::tempdir().unwrap();
        // A start that was cut off left an empty file.
        let path = folder.path().join("jwt-keys");
        fs::write(&path, "").unwrap();
        let key = jwt_keys(Some(folder.path())).unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), key);
        assert_eq!(fs::metadata(&path).unwrap().mode() & 0o777, 0o600);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
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
        assert_ne!(mark(&[]), mark(&[]));
    }
}
