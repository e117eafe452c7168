//! Converts between values and attributes of items.

use std::collections::HashMap;
use std::fmt::Debug;

use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_dynamodb::types::AttributeValue;

use crate::domain::Timestamp;
use crate::ports::StoreError;

/// An item as DynamoDB sends it.
pub(super) type Item = HashMap<String, AttributeValue>;

/// A string attribute.
pub(super) fn string(text: impl Into<String>) -> AttributeValue {
    AttributeValue::S(text.into())
}

/// A number attribute.
pub(super) fn number(number: u64) -> AttributeValue {
    AttributeValue::N(number.to_string())
}

/// A time attribute in seconds, as TTL needs it.
pub(super) fn time(time: Timestamp) -> AttributeValue {
    number(time.unix_seconds())
}

/// Reads a string and parses it.
pub(super) fn read<T>(
    item: &Item,
    attribute: &'static str,
    parse: impl FnOnce(&str) -> Option<T>,
) -> Result<T, StoreError> {
    let text = item.get(attribute).and_then(|value| value.as_s().ok());
    text.and_then(|text| parse(text))
        .ok_or(StoreError::Unreadable(attribute))
}

/// Reads a number.
pub(super) fn read_number(item: &Item, attribute: &'static str) -> Result<u64, StoreError> {
    let digits = item.get(attribute).and_then(|value| value.as_n().ok());
    digits
        .and_then(|digits| digits.parse().ok())
        .ok_or(StoreError::Unreadable(attribute))
}

/// Reads a time.
pub(super) fn read_time(item: &Item, attribute: &'static str) -> Result<Timestamp, StoreError> {
    read_number(item, attribute).map(Timestamp::from_unix_seconds)
}

/// A failed request, for a caller that can only give up.
pub(super) fn unavailable<E, R>(error: SdkError<E, R>) -> StoreError
where
    E: std::error::Error + Send + Sync + 'static,
    R: Debug + Send + Sync + 'static,
{
    StoreError::Unavailable(Box::new(error))
}

/// The same, for a request that the client does not repeat by itself. If it was throttled, no
/// earlier try of it can have taken effect.
pub(super) fn refused_or_unavailable<E, R>(error: SdkError<E, R>) -> StoreError
where
    E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
    R: Debug + Send + Sync + 'static,
{
    match error.code() {
        Some(
            "ProvisionedThroughputExceededException"
            | "RequestLimitExceeded"
            | "ThrottlingException",
        ) => StoreError::Throttled(Box::new(error)),
        Some(_) | None => unavailable(error),
    }
}

/// The answer of a conditional write. `None` if the condition did not hold.
pub(super) fn conditional<O, E, R>(
    answer: Result<O, SdkError<E, R>>,
) -> Result<Option<O>, StoreError>
where
    E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
    R: Debug + Send + Sync + 'static,
{
    match answer {
        Ok(output) => Ok(Some(output)),
        Err(error) if error.code() == Some("ConditionalCheckFailedException") => Ok(None),
        Err(error) => Err(unavailable(error)),
    }
}
