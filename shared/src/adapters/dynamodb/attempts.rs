//! Attempts to log in, on DynamoDB: an item for each counter in the table `logins`, which expires
//! when nothing has been tried for a while.
//!
//! `counted` is the number of attempts that have failed or are pending; `pending` is how many of
//! them are pending. So one condition on `counted` limits both, and no request has to add them up.

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::operation::update_item::builders::UpdateItemFluentBuilder;
use aws_sdk_dynamodb::types::{AttributeValue, ReturnValue, ReturnValuesOnConditionCheckFailure};

use super::items::{Item, conditional, number, read_number, read_time, string, time, unavailable};
use super::tables::{EXPIRES_AT, LOGINS};
use crate::domain::{
    Admission, Counter, LONGEST_ATTEMPT, Limit, Outcome, Place, Refusal, Tally, Timestamp,
};
use crate::ports::{Attempts, StoreError};

/// How often an attempt is begun again when others change the counter at the same moment.
const TRIES: u32 = 10;

/// Attempts to log in, on DynamoDB.
#[derive(Clone, Debug)]
pub struct DynamoDbAttempts {
    client: Client,
    table: String,
}

/// The result of beginning an attempt without reading the counter first.
enum Free {
    Begun(Place),
    /// There are too many for that, or the failures are to be forgotten.
    NotBegun(Tally),
}

impl DynamoDbAttempts {
    pub const fn new(client: Client, table: String) -> Self {
        Self { client, table }
    }

    fn update(&self, counter: &Counter) -> UpdateItemFluentBuilder {
        self.client
            .update_item()
            .table_name(&self.table)
            .key(LOGINS.partition_key, key(counter))
    }

    /// Begins an attempt while nobody has to wait. However many do so at once, each is counted.
    async fn begin_free(
        &self,
        counter: &Counter,
        limit: &Limit,
        now: Timestamp,
    ) -> Result<Free, StoreError> {
        let request = self
            .update(counter)
            .update_expression(
                "SET counted = if_not_exists(counted, :none) + :one, \
                 pending = if_not_exists(pending, :none) + :one, pendingUntil = :pendingUntil, \
                 failedAt = if_not_exists(failedAt, :now), \
                 #expiresAt = if_not_exists(#expiresAt, :until)",
            )
            .condition_expression(
                "attribute_not_exists(counted) OR (counted < :free AND #expiresAt > :now)",
            )
            .expression_attribute_names("#expiresAt", EXPIRES_AT)
            .expression_attribute_values(":none", number(0))
            .expression_attribute_values(":one", number(1))
            .expression_attribute_values(":free", number(limit.free.into()))
            .expression_attribute_values(":now", time(now))
            .expression_attribute_values(":pendingUntil", time(now + LONGEST_ATTEMPT))
            .expression_attribute_values(":until", time(now + limit.memory))
            .return_values(ReturnValue::AllOld)
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        let error = match request.send().await {
            Ok(answer) => {
                let before = answer.attributes.unwrap_or_default();
                let before = match before.contains_key("counted") {
                    true => read_count(&before, "counted")?,
                    false => 0,
                };
                return Ok(Free::Begun(Place { before }));
            }
            Err(error) => error,
        };
        if let Some(UpdateItemError::ConditionalCheckFailedException(failure)) =
            error.as_service_error()
        {
            let item = failure.item().ok_or(StoreError::Unreadable("counted"))?;
            return tally(item).map(Free::NotBegun);
        }
        Err(unavailable(error))
    }

    /// Replaces the tally, if it has not changed since `seen`.
    async fn replace(
        &self,
        counter: &Counter,
        seen: &Tally,
        tally: &Tally,
    ) -> Result<bool, StoreError> {
        let counted = |tally: &Tally| number((tally.failures.saturating_add(tally.pending)).into());
        let request = self
            .update(counter)
            .update_expression(
                "SET counted = :counted, pending = :pending, pendingUntil = :pendingUntil, \
                 #expiresAt = :until",
            )
            .condition_expression(
                "counted = :seenCounted AND pending = :seenPending AND failedAt = :seenAt",
            )
            .expression_attribute_names("#expiresAt", EXPIRES_AT)
            .expression_attribute_values(":counted", counted(tally))
            .expression_attribute_values(":pending", number(tally.pending.into()))
            .expression_attribute_values(":pendingUntil", time(tally.pending_until))
            .expression_attribute_values(":until", time(tally.expires_at))
            .expression_attribute_values(":seenCounted", counted(seen))
            .expression_attribute_values(":seenPending", number(seen.pending.into()))
            .expression_attribute_values(":seenAt", time(seen.failed_at));
        Ok(conditional(request.send().await)?.is_some())
    }

    /// Counts a failure that took so long that its attempt is no longer pending.
    async fn count_late(
        &self,
        counter: &Counter,
        limit: &Limit,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        self.update(counter)
            .update_expression(
                "SET counted = if_not_exists(counted, :none) + :one, failedAt = :now, \
                 pending = if_not_exists(pending, :none), \
                 pendingUntil = if_not_exists(pendingUntil, :now), \
                 #expiresAt = if_not_exists(#expiresAt, :until)",
            )
            .expression_attribute_names("#expiresAt", EXPIRES_AT)
            .expression_attribute_values(":none", number(0))
            .expression_attribute_values(":one", number(1))
            .expression_attribute_values(":now", time(now))
            .expression_attribute_values(":until", time(now + limit.memory))
            .send()
            .await
            .map_err(unavailable)?;
        Ok(())
    }
}

impl Attempts for DynamoDbAttempts {
    async fn begin(
        &self,
        counter: &Counter,
        limit: &Limit,
        now: Timestamp,
    ) -> Result<Admission, StoreError> {
        for _ in 0..TRIES {
            let seen = match self.begin_free(counter, limit, now).await? {
                Free::Begun(place) => return Ok(Admission::Admitted(place)),
                Free::NotBegun(seen) => seen,
            };
            match limit.begin(Some(seen), now) {
                Err(refusal) => return Ok(Admission::Refused(refusal)),
                Ok((tally, place)) if self.replace(counter, &seen, &tally).await? => {
                    return Ok(Admission::Admitted(place));
                }
                Ok(_) => (),
            }
        }
        Ok(Admission::Refused(Refusal::Busy))
    }

    async fn end(
        &self,
        counter: &Counter,
        limit: &Limit,
        place: Place,
        outcome: Outcome,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let request = self
            .client
            .update_item()
            .table_name(&self.table)
            .key(LOGINS.partition_key, key(counter))
            .condition_expression("pending > :none")
            .expression_attribute_values(":none", number(0))
            .expression_attribute_values(":one", number(1));
        let until = |request: UpdateItemFluentBuilder| {
            request
                .expression_attribute_names("#expiresAt", EXPIRES_AT)
                .expression_attribute_values(":until", time(now + limit.memory))
        };
        let request =
            match outcome {
                Outcome::Uncounted => request
                    .update_expression("SET counted = counted - :one, pending = pending - :one"),
                Outcome::Cleared => until(request).update_expression(
                    "SET counted = pending - :one, pending = pending - :one, #expiresAt = :until",
                ),
                Outcome::Failed => {
                    let request = request.expression_attribute_values(":now", time(now));
                    match place.before < limit.free {
                        true => request
                            .update_expression("SET pending = pending - :one, failedAt = :now"),
                        false => until(request).update_expression(
                            "SET pending = pending - :one, failedAt = :now, #expiresAt = :until",
                        ),
                    }
                }
            };
        let was_pending = conditional(request.send().await)?.is_some();
        if outcome == Outcome::Failed && !was_pending {
            self.count_late(counter, limit, now).await?;
        }
        Ok(())
    }
}

fn key(counter: &Counter) -> AttributeValue {
    string(format!("attempts#{counter}"))
}

fn tally(item: &Item) -> Result<Tally, StoreError> {
    let counted = read_count(item, "counted")?;
    let pending = read_count(item, "pending")?;
    Ok(Tally {
        failures: counted.saturating_sub(pending),
        pending,
        failed_at: read_time(item, "failedAt")?,
        pending_until: read_time(item, "pendingUntil")?,
        expires_at: read_time(item, EXPIRES_AT)?,
    })
}

fn read_count(item: &Item, attribute: &'static str) -> Result<u32, StoreError> {
    let number = read_number(item, attribute)?;
    Ok(u32::try_from(number).unwrap_or(u32::MAX))
}
