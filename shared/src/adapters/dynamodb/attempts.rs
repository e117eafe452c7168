//! Attempts to log in, on DynamoDB: an item for each counter in the table `logins`, gone when nothing
//! has been tried for a while.

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::operation::update_item::builders::UpdateItemFluentBuilder;
use aws_sdk_dynamodb::types::{AttributeValue, ReturnValuesOnConditionCheckFailure};

use super::items::{Item, conditional, number, read_number, read_time, string, time, unavailable};
use super::tables::{EXPIRES_AT, LOGINS};
use crate::domain::{Admission, Counter, Limit, Timestamp};
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

/// What a counter holds.
struct Tally {
    failures: u32,
    last_at: Timestamp,
    expires_at: Timestamp,
}

impl DynamoDbAttempts {
    /// Attempts in `table`.
    pub const fn new(client: Client, table: String) -> Self {
        Self { client, table }
    }

    /// Sends a count; what is there instead, if its condition does not hold.
    async fn count(&self, request: UpdateItemFluentBuilder) -> Result<Option<Tally>, StoreError> {
        let request = request
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        let Err(error) = request.send().await else {
            return Ok(None);
        };
        if let Some(UpdateItemError::ConditionalCheckFailedException(failure)) =
            error.as_service_error()
        {
            let item = failure.item().ok_or(StoreError::Unreadable("failures"))?;
            return tally(item).map(Some);
        }
        Err(unavailable(error))
    }

    /// A request that leaves the counter with one attempt more, made `now`.
    fn one_more(
        &self,
        counter: &Counter,
        limit: &Limit,
        now: Timestamp,
    ) -> UpdateItemFluentBuilder {
        self.client
            .update_item()
            .table_name(&self.table)
            .key(LOGINS.partition_key, key(counter))
            .expression_attribute_names("#expiresAt", EXPIRES_AT)
            .expression_attribute_values(":now", time(now))
            .expression_attribute_values(":until", time(now + limit.memory))
    }

    /// Counts while nobody has to wait: however many do so at once, each is counted.
    async fn count_free(
        &self,
        counter: &Counter,
        limit: &Limit,
        now: Timestamp,
    ) -> Result<Option<Tally>, StoreError> {
        let request = self
            .one_more(counter, limit, now)
            .update_expression(
                "SET failures = if_not_exists(failures, :none) + :one, lastAt = :now, \
                 #expiresAt = :until",
            )
            .condition_expression(
                "attribute_not_exists(failures) OR (failures < :free AND #expiresAt > :now)",
            )
            .expression_attribute_values(":none", number(0))
            .expression_attribute_values(":one", number(1))
            .expression_attribute_values(":free", number(limit.free.into()));
        self.count(request).await
    }

    /// Counts up to `failures`, if nobody has counted since `seen`.
    async fn count_after(
        &self,
        seen: &Tally,
        failures: u32,
        counter: &Counter,
        limit: &Limit,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let request = self
            .one_more(counter, limit, now)
            .update_expression("SET failures = :failures, lastAt = :now, #expiresAt = :until")
            .condition_expression("failures = :seen AND lastAt = :seenAt")
            .expression_attribute_values(":failures", number(failures.into()))
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
            let Some(seen) = self.count_free(counter, limit, now).await? else {
                return Ok(Admission::Admitted);
            };
            // DynamoDB's TTL comes days late.
            let failures = if seen.expires_at > now {
                let next_at = seen.last_at + limit.wait_after(seen.failures);
                if next_at > now {
                    return Ok(Admission::Wait(next_at - now));
                }
                seen.failures.saturating_add(1)
            } else {
                1
            };
            let counted = self.count_after(&seen, failures, counter, limit, now);
            if counted.await? {
                return Ok(Admission::Admitted);
            }
        }
        Ok(Admission::Wait(limit.first_wait))
    }

    async fn take_back(&self, counter: &Counter) -> Result<(), StoreError> {
        let request = self
            .client
            .update_item()
            .table_name(&self.table)
            .key(LOGINS.partition_key, key(counter))
            .update_expression("SET failures = failures - :one")
            .condition_expression("failures > :none")
            .expression_attribute_values(":one", number(1))
            .expression_attribute_values(":none", number(0));
        conditional(request.send().await)?;
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
