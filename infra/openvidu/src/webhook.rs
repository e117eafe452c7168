//! Sends events to the configured endpoint, one at a time and in order.
//!
//! It behaves like `HttpWebhookSender.java` (2.32.2): only 200 is success. Any other answer loses
//! the event. If there is no answer (an I/O failure, or ten seconds of silence), the event is sent
//! again, five times in all. The queue is in memory and never delays REST.

use std::time::Duration;

use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue, USER_AGENT};
use reqwest::{Client, StatusCode, Url};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tracing::{debug, error, warn};

use crate::effect::Event;
use crate::settings::Webhook;
use report::Report;

mod report;

const ATTEMPTS: usize = 5;
const TIMEOUT: Duration = Duration::from_secs(10);

/// The sending side of the queue.
pub(crate) struct Reporter {
    events: Vec<String>,
    queue: UnboundedSender<Delivery>,
}

struct Delivery {
    event: &'static str,
    body: String,
}

impl Reporter {
    pub(crate) fn report(&self, event: &Event) {
        let report = Report::of(event);
        let name = report.event();
        if !self.events.iter().any(|wanted| wanted == name) {
            return;
        }
        match serde_json::to_string(&report) {
            // The queue is closed only when the server ends.
            Ok(body) => drop(self.queue.send(Delivery { event: name, body })),
            Err(error) => error!(%error, event = name, "could not write a webhook event"),
        }
    }
}

/// The receiving side of the queue: delivers until the `Reporter` is dropped and everything is
/// sent.
pub(crate) struct Deliverer {
    client: Client,
    endpoint: Url,
    headers: HeaderMap,
    queue: UnboundedReceiver<Delivery>,
}

/// Makes both sides of the queue for this webhook.
///
/// # Errors
///
/// A sentence, if the endpoint or a header is unusable.
pub(crate) fn queue(webhook: &Webhook) -> Result<(Reporter, Deliverer), String> {
    let endpoint = Url::parse(&webhook.endpoint)
        .map_err(|error| format!("webhook endpoint {}: {error}", webhook.endpoint))?;
    let mut headers = HeaderMap::new();
    for (name, value) in &webhook.headers {
        let name =
            HeaderName::try_from(name).map_err(|error| format!("webhook header: {error}"))?;
        let value =
            HeaderValue::try_from(value).map_err(|error| format!("webhook header: {error}"))?;
        headers.append(name, value);
    }
    // The configured headers come first. These two are the real server's own.
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(
        USER_AGENT,
        HeaderValue::from_static("Apache-HttpClient/4.5.14 (Java/17.0.15)"),
    );

    // An error means that the process has already installed a provider, which is fine too.
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let client = Client::builder()
        .connect_timeout(TIMEOUT)
        .danger_accept_invalid_certs(true)
        .redirect(reqwest::redirect::Policy::none())
        .no_proxy()
        .build()
        .map_err(|error| format!("webhook client: {error}"))?;

    let (sender, receiver) = unbounded_channel();
    let reporter = Reporter {
        events: webhook.events.clone(),
        queue: sender,
    };
    let deliverer = Deliverer {
        client,
        endpoint,
        headers,
        queue: receiver,
    };
    Ok((reporter, deliverer))
}

impl Deliverer {
    pub(crate) async fn run(mut self) {
        while let Some(delivery) = self.queue.recv().await {
            self.deliver(&delivery).await;
        }
    }

    async fn deliver(&self, delivery: &Delivery) {
        let event = delivery.event;
        for attempt in 1..=ATTEMPTS {
            match tokio::time::timeout(TIMEOUT, self.post(&delivery.body)).await {
                Ok(Ok(StatusCode::OK)) => {
                    debug!(event, "webhook delivered");
                    return;
                }
                Ok(Ok(status)) => {
                    error!(
                        event,
                        status = status.as_u16(),
                        "webhook refused, event lost"
                    );
                    return;
                }
                Ok(Err(error)) => warn!(event, attempt, %error, "webhook not delivered"),
                Err(_) => warn!(event, attempt, "webhook not answered"),
            }
        }
        error!(event, "webhook given up, event lost");
    }

    async fn post(&self, body: &str) -> reqwest::Result<StatusCode> {
        let response = self
            .client
            .post(self.endpoint.clone())
            .headers(self.headers.clone())
            .body(body.to_owned())
            .send()
            .await?;
        Ok(response.status())
    }
}
