//! One request, from end to end: the right path and method, the handler, the answer, the log.

use std::convert::Infallible;
use std::time::Instant;

use http::header::ALLOW;
use http::{HeaderValue, Method};
use lambda_http::request::RequestContext;
use lambda_http::{Body, Request, RequestExt, Response};

use super::error::{ApiError, ErrorCode};
use super::response::{REQUEST_ID, problem};
use crate::telemetry;

/// Where a function answers.
#[derive(Clone, Copy, Debug)]
pub struct Endpoint {
    /// The paths, as the client sees them.
    pub paths: &'static [&'static str],
    /// The methods, as the `Allow` header has them: `POST`, or `GET, POST`.
    pub methods: &'static str,
}

impl Endpoint {
    fn admit(&self, request: &Request) -> Result<(), ApiError> {
        if !self.paths.contains(&request.raw_http_path()) {
            return Err(ApiError::new(
                ErrorCode::NotFound,
                "Nothing answers at this path.",
            ));
        }
        if !self.allows(request.method()) {
            let error = ApiError::new(
                ErrorCode::MethodNotAllowed,
                format!("This path answers to {} alone.", self.methods),
            );
            return Err(error.with(ALLOW, HeaderValue::from_static(self.methods)));
        }
        Ok(())
    }

    fn allows(&self, method: &Method) -> bool {
        self.methods
            .split(", ")
            .any(|allowed| allowed == method.as_str())
    }
}

/// Answers a request by `handle`, and logs it: every error becomes a response, so that an
/// invocation never fails.
///
/// # Errors
/// Never.
pub async fn respond(
    endpoint: Endpoint,
    request: Request,
    handle: impl AsyncFnOnce(Request) -> Result<Response<Body>, ApiError>,
) -> Result<Response<Body>, Infallible> {
    let started = Instant::now();
    let id = request_id(&request);
    let method = request.method().clone();
    let path = request.raw_http_path().to_owned();
    let answer = match endpoint.admit(&request) {
        Ok(()) => handle(request).await,
        Err(error) => Err(error),
    };
    let code = answer
        .as_ref()
        .err()
        .map(|error| error.code.on_the_wire().0);
    let mut response = match answer {
        Ok(response) => response,
        Err(error) => {
            if let Some(cause) = &error.cause {
                let cause = telemetry::chain(cause.as_ref());
                tracing::error!(request.id = id, error = cause, "a request failed");
            }
            problem(&error, &id)
        }
    };
    if let Ok(id) = HeaderValue::from_str(&id) {
        response.headers_mut().insert(REQUEST_ID, id);
    }
    tracing::info!(
        request.id = id,
        http.method = %method,
        http.path = path,
        http.status = response.status().as_u16(),
        code,
        duration_ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX),
        "answered"
    );
    Ok(response)
}

/// The gateway's id of the request, or else the runtime's.
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
