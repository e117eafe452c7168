//! The credentials that we share with a LiveKit server: API keys, each with its secret.

use std::sync::Arc;

use secrecy::SecretString;

use crate::secrets::Reloading;

/// The longest key or secret, in bytes. Real ones are much shorter.
const LONGEST: usize = 256;

/// The names of one or two API keys, and their secrets. The first signs what we send; the server may sign
/// webhooks by either, so that no event is lost while the key is being changed.
#[derive(Clone, Debug)]
pub struct ApiKeys {
    names: Arc<[String]>,
    pub(super) secrets: Reloading<ApiSecrets>,
}

/// The text is not one or two names of API keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("must be the names of one or two API keys, separated by a comma")]
pub struct InvalidApiKeys;

/// The secrets of the API keys, in the same order. `Debug` does not show them.
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
    /// [`InvalidApiKeys`]; also if there is not a secret for each.
    pub fn parse(names: &str, secrets: Reloading<ApiSecrets>) -> Result<Self, InvalidApiKeys> {
        let names: Arc<[String]> = entries(names)
            .ok_or(InvalidApiKeys)?
            .map(str::to_owned)
            .collect();
        let differ = names.first() != names.get(1);
        let each_has_one = names.len() == secrets.get().0.len();
        if differ && each_has_one {
            Ok(Self { names, secrets })
        } else {
            Err(InvalidApiKeys)
        }
    }

    /// The name of the key that signs.
    pub(super) fn signs(&self) -> &str {
        self.names.first().map_or("", String::as_str)
    }

    /// The secret of the key of this name, if it is one of ours.
    pub(super) fn secret_of(&self, name: &str) -> Option<SecretString> {
        let number = self.names.iter().position(|known| known == name)?;
        self.secrets.get().0.get(number).cloned()
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

    /// The secret of the key that signs.
    pub(super) fn signs(&self) -> Option<&SecretString> {
        self.0.first()
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
    fn each_key_has_its_secret() {
        let keys = ApiKeys::parse("new, old", secrets("s1,s2")).unwrap();
        let shown = format!("{keys:?}");
        assert!(!shown.contains("s1") && !shown.contains("s2"), "{shown}");
        assert_eq!(keys.signs(), "new");
        assert!(keys.secret_of("old").is_some() && keys.secret_of("other").is_none());
        for (names, their) in [("new", "s1,s2"), ("new,old", "s1"), ("k,k", "s1,s2")] {
            assert!(ApiKeys::parse(names, secrets(their)).is_err(), "{names}");
        }
    }

    #[test]
    fn there_are_one_or_two_keys() {
        for bad in ["", ",", "a,", "a,b,c", "a b", "ä", &"x".repeat(257)] {
            assert!(ApiSecrets::parse(bad).is_err(), "{bad}");
            assert!(ApiKeys::parse(bad, secrets("s")).is_err(), "{bad}");
        }
    }
}
