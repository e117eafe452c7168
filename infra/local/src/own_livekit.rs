//! A developer's own LiveKit server, which may be an OpenVidu 3: whether it knows us, and the settings that make it
//! report who came and left.

use std::time::Duration;

use reqwest::Url;
use shared::{
    adapters::{
        livekit::{ApiKeys, ApiSecrets, LiveKit},
        video_http::TrustedCertificate,
    },
    chain,
    deadline::Deadline,
    ports::VideoInventory,
    secrets::Reloading,
};

use crate::error::Error;

/// A running server answers this at once.
const PATIENCE: Duration = Duration::from_secs(5);

/// The address of the server's API, which may have been given as that of its WebSocket. Warns if the server does not
/// answer, or does not know the key.
pub(crate) async fn checked(
    url: &str,
    key: &str,
    secret: &str,
    trusted: Option<&str>,
) -> Result<String, Error> {
    // wss becomes https, and ws becomes http.
    let address = match url.strip_prefix("ws") {
        Some(rest) => format!("http{rest}"),
        None => url.to_owned(),
    };
    let address = Url::parse(&address).ok().filter(Url::has_host);
    let address = address.filter(|url| matches!(url.scheme(), "http" | "https"));
    let address = address.ok_or_else(|| Error::LiveKitUrl(url.escape_debug().to_string()))?;
    let trusted = trusted.map(TrustedCertificate::parse);
    let trusted = trusted.transpose().map_err(|_| Error::LiveKitCa)?;
    let secrets = ApiSecrets::parse(secret).map_err(|_| Error::LiveKitKeys)?;
    let keys = ApiKeys::parse(key, Reloading::fixed(secrets)).map_err(|_| Error::LiveKitKeys)?;
    let server = LiveKit::new(address.clone(), keys, trusted)
        .map_err(|error| Error::HttpClient(Box::new(error)))?;
    if let Err(error) = server.until(Deadline::after(PATIENCE)).all_seats().await {
        tracing::warn!("LiveKit at {url} cannot be used: {}", chain(&error));
    }
    Ok(address.origin().ascii_serialization())
}

/// The lines for the server's `livekit.yaml`, for events that go to the URL `webhook`.
pub(crate) fn webhook_settings(webhook: &str, keys: &str) -> String {
    // The first of two keys.
    let key = keys.split(',').next().unwrap_or_default().trim();
    format!(
        "webhook:
  api_key: {key}
  urls:
    - {webhook}
"
    )
}
