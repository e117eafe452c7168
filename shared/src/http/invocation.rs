//! One request with its time and deadline.

use std::time::Duration;

use lambda_http::request::RequestContext;
use lambda_http::{Request, RequestExt};
use tokio::time::Instant;

use super::error::ApiError;
use crate::deadline::Deadline;
use crate::domain::Timestamp;
use crate::secrets::Secrets;
use crate::system;

/// One request to answer.
#[derive(Debug)]
pub struct Invocation {
    /// The request.
    pub request: Request,
    /// When it arrived.
    pub now: Timestamp,
    pub deadline: Deadline,
    request_id: String,
    secrets: Secrets,
    started: Instant,
}

impl Invocation {
    /// A request that has just arrived.
    pub fn new(request: Request, deadline: Deadline, secrets: Secrets) -> Self {
        Self {
            request_id: request_id(&request),
            request,
            now: system::now(),
            deadline,
            secrets,
            started: Instant::now(),
        }
    }

    /// The same request, to be answered within `time` from now.
    pub fn within(self, time: Duration) -> Self {
        Self {
            deadline: self.deadline.min(Deadline::after(time)),
            ..self
        }
    }

    /// The deadline for the video server. A quarter of the time stays for the records, where failed
    /// steps have to be taken back.
    pub fn video_deadline(&self) -> Deadline {
        Deadline::after(self.deadline.left() * 3 / 4)
    }

    /// The path, as the client sees it.
    pub fn path(&self) -> &str {
        self.request.raw_http_path()
    }

    /// The request's id in the log and for the client: the gateway's, or else the runtime's.
    pub(super) fn request_id(&self) -> &str {
        &self.request_id
    }

    pub(super) fn elapsed(&self) -> Duration {
        self.started.elapsed()
    }

    /// Checks whether secrets have changed, if it is time. This takes at most half of the time, so
    /// that the old ones can be used if the new ones do not arrive.
    pub(super) async fn refresh_secrets(&self) -> Result<(), ApiError> {
        let half = Deadline::after(self.deadline.left() / 2);
        Ok(self.secrets.refresh(half).await?)
    }
}

fn request_id(request: &Request) -> String {
    let gateway = match request.request_context_ref() {
        Some(RequestContext::ApiGatewayV2(context)) => context.request_id.clone(),
        _ => None,
    };
    gateway
        .or_else(|| {
            let context = request.lambda_context_ref();
            context.map(|context| context.request_id.clone())
        })
        .unwrap_or_default()
}
