//! Attempts to log in, on DynamoDB: an item for each counter in the table `logins`, gone when nothing
//! has been tried for a while.

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::operation::update_item::builders::UpdateItemFluentBuilder;
use aws_sdk_dynamodb::types::{AttributeValue, ReturnValue, ReturnValuesOnConditionCheckFailure};

use super::items::{Item, conditional, number, read_number, read_time, string, time, unavailable};
use super::tables::{EXPIRES_AT, LOGINS};
use crate::domain::{Admission, Counter, Limit, Tally, Timestamp};
use crate::ports::{Attempts, StoreError};

/// How often a count is tried again when others count at the same moment. Each loses at most once per
/// free attempt that another one takes, and then has to wait.
const TRIES: u32 = 10;

/// Attempts to log in, on DynamoDB.
#[derive(Clone, Debug)]
pub struct DynamoDbAttempts {
    client: Client,
    table: String,
}

/// What came of counting without a look at what is there.
enum Free {
    /// It was counted, after these.
    Counted(Option<Tally>),
    /// There are too many for that, or they are to be forgotten.
    NotCounted(Tally),
}

impl DynamoDbAttempts {
    /// Attempts in `table`.
    pub const fn new(client: Client, table: String) -> Self {
        Self { client, table }
    }

    fn counting(&self, counter: &Counter) -> UpdateItemFluentBuilder {
        self.client
            .update_item()
            .table_name(&self.table)
            .key(LOGINS.partition_key, key(counter))
            .expression_attribute_names("#expiresAt", EXPIRES_AT)
    }

    /// Counts while nobody has to wait: however many do so at once, each is counted.
    async fn count_free(
        &self,
        counter: &Counter,
        limit: &Limit,
        now: Timestamp,
    ) -> Result<Free, StoreError> {
        let request = self
            .counting(counter)
            .update_expression(
                "SET failures = if_not_exists(failures, :none) + :one, lastAt = :now, \
                 #expiresAt = if_not_exists(#expiresAt, :until)",
            )
            .condition_expression(
                "attribute_not_exists(failures) OR (failures < :free AND #expiresAt > :now)",
            )
            .expression_attribute_values(":none", number(0))
            .expression_attribute_values(":one", number(1))
            .expression_attribute_values(":free", number(limit.free.into()))
            .expression_attribute_values(":now", time(now))
            .expression_attribute_values(":until", time(now + limit.memory))
            // Not UpdatedOld: of what is set to the value that it has, not every DynamoDB says the old one.
            .return_values(ReturnValue::AllOld)
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        let error = match request.send().await {
            Ok(answer) => {
                let before = answer.attributes;
                let before = before.filter(|item| item.contains_key("failures"));
                return Ok(Free::Counted(before.as_ref().map(tally).transpose()?));
            }
            Err(error) => error,
        };
        if let Some(UpdateItemError::ConditionalCheckFailedException(failure)) =
            error.as_service_error()
        {
            let item = failure.item().ok_or(StoreError::Unreadable("failures"))?;
            return tally(item).map(Free::NotCounted);
        }
        Err(unavailable(error))
    }

    /// Puts `tally` there, if nobody has counted since `seen`.
    async fn replace(
        &self,
        counter: &Counter,
        seen: &Tally,
        tally: &Tally,
    ) -> Result<bool, StoreError> {
        let request = self
            .counting(counter)
            .update_expression("SET failures = :failures, lastAt = :at, #expiresAt = :until")
            .condition_expression("failures = :seen AND lastAt = :seenAt")
            .expression_attribute_values(":failures", number(tally.failures.into()))
            .expression_attribute_values(":at", time(tally.last_at))
            .expression_attribute_values(":until", time(tally.expires_at))
            .expression_attribute_values(":seen", number(seen.failures.into()))
            .expression_attribute_values(":seenAt", time(seen.last_at));
        Ok(conditional(request.send().await)?.is_some())
    }
}

impl Attempts for DynamoDbAttempts {
    async fn admit(
        &self,
        counter: &Counter,
        limit: &Limit,
        now: Timestamp,
    ) -> Result<Admission, StoreError> {
        for _ in 0..TRIES {
            let seen = match self.count_free(counter, limit, now).await? {
                Free::Counted(before) => return Ok(Admission::Admitted(before)),
                Free::NotCounted(seen) => seen,
            };
            match limit.count(Some(seen), now) {
                Err(wait) => return Ok(Admission::Wait(wait)),
                Ok(tally) if self.replace(counter, &seen, &tally).await? => {
                    // DynamoDB's TTL comes days late.
                    let before = (seen.expires_at > now).then_some(seen);
                    return Ok(Admission::Admitted(before));
                }
                Ok(_) => (),
            }
        }
        Ok(Admission::Wait(limit.first_wait))
    }

    async fn take_back(&self, counter: &Counter, before: Option<&Tally>) -> Result<(), StoreError> {
        let mut request = self
            .client
            .update_item()
            .table_name(&self.table)
            .key(LOGINS.partition_key, key(counter))
            .condition_expression("failures > :none")
            .expression_attribute_values(":one", number(1))
            .expression_attribute_values(":none", number(0));
        // Others may have counted since, but only while nobody has to wait, when times decide nothing.
        let expression = match before {
            None => "SET failures = failures - :one",
            Some(before) => {
                request = request
                    .expression_attribute_names("#expiresAt", EXPIRES_AT)
                    .expression_attribute_values(":at", time(before.last_at))
                    .expression_attribute_values(":until", time(before.expires_at));
                "SET failures = failures - :one, lastAt = :at, #expiresAt = :until"
            }
        };
        conditional(request.update_expression(expression).send().await)?;
        Ok(())
    }

    async fn forget(&self, counter: &Counter) -> Result<(), StoreError> {
        self.client
            .delete_item()
            .table_name(&self.table)
            .key(LOGINS.partition_key, key(counter))
            .send()
            .await
            .map_err(unavailable)?;
        Ok(())
    }
}

fn key(counter: &Counter) -> AttributeValue {
    string(format!("attempts#{counter}"))
}

fn tally(item: &Item) -> Result<Tally, StoreError> {
    let failures = read_number(item, "failures")?;
    Ok(Tally {
        failures: u32::try_from(failures).unwrap_or(u32::MAX),
        last_at: read_time(item, "lastAt")?,
        expires_at: read_time(item, EXPIRES_AT)?,
    })
}
