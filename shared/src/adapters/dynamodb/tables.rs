//! The tables: keys, index and TTL, for programs that create them.

use std::time::Duration;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::client::Waiters;
use aws_sdk_dynamodb::error::DisplayErrorContext;
use aws_sdk_dynamodb::types::{
    AttributeDefinition, BillingMode, KeySchemaElement, KeyType, LocalSecondaryIndex, Projection,
    ProjectionType, ScalarAttributeType, TimeToLiveSpecification,
};

/// The attribute with the time from which a record no longer counts, in seconds since the Unix
/// epoch.
pub const EXPIRES_AT: &str = "expiresAt";

/// The index of `calls` by connection.
pub const BY_CONNECTION: &str = "byConnection";

/// The names of the tables in this environment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TableNames {
    /// Open calls and tokens.
    pub calls: String,
    /// People who may log in.
    pub users: String,
    /// Logins that were ended, and counts of attempts to log in and of joins.
    pub logins: String,
}

/// The shape of one table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TableShape {
    /// The name of the partition key, a string.
    pub partition_key: &'static str,
    /// The name of the sort key, a string.
    pub sort_key: Option<&'static str>,
    /// The name and sort key (a string) of a local secondary index that projects all attributes.
    pub index: Option<(&'static str, &'static str)>,
    /// Do its records expire, at [`EXPIRES_AT`]?
    pub expires: bool,
}

pub const CALLS: TableShape = TableShape {
    partition_key: "sessionName",
    sort_key: Some("token"),
    index: Some((BY_CONNECTION, "connectionId")),
    expires: true,
};

pub const USERS: TableShape = TableShape {
    partition_key: "user",
    sort_key: None,
    index: None,
    expires: false,
};

pub const LOGINS: TableShape = TableShape {
    partition_key: "id",
    sort_key: None,
    index: None,
    expires: true,
};

/// A table could not be created.
#[derive(Debug, thiserror::Error)]
#[error("could not make the table {table}: {reason}")]
pub struct CreateTableError {
    table: String,
    reason: String,
}

/// Creates the missing tables, and waits until all are usable.
///
/// # Errors
/// [`CreateTableError`] for the first that cannot be created.
pub async fn create(client: &Client, names: &TableNames) -> Result<(), CreateTableError> {
    for (name, shape) in [
        (&names.calls, CALLS),
        (&names.users, USERS),
        (&names.logins, LOGINS),
    ] {
        create_one(client, name, shape)
            .await
            .map_err(|reason| CreateTableError {
                table: name.clone(),
                reason,
            })?;
    }
    Ok(())
}

async fn create_one(client: &Client, name: &str, shape: TableShape) -> Result<(), String> {
    let mut request = client
        .create_table()
        .table_name(name)
        .billing_mode(BillingMode::PayPerRequest)
        .set_key_schema(Some(keys(shape.partition_key, shape.sort_key)?));
    let index_key = shape.index.map(|(_, key)| key);
    for key in [Some(shape.partition_key), shape.sort_key, index_key]
        .into_iter()
        .flatten()
    {
        let attribute = AttributeDefinition::builder()
            .attribute_name(key)
            .attribute_type(ScalarAttributeType::S)
            .build()
            .map_err(|error| error.to_string())?;
        request = request.attribute_definitions(attribute);
    }
    if let Some((index, key)) = shape.index {
        let index = LocalSecondaryIndex::builder()
            .index_name(index)
            .set_key_schema(Some(keys(shape.partition_key, Some(key))?))
            .projection(
                Projection::builder()
                    .projection_type(ProjectionType::All)
                    .build(),
            )
            .build()
            .map_err(|error| error.to_string())?;
        request = request.local_secondary_indexes(index);
    }
    match request.send().await {
        Ok(_) => (),
        Err(error)
            if error
                .as_service_error()
                .is_some_and(|e| e.is_resource_in_use_exception()) =>
        {
            return Ok(());
        }
        Err(error) => return Err(DisplayErrorContext(&error).to_string()),
    }
    client
        .wait_until_table_exists()
        .table_name(name)
        .wait(Duration::from_secs(60))
        .await
        .map_err(|error| DisplayErrorContext(&error).to_string())?;
    if shape.expires {
        let ttl = TimeToLiveSpecification::builder()
            .attribute_name(EXPIRES_AT)
            .enabled(true)
            .build()
            .map_err(|error| error.to_string())?;
        let request = client
            .update_time_to_live()
            .table_name(name)
            .time_to_live_specification(ttl);
        request
            .send()
            .await
            .map_err(|error| DisplayErrorContext(&error).to_string())?;
    }
    Ok(())
}

fn keys(partition: &str, sort: Option<&str>) -> Result<Vec<KeySchemaElement>, String> {
    let key = |name: &str, kind: KeyType| {
        KeySchemaElement::builder()
            .attribute_name(name)
            .key_type(kind)
            .build()
            .map_err(|error| error.to_string())
    };
    let mut keys = vec![key(partition, KeyType::Hash)?];
    if let Some(sort) = sort {
        keys.push(key(sort, KeyType::Range)?);
    }
    Ok(keys)
}
