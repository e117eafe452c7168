//! The cookie that carries a login in browsers.

use std::time::Duration;

use cookie::{Cookie, SameSite};
use http::HeaderMap;
use http::header::COOKIE;

/// How the login's cookie is called and protected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LoginCookie {
    secure: bool,
}

impl LoginCookie {
    /// `secure`: only ever over HTTPS. `false` is for plain HTTP on loopback alone.
    pub const fn new(secure: bool) -> Self {
        Self { secure }
    }

    /// With this prefix, browsers take the cookie only from the very host, over HTTPS, for all paths.
    const fn name(self) -> &'static str {
        if self.secure { "__Host-login" } else { "login" }
    }

    /// The origin of pages from `host` that the cookie is for, as browsers write it.
    pub(super) fn origin(self, host: &str) -> String {
        let scheme = if self.secure { "https" } else { "http" };
        format!("{scheme}://{host}")
    }

    /// A `Set-Cookie` that logs in for `lifetime`.
    pub fn set(self, proof: &str, lifetime: Duration) -> String {
        let seconds = i64::try_from(lifetime.as_secs()).unwrap_or(i64::MAX);
        self.cookie(proof, cookie::time::Duration::seconds(seconds))
    }

    /// A `Set-Cookie` that forgets the login.
    pub fn clear(self) -> String {
        self.cookie("", cookie::time::Duration::ZERO)
    }

    /// The proof that a request's cookies carry.
    pub fn read(self, headers: &HeaderMap) -> Option<String> {
        let values = headers.get_all(COOKIE).into_iter();
        let texts = values.filter_map(|value| value.to_str().ok());
        texts
            .flat_map(Cookie::split_parse)
            .filter_map(Result::ok)
            .find(|cookie| cookie.name() == self.name())
            .map(|cookie| cookie.value().to_owned())
    }

    fn cookie(self, value: &str, max_age: cookie::time::Duration) -> String {
        Cookie::build((self.name(), value))
            .path("/")
            .http_only(true)
            .secure(self.secure)
            .same_site(SameSite::Strict)
            .max_age(max_age)
            .to_string()
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    #[test]
    fn the_cookie_is_out_of_reach_of_scripts_and_other_sites() {
        assert_eq!(
            LoginCookie::new(true).set("jwt", Duration::from_secs(60)),
            "__Host-login=jwt; HttpOnly; SameSite=Strict; Secure; Path=/; Max-Age=60"
        );
        assert_eq!(
            LoginCookie::new(false).clear(),
            "login=; HttpOnly; SameSite=Strict; Path=/; Max-Age=0"
        );
    }

    #[test]
    fn the_cookie_is_found_among_others() {
        let mut headers = HeaderMap::new();
        headers.append(COOKIE, HeaderValue::from_static("a=b; __Host-login=jwt"));
        headers.append(COOKIE, HeaderValue::from_static("c=d"));
        assert_eq!(
            LoginCookie::new(true).read(&headers).as_deref(),
            Some("jwt")
        );
        assert_eq!(LoginCookie::new(false).read(&headers), None);
    }
}
