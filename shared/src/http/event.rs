//! Converts API Gateway's events into requests, and responses into API Gateway's form.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::header::{HOST, SET_COOKIE};
use lambda_http::aws_lambda_events::apigw::{ApiGatewayV2httpRequest, ApiGatewayV2httpResponse};
use lambda_http::request::LambdaRequest;
use lambda_http::{Body, Request, Response};
use serde_json::Value;

/// Longer than any path of the API, in bytes.
const LONGEST_PATH: usize = 2048;

/// The event is not one of API Gateway's.
#[derive(Debug, thiserror::Error)]
#[error("the event cannot be read")]
pub struct InvalidEvent(#[source] serde_json::Error);

/// Converts an event to a request without a host, a scheme and a query. It accepts every request, however
/// odd.
///
/// `lambda_http` builds a URL from what the client sent, and panics if it is invalid. No function reads that
/// URL, so everything that could make it invalid is left out.
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

/// A body that is not valid base64 stays as it is. It is refused when somebody parses it.
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

/// A response in API Gateway's form.
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

#[cfg(test)]
mod tests {
    use lambda_http::RequestExt;
    use serde_json::json;

    use super::*;

    fn event() -> Value {
        let event = include_str!("../../../functions/login/events/login.json");
        serde_json::from_str(event).unwrap()
    }

    /// Each of these made `lambda_http` panic, or would with a gateway that lets it through.
    #[test]
    fn no_request_makes_the_conversion_panic() {
        let long = "x".repeat(70_000);
        for host in ["a b", "[::1", "x:99999", "x:abc", "", "\u{7f}", &long] {
            let mut event = event();
            event["headers"]["host"] = host.into();
            assert_answerable(event, "/api-login/login");
        }
        for (member, values) in [
            ("x-forwarded-proto", ["", "://", "a b", "1http", &long]),
            ("content-length", ["", "-1", "many", "9e9", &long]),
        ] {
            for value in values {
                let mut event = event();
                event["headers"][member] = value.into();
                assert_answerable(event, "/api-login/login");
            }
        }
        for query in ["\"", "<", ">", "a b", "\u{7f}", "%", "a=%zz", &long] {
            let mut event = event();
            event["rawQueryString"] = query.into();
            event["queryStringParameters"] = json!({ query: query });
            assert_answerable(event, "/api-login/login");
        }
        for domain in [json!("a b"), json!("[::1"), Value::Null] {
            let mut event = event();
            event["headers"].as_object_mut().unwrap().remove("host");
            event["requestContext"]["domainName"] = domain;
            assert_answerable(event, "/api-login/login");
        }
        for (path, kept) in [
            ("/a b\u{e9}\u{0}?#%", true),
            ("//x:y@z", true),
            ("no slash", false),
            ("", false),
            (&long, false),
        ] {
            let mut event = event();
            event["rawPath"] = path.into();
            assert_answerable(event, if kept { path } else { "" });
        }
    }

    #[track_caller]
    fn assert_answerable(event: Value, path: &str) {
        let host = event["headers"]["host"].as_str().map(str::to_owned);
        // Values that a header cannot hold are refused; all others are passed on.
        match request(event) {
            Ok(request) => {
                assert_eq!(request.raw_http_path(), path);
                let kept = request.headers().get(HOST);
                let kept = kept.and_then(|host| host.to_str().ok().map(str::to_owned));
                assert_eq!(kept, host);
            }
            Err(error) => assert_eq!(host.as_deref(), Some("\u{7f}"), "{error}"),
        }
    }

    #[test]
    fn a_body_in_base64_is_decoded_and_what_is_none_makes_no_sense_to_anybody() {
        for (body, encoded, read) in [
            (json!("eyJhIjoxfQ=="), true, &b"{\"a\":1}"[..]),
            (json!("eyJhIjoxfQ=="), false, b"eyJhIjoxfQ=="),
            (json!("not base64!"), true, b"not base64!"),
            (Value::Null, true, b""),
            (Value::Null, false, b""),
        ] {
            let mut event = event();
            event["body"] = body;
            event["isBase64Encoded"] = encoded.into();
            let request = request(event).unwrap();
            let bytes: &[u8] = request.body();
            assert_eq!(bytes, read);
        }
    }

    #[test]
    fn what_is_no_event_is_an_error() {
        for event in [
            json!(null),
            json!([]),
            json!({}),
            json!({ "version": "2.0" }),
        ] {
            assert!(request(event.clone()).is_err(), "{event}");
        }
    }

    #[test]
    fn cookies_are_apart_from_other_headers() {
        let made = Response::builder()
            .status(401)
            .header(SET_COOKIE, "a=1")
            .header(SET_COOKIE, "b=2")
            .header("x-request-id", "7")
            .body(Body::Text("{}".into()));
        let event = serde_json::to_value(response(made.unwrap())).unwrap();
        assert_eq!(event["statusCode"], 401);
        assert_eq!(event["cookies"], json!(["a=1", "b=2"]));
        assert_eq!(event["headers"], json!({ "x-request-id": "7" }));
        assert_eq!(
            (&event["body"], &event["isBase64Encoded"]),
            (&json!("{}"), &json!(false))
        );
    }
}
