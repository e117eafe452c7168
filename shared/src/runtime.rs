//! How a function runs: it starts, and is invoked with events until it is stopped.

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

/// What is kept of a function's time for sending the answer.
const RESERVE: Duration = Duration::from_secs(1);

/// How long an invocation may take where nobody says: `cargo lambda watch` sets a deadline in 1970.
const WITHOUT_DEADLINE: Duration = Duration::from_secs(28);

/// Has `answer` answer the requests of API Gateway, by a part that is made at start.
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

/// Has `handle` do what a schedule asks for, by a part that is made at start.
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
        handle(part, deadline).await
    };
    lambda_runtime::run(service_fn(invoked)).await
}

/// When an invocation must have answered.
fn deadline(context: &Context) -> Deadline {
    let left = context.deadline().duration_since(SystemTime::now());
    Deadline::after(left.map_or(WITHOUT_DEADLINE, |left| left.saturating_sub(RESERVE)))
}
