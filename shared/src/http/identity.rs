//! The identity of the caller: the login in a request.

use http::HeaderMap;
use http::header::{AUTHORIZATION, HOST, ORIGIN};
use lambda_http::Request;

use super::client_address::ClientAddresses;
use super::cookie::LoginCookie;
use super::error::{ApiError, ErrorCode};
use super::invocation::Invocation;
use super::pipeline::Authenticated;
use crate::audit::{self, AuditEvent, Reason};
use crate::domain::{Login, Timestamp, User};
use crate::ports::{LoginProofs, Logins};
use crate::use_cases::{AuthenticateError, authenticate, renew_login};

/// Finds out who the caller is.
#[derive(Debug)]
pub struct LoginCheck<P, L> {
    /// Verifies proofs.
    pub proofs: P,
    /// Knows which logins are still valid.
    pub logins: L,
    /// The cookie that keeps the proof in browsers.
    pub cookie: LoginCookie,
    /// The origin of our page, if it is not on the API's host.
    pub site_origin: Option<String>,
    /// Finds the addresses of clients.
    pub addresses: ClientAddresses,
}

/// What a request contains of a login.
enum Proof {
    Bearer(String),
    Cookie(String),
}

impl<P: LoginProofs, L> LoginCheck<P, L> {
    /// The user behind the request. A browser whose login is about to expire gets it renewed.
    ///
    /// # Errors
    /// `not_logged_in`; `cross_site` if a page of another site caused the request.
    pub async fn caller(&self, invocation: &Invocation) -> Result<Authenticated<User>, ApiError>
    where
        L: Logins,
    {
        let Invocation { request, now, .. } = invocation;
        let proof = self.proof(request)?.ok_or(AuthenticateError::NotLoggedIn)?;
        let (Proof::Bearer(text) | Proof::Cookie(text)) = &proof;
        let address = self.addresses.of(request);
        let (login, user) = authenticate(&self.proofs, &self.logins, text, address, *now).await?;
        let renewal = match proof {
            Proof::Bearer(_) => None,
            Proof::Cookie(_) => self.renewal(&login, *now)?,
        };
        Ok(Authenticated {
            caller: user,
            renewal,
        })
    }

    /// The login in the request, ended or not.
    ///
    /// # Errors
    /// `cross_site` as above.
    pub fn proved_login(&self, invocation: &Invocation) -> Result<Option<Login>, ApiError> {
        let Some(Proof::Bearer(text) | Proof::Cookie(text)) = self.proof(&invocation.request)?
        else {
            return Ok(None);
        };
        Ok(self.proofs.read(&text, invocation.now))
    }

    fn renewal(&self, login: &Login, now: Timestamp) -> Result<Option<String>, ApiError> {
        let renewed = renew_login(&self.proofs, login, now)?;
        Ok(renewed.map(|(login, proof)| self.cookie.set(&proof, login.expires_at - now)))
    }

    /// The proof in `Authorization: Bearer`, or else in the cookie.
    ///
    /// Browsers do not send our cookie with a request that another site's page caused. We refuse
    /// such a request nevertheless. Otherwise it would get the answer for a client that is not
    /// logged in, which could log the user out.
    fn proof(&self, request: &Request) -> Result<Option<Proof>, ApiError> {
        let headers = request.headers();
        if let Some(proof) = bearer(headers) {
            return Ok(Some(Proof::Bearer(proof)));
        }
        if self.is_cross_site(headers) {
            let address = self.addresses.of(request);
            let reason = Reason::AnotherSite;
            audit::record(AuditEvent::Refusal, None, Some(address), reason);
            return Err(ApiError::new(
                ErrorCode::CrossSite,
                "Only this site's own page may use the login's cookie; programs send Authorization: Bearer.",
            ));
        }
        Ok(self.cookie.read(headers).map(Proof::Cookie))
    }

    /// Browsers say which site caused a request. Programs say nothing, but they manage the cookie
    /// themselves.
    fn is_cross_site(&self, headers: &HeaderMap) -> bool {
        if let Some(site) = headers.get("sec-fetch-site") {
            return site != "same-origin" && site != "none";
        }
        let Some(origin) = headers.get(ORIGIN) else {
            return false;
        };
        let is_site = self
            .site_origin
            .as_ref()
            .is_some_and(|site| origin == site.as_str());
        let host = headers.get(HOST).and_then(|host| host.to_str().ok());
        let is_host = host.is_some_and(|host| origin == &self.cookie.origin(host));
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
