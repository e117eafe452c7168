//! Who is asking: the login that a request carries.

use http::HeaderMap;
use http::header::{AUTHORIZATION, HOST, ORIGIN};
use lambda_http::Request;

use super::client_address::ClientAddresses;
use super::cookie::LoginCookie;
use super::error::{ApiError, ErrorCode};
use super::invocation::Invocation;
use super::pipeline::Authenticated;
use crate::audit::{self, AuditEvent};
use crate::domain::{Login, Timestamp, User};
use crate::ports::{LoginProofs, Logins};
use crate::use_cases::{AuthenticateError, authenticate, renew_login};

/// Finds out who is asking.
#[derive(Debug)]
pub struct LoginCheck<P, L> {
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

/// What a request says of a login.
enum Proof {
    Bearer(String),
    Cookie(String),
}

impl<P: LoginProofs, L> LoginCheck<P, L> {
    /// The user who is asking. A browser whose login is about to end gets it renewed.
    ///
    /// # Errors
    /// `not_logged_in`; `cross_site` if another site's page has a browser ask.
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

    /// The login that whoever asks has or once had, ended or not.
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

    /// From `Authorization: Bearer`, or else from the cookie.
    ///
    /// Browsers leave our cookie out of what another site's page has them ask. That is refused all the
    /// same, or the answer would be that of somebody who is not logged in, and could log them out.
    fn proof(&self, request: &Request) -> Result<Option<Proof>, ApiError> {
        let headers = request.headers();
        if let Some(proof) = bearer(headers) {
            return Ok(Some(Proof::Bearer(proof)));
        }
        if self.is_cross_site(headers) {
            let address = self.addresses.of(request);
            let reason = "another site's page";
            audit::record(AuditEvent::Refusal, None, Some(address), reason);
            return Err(ApiError::new(
                ErrorCode::CrossSite,
                "Only this site's own page may use the login's cookie; programs send Authorization: Bearer.",
            ));
        }
        Ok(self.cookie.read(headers).map(Proof::Cookie))
    }

    /// Browsers say where a request comes from; programs, which say nothing, hold the cookie
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
