//! Events as LiveKit signs them.

use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use serde_json::json;
use shared::system;

/// What LiveKit sends as `Authorization` with this body, now: a JWT by the API key of this name.
///
/// # Panics
/// Never: every secret can sign.
pub fn signed(body: &[u8], key: &str, secret: &str) -> String {
    let now = system::now().unix_seconds();
    let hash = STANDARD.encode(digest(&SHA256, body));
    let claims = json!({ "iss": key, "nbf": now, "exp": now + 300, "sha256": hash });
    let key = EncodingKey::from_secret(secret.as_bytes());
    encode(&Header::new(Algorithm::HS256), &claims, &key).expect("a proof")
}
