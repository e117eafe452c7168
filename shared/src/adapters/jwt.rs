//! Proofs of login as JWTs (RFC 7519), signed with HS256.
//!
//! Several keys verify and one of them signs. So a key can be rotated in and out without ending
//! anybody's login.

use std::collections::BTreeMap;
use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{
    Algorithm, DecodingKey, EncodingKey, Header, Validation, decode, decode_header, encode,
};
use serde::{Deserialize, Serialize};

use crate::domain::{Generation, Login, LoginId, Timestamp, UserName};
use crate::ports::{LoginProofs, ProofError};

/// The issuer and audience of our JWTs.
const ISSUER: &str = "openvidu-calls";

/// None of our JWTs comes near this many bytes.
const LONGEST: usize = 2048;

/// How much the clocks of two machines may differ, in seconds.
const CLOCK_SKEW: u64 = 60;

/// The keys that sign and verify.
pub struct KeyRing {
    signs: Key,
    verify: Vec<Key>,
}

struct Key {
    id: String,
    encoding: EncodingKey,
    decoding: DecodingKey,
}

/// The text is not a key ring.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidKeyRing {
    /// The text has neither of the two forms.
    #[error("must be id:secret[,id:secret] or {{\"signs\":id,\"keys\":{{id:secret}}}}")]
    Form,
    /// There are several keys, and `signs` is missing or names none of them.
    #[error("must say by \"signs\" which of its \"keys\" signs")]
    Signer,
    #[error("a key's id has 1 to 32 letters, digits, underscores or hyphens")]
    Id,
    #[error("two keys have the same id")]
    Duplicate,
    #[error("a key's secret must be base64url without padding")]
    Encoding,
    #[error("a key's secret must have at least 32 bytes")]
    TooShort,
}

#[derive(Serialize, Deserialize)]
struct Claims {
    iss: String,
    aud: String,
    sub: String,
    /// Names the login, and stays the same in its renewals: ending it ends them all.
    jti: String,
    /// A claim of our own: see [`Generation`].
    generation: String,
    auth_time: u64,
    iat: u64,
    exp: u64,
    /// Never in our own proofs.
    #[serde(default, skip_serializing)]
    nbf: u64,
}

/// Several keys as JSON.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Ring {
    signs: Option<String>,
    keys: BTreeMap<String, String>,
}

/// A key ring as JSON.
#[derive(Deserialize)]
#[serde(untagged)]
enum Json {
    Ring(Ring),
    /// As `CloudFormation` generates it, with one key.
    Keys(BTreeMap<String, String>),
}

impl KeyRing {
    /// Reads a key ring in one of two forms, with secrets in base64url.
    ///
    /// - `{"signs":id,"keys":{id:secret,...}}`. A single key needs no `signs`, and may be just
    ///   `{id:secret}`.
    /// - `id:secret[,id:secret...]`. The first key signs.
    ///
    /// # Errors
    /// [`InvalidKeyRing`]
    pub fn parse(text: &str) -> Result<Self, InvalidKeyRing> {
        if text.trim_start().starts_with('{') {
            return Self::parse_json(text);
        }
        let mut entries = Vec::new();
        for entry in text.split(',') {
            entries.push(entry.trim().split_once(':').ok_or(InvalidKeyRing::Form)?);
        }
        let (signs, _) = *entries.first().ok_or(InvalidKeyRing::Form)?;
        Self::new(signs, &entries)
    }

    fn parse_json(text: &str) -> Result<Self, InvalidKeyRing> {
        let json = serde_json::from_str(text).map_err(|_| InvalidKeyRing::Form)?;
        let (signs, keys) = match json {
            Json::Ring(Ring { signs, keys }) => (signs, keys),
            Json::Keys(keys) => (None, keys),
        };
        let only = || (keys.len() == 1).then(|| keys.keys().next().cloned());
        let signs = signs.or_else(|| only().flatten());
        let entries: Vec<_> = keys
            .iter()
            .map(|(id, secret)| (id.as_str(), secret.as_str()))
            .collect();
        Self::new(&signs.ok_or(InvalidKeyRing::Signer)?, &entries)
    }

    fn new(signs: &str, entries: &[(&str, &str)]) -> Result<Self, InvalidKeyRing> {
        let mut signer = None;
        let mut verify: Vec<Key> = Vec::new();
        for (id, secret) in entries {
            let key = Key::parse(id, secret)?;
            let known = signer.iter().chain(&verify);
            if known.into_iter().any(|other: &Key| other.id == key.id) {
                return Err(InvalidKeyRing::Duplicate);
            }
            if key.id == signs {
                signer = Some(key);
            } else {
                verify.push(key);
            }
        }
        let signs = signer.ok_or(InvalidKeyRing::Signer)?;
        Ok(Self { signs, verify })
    }

    fn find(&self, id: &str) -> Option<&Key> {
        std::iter::once(&self.signs)
            .chain(&self.verify)
            .find(|key| key.id == id)
    }
}

impl Key {
    fn parse(id: &str, secret: &str) -> Result<Self, InvalidKeyRing> {
        let allowed = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
        if !(1..=32).contains(&id.len()) || !id.chars().all(allowed) {
            return Err(InvalidKeyRing::Id);
        }
        let secret = URL_SAFE_NO_PAD
            .decode(secret)
            .map_err(|_| InvalidKeyRing::Encoding)?;
        if secret.len() < 32 {
            return Err(InvalidKeyRing::TooShort);
        }
        Ok(Self {
            id: id.to_owned(),
            encoding: EncodingKey::from_secret(&secret),
            decoding: DecodingKey::from_secret(&secret),
        })
    }
}

impl fmt::Debug for KeyRing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("KeyRing(REDACTED)")
    }
}

impl LoginProofs for KeyRing {
    fn prove(&self, login: &Login) -> Result<String, ProofError> {
        let header = Header {
            kid: Some(self.signs.id.clone()),
            ..Header::new(Algorithm::HS256)
        };
        let claims = Claims {
            iss: ISSUER.to_owned(),
            aud: ISSUER.to_owned(),
            sub: login.user.as_str().to_owned(),
            jti: login.id.as_str().to_owned(),
            generation: login.generation.to_string(),
            auth_time: login.authenticated_at.unix_seconds(),
            iat: login.issued_at.unix_seconds(),
            exp: login.expires_at.unix_seconds(),
            nbf: 0,
        };
        encode(&header, &claims, &self.signs.encoding).map_err(|error| ProofError(Box::new(error)))
    }

    fn read(&self, proof: &str, now: Timestamp) -> Option<Login> {
        if proof.len() > LONGEST {
            return None;
        }
        // The key's id is used before the signature is checked, but only to select one of our keys.
        let header = decode_header(proof).ok()?;
        let key = self.find(&header.kid?)?;
        // An unknown member of the header that is marked as critical must be refused (RFC 7515,
        // 4.1.11).
        if header.crit.is_some() {
            return None;
        }
        let mut validation = Validation::new(Algorithm::HS256);
        validation.set_issuer(&[ISSUER]);
        validation.set_audience(&[ISSUER]);
        validation.set_required_spec_claims(&["iss", "aud", "sub", "exp"]);
        // Times are compared below, with the time argument.
        validation.validate_exp = false;
        let claims = decode::<Claims>(proof, &key.decoding, &validation)
            .ok()?
            .claims;
        let latest = claims.iat.max(claims.nbf).max(claims.auth_time);
        let begun = latest <= now.unix_seconds() + CLOCK_SKEW;
        let login = Login {
            id: LoginId::parse(&claims.jti)?,
            user: UserName::parse(&claims.sub).ok()?,
            generation: Generation::parse(&claims.generation)?,
            authenticated_at: Timestamp::from_unix_seconds(claims.auth_time),
            issued_at: Timestamp::from_unix_seconds(claims.iat),
            expires_at: Timestamp::from_unix_seconds(claims.exp),
        };
        let goes_on = login.expires_at.min(login.ends_for_good_at()) > now;
        (begun && goes_on).then_some(login)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OLD: &str = "old:b2xkLW9sZC1vbGQtb2xkLW9sZC1vbGQtb2xkLW9sZC0";
    const NEW: &str = "new:bmV3LW5ldy1uZXctbmV3LW5ldy1uZXctbmV3LW5ldy0";

    #[test]
    fn json_names_the_key_that_signs_whatever_the_order() {
        let (old, new) = (&OLD[4..], &NEW[4..]);
        for json in [
            format!(r#"{{"signs":"new","keys":{{"old":"{old}","new":"{new}"}}}}"#),
            format!(r#" {{"keys":{{"new":"{new}","old":"{old}"}},"signs":"new"}}"#),
        ] {
            let ring = KeyRing::parse(&json).unwrap();
            assert_eq!(ring.signs.id, "new");
            let mut verify = ring.verify.iter();
            assert!(verify.any(|key| key.id == "old"), "the other one verifies");
        }
        for alone in [
            format!(r#"{{"old":"{old}"}}"#),
            format!(r#"{{"keys":{{"old":"{old}"}}}}"#),
            format!(r#"{{"signs":"old","keys":{{"old":"{old}"}}}}"#),
        ] {
            assert_eq!(KeyRing::parse(&alone).unwrap().signs.id, "old");
        }
        for (json, error) in [
            (
                format!(r#"{{"old":"{old}","new":"{new}"}}"#),
                InvalidKeyRing::Signer,
            ),
            (
                format!(r#"{{"keys":{{"old":"{old}","new":"{new}"}}}}"#),
                InvalidKeyRing::Signer,
            ),
            (
                format!(r#"{{"signs":"x","keys":{{"old":"{old}"}}}}"#),
                InvalidKeyRing::Signer,
            ),
            (
                r#"{"signs":"x","keys":{"a":5}}"#.into(),
                InvalidKeyRing::Form,
            ),
            ("{}".into(), InvalidKeyRing::Signer),
            ("{".into(), InvalidKeyRing::Form),
            (r#"{"k1":"c2hvcnQ"}"#.into(), InvalidKeyRing::TooShort),
        ] {
            assert_eq!(KeyRing::parse(&json).err(), Some(error), "{json}");
        }
    }

    #[test]
    fn an_id_may_have_letters_digits_and_two_signs() {
        let ring = KeyRing::parse(&format!("Key_2-b:{}", &OLD[4..])).unwrap();
        assert_eq!(ring.signs.id, "Key_2-b");
    }

    #[test]
    fn weak_and_malformed_keys_are_refused() {
        for (text, error) in [
            ("", InvalidKeyRing::Form),
            ("secret", InvalidKeyRing::Form),
            ("a:c2hvcnQ", InvalidKeyRing::TooShort),
            ("a:not base64!", InvalidKeyRing::Encoding),
            (&format!(":{}", &OLD[4..]), InvalidKeyRing::Id),
            (&format!("a/b:{}", &OLD[4..]), InvalidKeyRing::Id),
            (&format!("{OLD},{OLD}"), InvalidKeyRing::Duplicate),
            (&format!("{OLD},"), InvalidKeyRing::Form),
        ] {
            assert_eq!(KeyRing::parse(text).err(), Some(error), "{text}");
        }
    }

    #[test]
    fn keys_do_not_show_in_debug_output() {
        assert_eq!(
            format!("{:?}", KeyRing::parse(OLD).unwrap()),
            "KeyRing(REDACTED)"
        );
    }
}
