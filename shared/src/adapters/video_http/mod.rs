//! HTTP to a video server: what the adapters of all of them share.

mod answer;
mod tls;

use std::time::Duration;

use url::{Host, Url};

pub(super) use self::answer::{Answer, without};
pub use self::tls::{InvalidCertificate, TrustedCertificate};
use crate::ports::Source;

/// A server that is there answers a connection attempt at once.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(2);

/// Servers close an idle connection after 60 s or later; we do it first.
const IDLE_TIMEOUT: Duration = Duration::from_secs(50);

/// The longest answer about one session or connection.
pub(super) const ANSWER_LIMIT: usize = 1 << 20;

/// The longest list: 20,000 people, more than one server carries, take 30 MB.
pub(super) const LIST_LIMIT: usize = 64 << 20;

/// No client for the server could be made.
#[derive(Debug, thiserror::Error)]
#[error("could not make an HTTP client")]
pub struct HttpClientError(#[source] Source);

/// A client for the server at `url`, which is trusted by the certificate `trusted`, or without one by a
/// public authority.
pub(super) fn client(
    url: &Url,
    trusted: Option<TrustedCertificate>,
) -> Result<reqwest::Client, HttpClientError> {
    let tls = tls::client_config(trusted).map_err(HttpClientError)?;
    let mut http = reqwest::Client::builder()
        .tls_backend_preconfigured(tls)
        .connect_timeout(CONNECT_TIMEOUT)
        .pool_idle_timeout(IDLE_TIMEOUT)
        .redirect(reqwest::redirect::Policy::none());
    // `HTTP_PROXY` and its like count, as a function may have no other way out. But no proxy can
    // reach this machine's own loopback interface.
    if is_loopback(url) {
        http = http.no_proxy();
    }
    http.build()
        .map_err(|error| HttpClientError(Box::new(error)))
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}
