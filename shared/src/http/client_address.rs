//! The client's address: as the gateway saw it, or as CloudFront reports it. Never what a client
//! can write.

use std::fmt;

use http::HeaderMap;
use lambda_http::request::RequestContext;
use lambda_http::{Request, RequestExt};
use secrecy::{ExposeSecret, SecretString};
use subtle::ConstantTimeEq;

use crate::domain::ClientAddress;
use crate::secrets::Reloading;

/// The header that CloudFront adds to each request for the API. It replaces what the client sent
/// under that name.
const SECRET: &str = "x-origin-secret";

/// The client's address and port. Without CloudFront, clients of the API can write it themselves.
const VIEWER: &str = "cloudfront-viewer-address";

/// The secret with which CloudFront proves itself.
#[derive(Clone, Debug)]
pub struct OriginSecret(SecretString);

/// The text is too easy to guess.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("must be at least 32 letters or digits")]
pub struct InvalidOriginSecret;

impl OriginSecret {
    /// Reads the secret.
    ///
    /// # Errors
    /// [`InvalidOriginSecret`]
    pub fn parse(text: &str) -> Result<Self, InvalidOriginSecret> {
        if text.len() >= 32 && text.chars().all(|c| c.is_ascii_alphanumeric()) {
            Ok(Self(text.into()))
        } else {
            Err(InvalidOriginSecret)
        }
    }
}

/// Finds the addresses of clients.
#[derive(Clone)]
pub struct ClientAddresses {
    origin_secret: Option<Reloading<OriginSecret>>,
}

impl ClientAddresses {
    /// `origin_secret` is CloudFront's. `None`: there is nothing in front of the gateway.
    pub const fn new(origin_secret: Option<Reloading<OriginSecret>>) -> Self {
        Self { origin_secret }
    }

    /// The address of the client that sent `request`.
    pub fn of(&self, request: &Request) -> ClientAddress {
        let gateway = match request.request_context_ref() {
            Some(RequestContext::ApiGatewayV2(context)) => context.http.source_ip.as_deref(),
            _ => None,
        };
        self.viewer(request.headers())
            .or_else(|| ClientAddress::parse(gateway?))
            .unwrap_or(ClientAddress::UNKNOWN)
    }

    /// What CloudFront reports, if the request really comes from CloudFront.
    fn viewer(&self, headers: &HeaderMap) -> Option<ClientAddress> {
        let known = self.origin_secret.as_ref()?.get();
        let sent = only(headers, SECRET)?.as_bytes();
        if !bool::from(sent.ct_eq(known.0.expose_secret().as_bytes())) {
            return None;
        }
        // `192.0.2.1:443`, `2001:db8::1:443` or `[2001:db8::1]:443`: the port follows the last
        // colon.
        let (address, _port) = only(headers, VIEWER)?.rsplit_once(':')?;
        ClientAddress::parse(address.trim_matches(['[', ']']))
    }
}

impl fmt::Debug for ClientAddresses {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ClientAddresses")
    }
}

/// A header that occurs exactly once.
fn only<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let mut values = headers.get_all(name).into_iter();
    match (values.next(), values.next()) {
        (Some(value), None) => value.to_str().ok(),
        (None | Some(_), _) => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    const GOOD: &str = "0123456789abcdef0123456789abcdef";
    const WRONG: &str = "0123456789abcdef0123456789abcdeF";

    fn addresses() -> ClientAddresses {
        ClientAddresses::new(OriginSecret::parse(GOOD).ok().map(Reloading::fixed))
    }

    /// A request from 203.0.113.7 with these headers.
    fn request(headers: &Value) -> Request {
        let event = include_str!("../../../functions/login/events/login.json");
        let mut event: Value = serde_json::from_str(event).unwrap();
        for (name, value) in headers.as_object().unwrap() {
            event["headers"][name] = value.clone();
        }
        lambda_http::request::from_str(&event.to_string()).unwrap()
    }

    #[test]
    fn the_clients_address_comes_from_the_gateway_and_not_from_headers() {
        let lies = json!({
            "x-forwarded-for": "198.51.100.1",
            "x-real-ip": "198.51.100.1",
            "forwarded": "for=198.51.100.1",
            "cloudfront-viewer-address": "198.51.100.1:443",
        });
        for addresses in [addresses(), ClientAddresses::new(None)] {
            assert_eq!(addresses.of(&request(&lies)).to_string(), "203.0.113.7");
        }
    }

    #[test]
    fn cloudfront_is_trusted_if_it_proves_itself() {
        for (said, address) in [
            ("198.51.100.1:46532", "198.51.100.1"),
            ("2001:db8::1:46532", "2001:db8::1"),
            ("[2001:db8::1]:46532", "2001:db8::1"),
        ] {
            let headers = json!({ VIEWER: said, SECRET: GOOD });
            assert_eq!(addresses().of(&request(&headers)).to_string(), address);
            let nothing_in_front = ClientAddresses::new(None).of(&request(&headers));
            assert_eq!(nothing_in_front.to_string(), "203.0.113.7");
        }
        for headers in [
            json!({ VIEWER: "198.51.100.1:46532", SECRET: WRONG }),
            json!({ VIEWER: "198.51.100.1:46532", SECRET: "" }),
            json!({ VIEWER: "somewhere", SECRET: GOOD }),
            json!({ SECRET: GOOD }),
        ] {
            let address = addresses().of(&request(&headers)).to_string();
            assert_eq!(address, "203.0.113.7", "{headers}");
        }
    }

    #[test]
    fn a_client_without_an_address_has_an_unknown_one() {
        let request = Request::default();
        assert_eq!(addresses().of(&request), ClientAddress::UNKNOWN);
    }

    #[test]
    fn a_secret_that_is_easy_to_guess_is_refused() {
        for bad in ["", "short", &GOOD[1..], &format!("{GOOD} ")] {
            assert!(OriginSecret::parse(bad).is_err(), "{bad}");
        }
        assert!(!format!("{:?}", OriginSecret::parse(GOOD)).contains(GOOD));
    }
}
