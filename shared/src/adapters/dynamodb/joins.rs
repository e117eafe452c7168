//! The tallies of users' joins, on DynamoDB: an item for each user in the table `logins`. It expires some
//! time after the last join.

use std::collections::HashMap;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::operation::put_item::PutItemError;
use aws_sdk_dynamodb::types::{AttributeValue, ReturnValuesOnConditionCheckFailure};

use super::items::{Item, number, read, read_number, read_time, string, time, unavailable};
use super::tables::{EXPIRES_AT, LOGINS};
use crate::domain::{ConnectionId, JoinId, JoinPlace, JoinTally, SessionId, UserName};
use crate::ports::{JoinTallies, StoreError};

/// The tallies of users' joins, on DynamoDB.
#[derive(Clone, Debug)]
pub struct DynamoDbJoinTallies {
    client: Client,
    table: String,
}

impl DynamoDbJoinTallies {
    /// Tallies in `table`.
    pub const fn new(client: Client, table: String) -> Self {
        Self { client, table }
    }
}

impl JoinTallies for DynamoDbJoinTallies {
    async fn find(&self, user: &UserName) -> Result<JoinTally, StoreError> {
        let request = self
            .client
            .get_item()
            .table_name(&self.table)
            .key(LOGINS.partition_key, key(user))
            .consistent_read(true);
        let answer = request.send().await.map_err(unavailable)?;
        answer.item.as_ref().map_or(Ok(JoinTally::default()), tally)
    }

    async fn replace(
        &self,
        user: &UserName,
        tally: &JoinTally,
    ) -> Result<Option<JoinTally>, StoreError> {
        let request = self
            .client
            .put_item()
            .table_name(&self.table)
            .set_item(Some(item(user, tally)))
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        let request = match tally.version.saturating_sub(1) {
            0 => request
                .condition_expression("attribute_not_exists(#version)")
                .expression_attribute_names("#version", VERSION),
            seen => request
                .condition_expression("#version = :seen")
                .expression_attribute_names("#version", VERSION)
                .expression_attribute_values(":seen", number(seen)),
        };
        let Err(error) = request.send().await else {
            return Ok(None);
        };
        if let Some(PutItemError::ConditionalCheckFailedException(failure)) =
            error.as_service_error()
        {
            // There may be none by now: its time was over.
            let current = failure.item().map(self::tally);
            return current.unwrap_or(Ok(JoinTally::default())).map(Some);
        }
        Err(unavailable(error))
    }
}

const VERSION: &str = "version";

fn key(user: &UserName) -> AttributeValue {
    string(format!("joins#{}", user.as_str()))
}

fn item(user: &UserName, tally: &JoinTally) -> Item {
    let places = tally.places.iter().map(|place| {
        let mut item = HashMap::from([
            ("join".to_owned(), string(place.join.to_string())),
            ("until".to_owned(), time(place.until)),
        ]);
        if let Some((session, connection)) = &place.connection {
            item.insert("sessionId".to_owned(), string(session.as_str()));
            item.insert("connectionId".to_owned(), string(connection.as_str()));
        }
        AttributeValue::M(item)
    });
    HashMap::from([
        (LOGINS.partition_key.to_owned(), key(user)),
        (VERSION.to_owned(), number(tally.version)),
        ("spent".to_owned(), number(tally.spent.into())),
        ("spentAt".to_owned(), time(tally.spent_at)),
        ("places".to_owned(), AttributeValue::L(places.collect())),
        (EXPIRES_AT.to_owned(), time(tally.ends_at())),
    ])
}

fn tally(item: &Item) -> Result<JoinTally, StoreError> {
    let places = item.get("places").and_then(|places| places.as_l().ok());
    let places = places.ok_or(StoreError::Unreadable("places"))?;
    let places = places.iter().map(|value| {
        let item = value.as_m().map_err(|_| StoreError::Unreadable("places"))?;
        place(item)
    });
    Ok(JoinTally {
        version: read_number(item, VERSION)?,
        spent: u32::try_from(read_number(item, "spent")?).unwrap_or(u32::MAX),
        spent_at: read_time(item, "spentAt")?,
        places: places.collect::<Result<_, _>>()?,
    })
}

fn place(item: &Item) -> Result<JoinPlace, StoreError> {
    let connection = match item.contains_key("sessionId") {
        true => Some((
            read(item, "sessionId", SessionId::parse)?,
            read(item, "connectionId", |id| ConnectionId::parse(id).ok())?,
        )),
        false => None,
    };
    Ok(JoinPlace {
        join: read(item, "join", JoinId::parse)?,
        until: read_time(item, "until")?,
        connection,
    })
}
