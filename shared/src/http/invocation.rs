//! One request, with what belongs to it: the time, and how much of it is left.

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
    /// When it came.
    pub now: Timestamp,
    /// When it must be answered.
    pub deadline: Deadline,
    request_id: String,
    secrets: Secrets,
    started: Instant,
}

impl Invocation {
    /// A request that has come just now.
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

    /// The same, to be answered within `time` from now.
    pub fn within(self, time: Duration) -> Self {
        Self {
            deadline: self.deadline.min(Deadline::after(time)),
            ..self
        }
    }

    /// Until when the video server may take: a quarter of the time stays for the records, where what
    /// failed has to be taken back.
    pub fn video_deadline(&self) -> Deadline {
        Deadline::after(self.deadline.left() * 3 / 4)
    }

    /// The path, as the client sees it.
    pub fn path(&self) -> &str {
        self.request.raw_http_path()
    }

    /// How the log and the client call the request: the gateway's id of it, or else the runtime's.
    pub(super) fn request_id(&self) -> &str {
        &self.request_id
    }

    pub(super) fn elapsed(&self) -> Duration {
        self.started.elapsed()
    }

    /// Looks whether secrets have changed, if it is time. At most half of the time goes into it, so that the
    /// old ones can serve if the new ones do not come.
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
