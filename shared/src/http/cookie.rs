//! Our cookies in browsers: one carries a login, the other identifies the device.

use std::time::Duration;

use cookie::{Cookie, SameSite};
use http::HeaderMap;
use http::header::COOKIE;

use crate::domain::{DEVICE_LIFETIME, DeviceId};

/// The name and attributes of the login's cookie.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LoginCookie {
    secure: bool,
}

impl LoginCookie {
    /// `secure`: only over HTTPS. `false` is only for plain HTTP on loopback.
    pub const fn new(secure: bool) -> Self {
        Self { secure }
    }

    const fn name(self) -> &'static str {
        match self.secure {
            true => "__Host-login",
            false => "login",
        }
    }

    /// The origin of pages from `host` that may use the cookie, in the form of browsers' headers.
    pub(super) fn origin(self, host: &str) -> String {
        let scheme = if self.secure { "https" } else { "http" };
        format!("{scheme}://{host}")
    }

    /// A `Set-Cookie` that keeps a login for `lifetime`.
    pub fn set(self, proof: &str, lifetime: Duration) -> String {
        set_cookie(self.name(), self.secure, proof, lifetime)
    }

    /// A `Set-Cookie` that removes the login.
    pub fn clear(self) -> String {
        set_cookie(self.name(), self.secure, "", Duration::ZERO)
    }

    /// The proof in a request's cookies.
    pub fn read(self, headers: &HeaderMap) -> Option<String> {
        read(self.name(), headers)
    }

    /// The device cookie of the same browser.
    pub const fn of_device(self) -> DeviceCookie {
        DeviceCookie {
            secure: self.secure,
        }
    }
}

/// The name and attributes of the device's cookie. It gives no access: its holder only does not
/// have to wait for others' failures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DeviceCookie {
    secure: bool,
}

impl DeviceCookie {
    const fn name(self) -> &'static str {
        match self.secure {
            true => "__Host-device",
            false => "device",
        }
    }

    /// A `Set-Cookie` that lasts as long as the device is known.
    pub fn set(self, device: &DeviceId) -> String {
        set_cookie(self.name(), self.secure, device.as_str(), DEVICE_LIFETIME)
    }

    /// The device of a request.
    pub fn read(self, headers: &HeaderMap) -> Option<DeviceId> {
        read(self.name(), headers).and_then(|id| DeviceId::parse(&id))
    }
}

/// With the prefix `__Host-`, browsers accept a cookie only from this very host, over HTTPS, and
/// for all paths.
fn set_cookie(name: &'static str, secure: bool, value: &str, lifetime: Duration) -> String {
    let seconds = i64::try_from(lifetime.as_secs()).unwrap_or(i64::MAX);
    Cookie::build((name, value))
        .path("/")
        .http_only(true)
        .secure(secure)
        .same_site(SameSite::Strict)
        .max_age(cookie::time::Duration::seconds(seconds))
        .to_string()
}

fn read(name: &str, headers: &HeaderMap) -> Option<String> {
    let values = headers.get_all(COOKIE).into_iter();
    let texts = values.filter_map(|value| value.to_str().ok());
    texts
        .flat_map(Cookie::split_parse)
        .filter_map(Result::ok)
        .find(|cookie| cookie.name() == name)
        .map(|cookie| cookie.value().to_owned())
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
        assert_eq!(
            LoginCookie::new(true).of_device().set(&DeviceId::new(7)),
            "__Host-device=00000000000000000000000000000007; HttpOnly; SameSite=Strict; Secure; Path=/; \
             Max-Age=7776000"
        );
    }

    #[test]
    fn the_cookie_is_found_among_others() {
        let mut headers = HeaderMap::new();
        headers.append(COOKIE, HeaderValue::from_static("a=b; __Host-login=jwt"));
        headers.append(COOKIE, HeaderValue::from_static("c=d"));
        let cookie = LoginCookie::new(true);
        assert_eq!(cookie.read(&headers).as_deref(), Some("jwt"));
        assert_eq!(LoginCookie::new(false).read(&headers), None);
        assert_eq!(cookie.of_device().read(&headers), None);
        let device = DeviceId::new(7);
        let mine = format!("__Host-device={device}");
        headers.append(COOKIE, HeaderValue::from_str(&mine).unwrap());
        assert_eq!(cookie.of_device().read(&headers), Some(device));
    }
}
