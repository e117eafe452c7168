//! What is on record of attempts to log in.

use aws_sdk_dynamodb::types::AttributeValue;
use shared::adapters::dynamodb::tables::LOGINS;

use crate::tables::Tables;

/// How many attempts have failed or are pending at a counter.
pub(crate) async fn counted(tables: &Tables, counter: &str) -> u32 {
    let key = AttributeValue::S(format!("attempts#{counter}"));
    let request = tables
        .client
        .get_item()
        .table_name(&tables.names.logins)
        .key(LOGINS.partition_key, key);
    let item = request.send().await.unwrap().item.unwrap_or_default();
    let counted = item.get("counted").map(|value| value.as_n().unwrap());
    counted.map_or(0, |counted| counted.parse().unwrap())
}
