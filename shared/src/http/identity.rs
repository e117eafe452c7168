//! Who is asking: the login that a request carries.

use aws_sdk_dynamodb::Client;
use http::HeaderMap;
use http::header::{AUTHORIZATION, HOST, ORIGIN};
use lambda_http::Request;
use url::Url;

use super::cookie::LoginCookie;
use super::error::{ApiError, ErrorCode};
use crate::adapters::dynamodb::DynamoDbRevocations;
use crate::adapters::jwt::KeyRing;
use crate::config::LoginCheckConfig;
use crate::domain::{Login, Timestamp};
use crate::ports::{LoginProofs, Revocations};
use crate::use_cases::{AuthenticateError, authenticate};

/// Finds out who is asking.
#[derive(Debug)]
pub struct LoginCheck<P = KeyRing, R = DynamoDbRevocations> {
    /// Reads proofs.
    pub proofs: P,
    /// Knows which logins were ended.
    pub revocations: R,
    /// Where browsers keep the proof.
    pub cookie: LoginCookie,
    /// Where our page is served from, if not from the host that is asked.
    pub site_origin: Option<String>,
}

impl LoginCheck {
    /// The check that `config` describes.
    pub fn new(config: LoginCheckConfig, dynamodb: Client) -> Self {
        Self {
            proofs: config.keys,
            revocations: DynamoDbRevocations::new(dynamodb, config.logins_table),
            cookie: LoginCookie::new(config.cookie_secure),
            site_origin: config.site_origin,
        }
    }
}

impl<P: LoginProofs, R: Revocations> LoginCheck<P, R> {
    /// The login of whoever sent `request`: from `Authorization: Bearer`, or else from the cookie.
    ///
    /// # Errors
    /// `not_logged_in`; `cross_site` if another site's page makes a browser send our cookie.
    pub async fn login(&self, request: &Request, now: Timestamp) -> Result<Login, ApiError> {
        let headers = request.headers();
        let proof = match bearer(headers) {
            Some(proof) => proof,
            None => self.cookie_proof(headers)?,
        };
        Ok(authenticate(&self.proofs, &self.revocations, &proof, now).await?)
    }

    fn cookie_proof(&self, headers: &HeaderMap) -> Result<String, ApiError> {
        let proof = self
            .cookie
            .read(headers)
            .ok_or(AuthenticateError::NotLoggedIn)?;
        if self.is_cross_site(headers) {
            return Err(ApiError::new(
                ErrorCode::CrossSite,
                "Only this site's own page may use the login's cookie; programs send Authorization: Bearer.",
            ));
        }
        Ok(proof)
    }

    /// Browsers say where a request comes from; programs, which say nothing, hold the cookie
    /// themselves.
    fn is_cross_site(&self, headers: &HeaderMap) -> bool {
        let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
        if let Some(site) = header("sec-fetch-site") {
            return !matches!(site, "same-origin" | "none");
        }
        let Some(origin) = header(ORIGIN.as_str()) else {
            return false;
        };
        let is_site = self.site_origin.as_deref() == Some(origin);
        let is_host = Url::parse(origin)
            .ok()
            .is_some_and(|origin| Some(authority(&origin).as_str()) == header(HOST.as_str()));
        !is_site && !is_host
    }
}

fn bearer(headers: &HeaderMap) -> Option<String> {
    let value = headers.get(AUTHORIZATION)?.to_str().ok()?;
    let (scheme, proof) = value.split_once(' ')?;
    scheme
        .eq_ignore_ascii_case("bearer")
        .then(|| proof.trim().to_owned())
}

/// Host and port as the `Host` header has them.
fn authority(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    match url.port() {
        Some(port) => format!("{host}:{port}"),
        None => host.to_owned(),
    }
}
