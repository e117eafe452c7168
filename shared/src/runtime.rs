//! Runs a function: starts it, and passes events to it until it is stopped.

use std::time::{Duration, SystemTime};

use lambda_http::aws_lambda_events::apigw::ApiGatewayV2httpResponse;
use lambda_http::lambda_runtime::{self, Context, Error, LambdaEvent};
use lambda_http::{Body, RequestExt, Response, service_fn};
use serde_json::Value;

use crate::config::Part;
use crate::deadline::Deadline;
use crate::http::{self, Invocation};
use crate::secrets::Secrets;
use crate::{telemetry, wiring};

/// The part of a function's time that is kept for sending the answer.
const RESERVE: Duration = Duration::from_secs(1);

/// The time for an invocation without a deadline: `cargo lambda watch` sends one in 1970.
const WITHOUT_DEADLINE: Duration = Duration::from_secs(28);

/// Answers the requests of API Gateway with `answer` and a part that is built at start.
///
/// # Errors
/// Whatever keeps the function from starting.
pub async fn serve<P: Part>(
    answer: impl AsyncFn(&P, Invocation) -> Response<Body>,
) -> Result<(), Error> {
    telemetry::init();
    let (secrets, part) = wiring::start::<P>().await?;
    let (secrets, part, answer) = (&secrets, &part, &answer);
    let invoked = move |event| respond(secrets, part, answer, event);
    lambda_runtime::run(service_fn(invoked)).await
}

async fn respond<P>(
    secrets: &Secrets,
    part: &P,
    answer: &impl AsyncFn(&P, Invocation) -> Response<Body>,
    event: LambdaEvent<Value>,
) -> Result<ApiGatewayV2httpResponse, Error> {
    let LambdaEvent { payload, context } = event;
    let deadline = deadline(&context);
    let response = match http::event::request(payload) {
        Ok(request) => {
            let request = request.with_lambda_context(context);
            answer(part, Invocation::new(request, deadline, secrets.clone())).await
        }
        Err(error) => http::refuse(&error.into(), &context.request_id),
    };
    Ok(http::event::response(response))
}

/// Handles the events of a schedule with `handle` and a part that is built at start.
///
/// # Errors
/// Whatever keeps the function from starting.
pub async fn run<P: Part>(
    handle: impl AsyncFn(&P, Deadline) -> Result<Value, Error>,
) -> Result<(), Error> {
    telemetry::init();
    let (secrets, part) = wiring::start::<P>().await?;
    let (secrets, part, handle) = (&secrets, &part, &handle);
    let invoked = async move |event: LambdaEvent<Value>| {
        let deadline = deadline(&event.context);
        secrets.refresh(deadline).await?;
        // Boxed, because otherwise the futures would be nested too deeply for the compiler.
        let handled = deadline.limit(Box::pin(handle(part, deadline))).await;
        handled.unwrap_or_else(|| Err("the time is up".into()))
    };
    lambda_runtime::run(service_fn(invoked)).await
}

/// The deadline of an invocation.
fn deadline(context: &Context) -> Deadline {
    let left = context.deadline().duration_since(SystemTime::now());
    Deadline::after(left.map_or(WITHOUT_DEADLINE, |left| left.saturating_sub(RESERVE)))
}

#[cfg(test)]
mod tests {
    use std::time::UNIX_EPOCH;

    use ::http::HeaderMap;
    use serde_json::json;

    use super::*;

    /// Lambda's context of an invocation with this deadline.
    fn context(until: SystemTime) -> Context {
        let deadline = until.duration_since(UNIX_EPOCH).unwrap().as_millis();
        let mut headers = HeaderMap::new();
        headers.insert("lambda-runtime-aws-request-id", "7".parse().unwrap());
        let deadline = deadline.to_string().parse().unwrap();
        headers.insert("lambda-runtime-deadline-ms", deadline);
        Context::new("7", Default::default(), &headers).unwrap()
    }

    #[test]
    fn an_invocation_ends_before_lambda_ends_it() {
        let ten_seconds = Duration::from_secs(10);
        let left = deadline(&context(SystemTime::now() + ten_seconds)).left();
        assert!(left <= ten_seconds - RESERVE, "{left:?}");
        assert!(left > Duration::ZERO);
    }

    #[test]
    fn a_deadline_in_1970_does_not_count() {
        let left = deadline(&context(UNIX_EPOCH + Duration::from_secs(60))).left();
        assert!(
            left <= WITHOUT_DEADLINE && left > WITHOUT_DEADLINE / 2,
            "{left:?}"
        );
    }

    #[tokio::test]
    async fn an_invalid_event_is_answered_with_a_problem() {
        let answer = async |(): &(), _: Invocation| -> Response<Body> { unreachable!() };
        for payload in [json!(null), json!("x"), json!({ "Records": [] })] {
            let event = LambdaEvent::new(payload, context(UNIX_EPOCH));
            let answered = respond(&Secrets::default(), &(), &answer, event).await;
            let response = serde_json::to_value(answered.unwrap()).unwrap();
            assert_eq!(response["statusCode"], 400);
            let body: Value = serde_json::from_str(response["body"].as_str().unwrap()).unwrap();
            assert_eq!(body["code"], "malformed_request");
            assert_eq!(body["requestId"], "7");
        }
    }
}
