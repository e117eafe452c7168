//! API Gateway's events as requests, and responses as it wants them.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::header::{HOST, SET_COOKIE};
use lambda_http::aws_lambda_events::apigw::{ApiGatewayV2httpRequest, ApiGatewayV2httpResponse};
use lambda_http::request::LambdaRequest;
use lambda_http::{Body, Request, Response};
use serde_json::Value;

/// No path of ours comes near this many bytes.
const LONGEST_PATH: usize = 2048;

/// The event is not one of API Gateway's.
#[derive(Debug, thiserror::Error)]
#[error("the event cannot be read")]
pub struct InvalidEvent(#[source] serde_json::Error);

/// The request of an event. It has no host, no scheme and no query, and no request is too odd for it.
///
/// The conversion of `lambda_http` builds a URL out of what the client wrote, and panics if that is none.
/// No function reads that URL, so what could spoil it is left out.
///
/// # Errors
/// [`InvalidEvent`]
pub fn request(event: Value) -> Result<Request, InvalidEvent> {
    let mut event: ApiGatewayV2httpRequest = serde_json::from_value(event).map_err(InvalidEvent)?;
    let host = event.headers.remove(HOST);
    event.request_context.domain_name = None;
    event.raw_query_string = None;
    let is_path = |path: &String| path.starts_with('/') && path.len() <= LONGEST_PATH;
    event.raw_path = event.raw_path.filter(is_path);
    let body = body(&mut event);
    let mut request = Request::from(LambdaRequest::ApiGatewayV2(event));
    if let Some(host) = host {
        request.headers_mut().insert(HOST, host);
    }
    *request.body_mut() = body;
    Ok(request)
}

/// Text in base64 that is not base64 stays as it is, and makes no sense to anybody who reads it.
fn body(event: &mut ApiGatewayV2httpRequest) -> Body {
    let Some(text) = event.body.take() else {
        return Body::Empty;
    };
    let bytes = event.is_base64_encoded.then(|| STANDARD.decode(&text).ok());
    match bytes.flatten() {
        Some(bytes) => Body::Binary(bytes),
        None => Body::Text(text),
    }
}

/// A response as API Gateway wants it.
pub fn response(response: Response<Body>) -> ApiGatewayV2httpResponse {
    let (mut parts, body) = response.into_parts();
    let cookies = parts.headers.get_all(SET_COOKIE).into_iter();
    let cookies = cookies.filter_map(|cookie| cookie.to_str().ok().map(str::to_owned));
    let mut event = ApiGatewayV2httpResponse::default();
    event.cookies = cookies.collect();
    parts.headers.remove(SET_COOKIE);
    event.headers = parts.headers;
    event.status_code = parts.status.as_u16().into();
    event.body = (body != Body::Empty).then_some(body);
    event
}
