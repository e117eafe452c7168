//! The credentials that we share with a LiveKit server: API keys, each with its secret.

use std::sync::Arc;

use secrecy::SecretString;

use crate::secrets::Reloading;

/// The longest key or secret, in bytes. Real ones are much shorter.
const LONGEST: usize = 256;

/// The names of one or two API keys, and their secrets. The first key signs what we send; the server may sign
/// webhooks by either, so that no event is lost while the key is being changed.
///
/// Names and secrets cannot be changed at the same moment. So there may be more of one than of the other, and
/// any of the secrets may be that of any key.
#[derive(Clone, Debug)]
pub struct ApiKeys {
    names: Arc<[String]>,
    pub(super) secrets: Reloading<ApiSecrets>,
}

/// The text is not one or two names of API keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("must be the names of one or two API keys, separated by a comma")]
pub struct InvalidApiKeys;

/// The secrets of the API keys. `Debug` does not show them.
#[derive(Clone, Debug)]
pub struct ApiSecrets(Vec<SecretString>);

/// The text is not one or two secrets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("must be the secrets of one or two API keys, separated by a comma")]
pub struct InvalidApiSecrets;

impl ApiKeys {
    /// Reads the names, as `key[,key]`.
    ///
    /// # Errors
    /// [`InvalidApiKeys`]
    pub fn parse(names: &str, secrets: Reloading<ApiSecrets>) -> Result<Self, InvalidApiKeys> {
        let names: Arc<[String]> = entries(names)
            .ok_or(InvalidApiKeys)?
            .map(str::to_owned)
            .collect();
        if names.first() == names.get(1) {
            return Err(InvalidApiKeys);
        }
        Ok(Self { names, secrets })
    }

    /// The name of the key that signs.
    pub(super) fn signs(&self) -> &str {
        self.names.first().map_or("", String::as_str)
    }

    /// Is a key of this name ours?
    pub(super) fn has(&self, name: &str) -> bool {
        self.names.iter().any(|known| known == name)
    }
}

impl ApiSecrets {
    /// Reads `secret[,secret]`.
    ///
    /// # Errors
    /// [`InvalidApiSecrets`]
    pub fn parse(text: &str) -> Result<Self, InvalidApiSecrets> {
        let secrets = entries(text).ok_or(InvalidApiSecrets)?;
        Ok(Self(secrets.map(SecretString::from).collect()))
    }

    pub(super) fn all(&self) -> impl Iterator<Item = &SecretString> {
        self.0.iter()
    }
}

/// One or two texts, separated by a comma.
fn entries(text: &str) -> Option<impl Iterator<Item = &str>> {
    let entries = || text.split(',').map(str::trim);
    let good = |entry: &str| {
        !entry.is_empty() && entry.len() <= LONGEST && entry.chars().all(|c| c.is_ascii_graphic())
    };
    (entries().count() <= 2 && entries().all(good)).then(entries)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secrets(text: &str) -> Reloading<ApiSecrets> {
        Reloading::fixed(ApiSecrets::parse(text).unwrap())
    }

    #[test]
    fn keys_are_known_by_their_names() {
        let keys = ApiKeys::parse("new, old", secrets("s1,s2")).unwrap();
        let shown = format!("{keys:?}");
        assert!(!shown.contains("s1") && !shown.contains("s2"), "{shown}");
        assert_eq!(keys.signs(), "new");
        assert!(keys.has("old") && keys.has("new") && !keys.has("other") && !keys.has(""));
        assert!(ApiKeys::parse("k,k", secrets("s1,s2")).is_err());
    }

    #[test]
    fn there_are_one_or_two_keys() {
        for bad in ["", ",", "a,", "a,b,c", "a b", "ä", &"x".repeat(257)] {
            assert!(ApiSecrets::parse(bad).is_err(), "{bad}");
            assert!(ApiKeys::parse(bad, secrets("s")).is_err(), "{bad}");
        }
    }
}
