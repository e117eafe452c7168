//! A developer's own OpenVidu server in place of the stand-in: where browsers find it, and the
//! settings that make it report who left.

use std::time::Duration;

use reqwest::Url;
use shared::{
    adapters::{openvidu::OpenVidu, video_http::TrustedCertificate},
    chain,
    deadline::Deadline,
    secrets::Reloading,
};

use crate::{error::Error, options::Options};

/// A running server answers this at once.
const PATIENCE: Duration = Duration::from_secs(5);

/// The public address of the server at `url`, to which its tokens send browsers. Warns if the
/// server does not answer.
pub(crate) async fn public_url(options: &Options, url: &str) -> Result<String, Error> {
    let address = Url::parse(url).ok().filter(Url::has_host);
    let address = address.ok_or_else(|| Error::OpenViduUrl(url.escape_debug().to_string()))?;
    let trusted = options.openvidu_ca().map(TrustedCertificate::parse);
    let trusted = trusted.transpose().map_err(|_| Error::OpenViduCa)?;
    let secret = Reloading::fixed(options.openvidu_secret().into());
    let server = OpenVidu::new(address.clone(), secret, trusted)
        .map_err(|error| Error::HttpClient(Box::new(error)))?;
    match server.until(Deadline::after(PATIENCE)).public_url().await {
        Ok(public) if public.origin() == address.origin() => Ok(url.to_owned()),
        Ok(public) => {
            let public = public.origin().ascii_serialization();
            tracing::warn!(
                "OpenVidu calls itself {public}, not {url}: its tokens send browsers to {public}"
            );
            Ok(public)
        }
        Err(error) => {
            let why = chain(&error);
            tracing::warn!("OpenVidu at {url} does not say where browsers find it: {why}");
            Ok(url.to_owned())
        }
    }
}

/// The lines for OpenVidu's `.env`, for events that go to the URL `webhook`.
pub(crate) fn webhook_settings(webhook: &str, secret: &str) -> String {
    format!(
        r#"OPENVIDU_WEBHOOK=true
OPENVIDU_WEBHOOK_ENDPOINT={webhook}
OPENVIDU_WEBHOOK_HEADERS=["X-Webhook-Secret: {secret}"]
OPENVIDU_WEBHOOK_EVENTS=["participantLeft","sessionDestroyed"]
"#
    )
}
