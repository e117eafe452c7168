//! Proofs of login as JWTs (RFC 7519), signed by HS256.
//!
//! Several keys are accepted and the first signs, so that a key can be rotated in and out without
//! ending anybody's login.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{
    Algorithm, DecodingKey, EncodingKey, Header, Validation, decode, decode_header, encode,
};
use serde::{Deserialize, Serialize};

use crate::domain::{Generation, Login, LoginId, Role, Timestamp, UserName};
use crate::ports::{LoginProofs, ProofError};

/// Who issues our JWTs, and for whom.
const ISSUER: &str = "openvidu-calls";

/// No JWT of ours comes near this many bytes.
const LONGEST: usize = 2048;

/// How far the clocks of two machines may be apart, in seconds.
const CLOCK_SKEW: u64 = 60;

/// The keys that sign and verify.
pub struct KeyRing {
    first: Key,
    others: Vec<Key>,
}

struct Key {
    id: String,
    encoding: EncodingKey,
    decoding: DecodingKey,
}

/// The text is not a key ring.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidKeyRing {
    /// An entry is not `id:secret`.
    #[error("must be a comma-separated list of id:secret")]
    Form,
    /// A key's id is empty, too long or has other characters.
    #[error("a key's id has 1 to 32 letters, digits, underscores or hyphens")]
    Id,
    /// Two keys have the same id.
    #[error("two keys have the same id")]
    Duplicate,
    /// A secret is not base64url.
    #[error("a key's secret must be base64url without padding")]
    Encoding,
    /// A secret is too short for HS256.
    #[error("a key's secret must have at least 32 bytes")]
    TooShort,
}

#[derive(Serialize, Deserialize)]
struct Claims {
    iss: String,
    aud: String,
    sub: String,
    role: String,
    /// Names the login, and so is the same in its renewals: ending it ends them all.
    jti: String,
    /// Our own claim: see [`Generation`].
    generation: String,
    auth_time: u64,
    iat: u64,
    exp: u64,
    /// Never in a proof of ours.
    #[serde(default, skip_serializing)]
    nbf: u64,
}

impl KeyRing {
    /// Reads `id:secret[,id:secret...]`, the secrets in base64url.
    ///
    /// # Errors
    /// [`InvalidKeyRing`]
    pub fn parse(text: &str) -> Result<Self, InvalidKeyRing> {
        let mut keys: Vec<Key> = Vec::new();
        for entry in text.split(',') {
            let key = Key::parse(entry.trim())?;
            if keys.iter().any(|other| other.id == key.id) {
                return Err(InvalidKeyRing::Duplicate);
            }
            keys.push(key);
        }
        let mut keys = keys.into_iter();
        let first = keys.next().ok_or(InvalidKeyRing::Form)?;
        Ok(Self {
            first,
            others: keys.collect(),
        })
    }

    fn find(&self, id: &str) -> Option<&Key> {
        std::iter::once(&self.first)
            .chain(&self.others)
            .find(|key| key.id == id)
    }
}

impl Key {
    fn parse(entry: &str) -> Result<Self, InvalidKeyRing> {
        let (id, secret) = entry.split_once(':').ok_or(InvalidKeyRing::Form)?;
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
            kid: Some(self.first.id.clone()),
            ..Header::new(Algorithm::HS256)
        };
        let claims = Claims {
            iss: ISSUER.to_owned(),
            aud: ISSUER.to_owned(),
            sub: login.user.as_str().to_owned(),
            role: login.role.as_str().to_owned(),
            jti: login.id.as_str().to_owned(),
            generation: login.generation.to_string(),
            auth_time: login.authenticated_at.unix_seconds(),
            iat: login.issued_at.unix_seconds(),
            exp: login.expires_at.unix_seconds(),
            nbf: 0,
        };
        encode(&header, &claims, &self.first.encoding).map_err(|error| ProofError(Box::new(error)))
    }

    fn read(&self, proof: &str, now: Timestamp) -> Option<Login> {
        if proof.len() > LONGEST {
            return None;
        }
        // Of what is not signed, the key's id alone is used, and only to compare it with those we have.
        let key = self.find(&decode_header(proof).ok()?.kid?)?;
        let mut validation = Validation::new(Algorithm::HS256);
        validation.set_issuer(&[ISSUER]);
        validation.set_audience(&[ISSUER]);
        validation.set_required_spec_claims(&["iss", "aud", "sub", "exp"]);
        // Times are compared below, with the time that we were handed.
        validation.validate_exp = false;
        let claims = decode::<Claims>(proof, &key.decoding, &validation)
            .ok()?
            .claims;
        let begun = claims.iat.max(claims.nbf) <= now.unix_seconds() + CLOCK_SKEW;
        let login = Login {
            id: LoginId::parse(&claims.jti)?,
            user: UserName::parse(&claims.sub).ok()?,
            role: Role::parse(&claims.role).ok()?,
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
#[path = "jwt_tests.rs"]
mod tests;
