//! Who is asking: the login that a request carries.

use aws_sdk_dynamodb::Client;
use http::header::{AUTHORIZATION, HOST, ORIGIN, SET_COOKIE};
use http::{HeaderMap, HeaderValue};
use lambda_http::{Body, Request, Response};
use url::Url;

use super::client_address::ClientAddresses;
use super::cookie::LoginCookie;
use super::error::{ApiError, ErrorCode};
use super::response::with_cookie;
use crate::adapters::dynamodb::DynamoDbLogins;
use crate::adapters::jwt::KeyRing;
use crate::audit::{self, AuditEvent};
use crate::config::LoginCheckConfig;
use crate::domain::{Login, Timestamp, User};
use crate::ports::{LoginProofs, Logins};
use crate::use_cases::{AuthenticateError, authenticate, renew_login};

/// Finds out who is asking.
#[derive(Debug)]
pub struct LoginCheck<P = KeyRing, L = DynamoDbLogins> {
    /// Reads proofs.
    pub proofs: P,
    /// Knows which logins stand.
    pub logins: L,
    /// Where browsers keep the proof.
    pub cookie: LoginCookie,
    /// Where our page is served from, if not from the host that is asked.
    pub site_origin: Option<String>,
    /// Where clients are.
    pub addresses: ClientAddresses,
}

/// Who is asking, and what they may do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caller {
    /// Their login.
    pub login: Login,
    /// What their record says now.
    pub user: User,
}

impl LoginCheck {
    /// The check that `config` describes.
    pub fn new(config: LoginCheckConfig, dynamodb: Client) -> Self {
        Self {
            proofs: config.keys,
            logins: DynamoDbLogins::new(dynamodb, config.logins_table, config.users_table),
            cookie: LoginCookie::new(config.cookie_secure),
            site_origin: config.site_origin,
            addresses: ClientAddresses::new(config.origin_secret),
        }
    }
}

impl<P: LoginProofs, L: Logins> LoginCheck<P, L> {
    /// Has `handle` answer whoever sent `request`; browsers whose login is about to end get it renewed,
    /// whatever the answer.
    ///
    /// # Errors
    /// `not_logged_in`; `cross_site` if another site's page makes a browser send our cookie; and what
    /// `handle` makes of the request.
    pub async fn answer(
        &self,
        request: Request,
        now: Timestamp,
        handle: impl AsyncFnOnce(Request, Caller) -> Result<Response<Body>, ApiError>,
    ) -> Result<Response<Body>, ApiError> {
        let (proof, from_cookie) = self.proof(&request)?;
        let address = self.addresses.of(&request);
        let (login, user) = authenticate(&self.proofs, &self.logins, &proof, address, now).await?;
        let renewed = match from_cookie {
            true => renew_login(&self.proofs, &login, now)?,
            false => None,
        };
        let name = user.name.clone();
        let answer = handle(request, Caller { login, user }).await;
        if let Err(error) = &answer
            && error.code() == ErrorCode::NotYourToken
        {
            let reason = "somebody else's token";
            audit::record(AuditEvent::Refusal, Some(&name), Some(address), reason);
        }
        let Some((login, proof)) = renewed else {
            return answer;
        };
        let cookie = self.cookie.set(&proof, login.expires_at - now);
        match answer {
            Ok(response) => Ok(with_cookie(response, &cookie)),
            Err(error) => Err(match HeaderValue::from_str(&cookie) {
                Ok(cookie) => error.with(SET_COOKIE, cookie),
                Err(_) => error,
            }),
        }
    }

    /// The login that whoever sent `request` once had, ended or not.
    ///
    /// # Errors
    /// As [`Self::answer`].
    pub fn proved_login(&self, request: &Request, now: Timestamp) -> Result<Login, ApiError> {
        let (proof, _) = self.proof(request)?;
        let login = self.proofs.read(&proof, now);
        login.ok_or_else(|| AuthenticateError::NotLoggedIn.into())
    }

    /// From `Authorization: Bearer`, or else from the cookie; and which.
    fn proof(&self, request: &Request) -> Result<(String, bool), ApiError> {
        match bearer(request.headers()) {
            Some(proof) => Ok((proof, false)),
            None => Ok((self.cookie_proof(request)?, true)),
        }
    }

    fn cookie_proof(&self, request: &Request) -> Result<String, ApiError> {
        let headers = request.headers();
        let proof = self
            .cookie
            .read(headers)
            .ok_or(AuthenticateError::NotLoggedIn)?;
        if self.is_cross_site(headers) {
            let address = self.addresses.of(request);
            let reason = "another site's page";
            audit::record(AuditEvent::Refusal, None, Some(address), reason);
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
