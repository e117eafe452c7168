//! One suite for all stores of calls: in memory, on embedded DynamoDB, and on any DynamoDB whose
//! URL is in `DYNAMODB_URL` (with the region and credentials from the environment).

#![expect(clippy::unwrap_used, reason = "a test that panics has failed")]

mod calls;
mod inventory;
mod versions;

use shared::adapters::dynamodb::DynamoDbCalls;
use shared::domain::{
    Connection, ConnectionId, Role, SessionId, SessionName, Timestamp, Token, TokenRecord, UserName,
};
use testing::MemoryCalls;
use testing::installation;

use testing::Tables;

pub(crate) const NOW: Timestamp = Timestamp::from_unix_seconds(1_800_000_000);
pub(crate) const LATER: Timestamp = Timestamp::from_unix_seconds(1_800_000_100);

/// So few records per page that every list has several pages.
pub(crate) const PAGE: usize = 2;

pub(crate) async fn dynamodb_calls() -> DynamoDbCalls {
    let tables = Tables::new().await;
    let page_size = i32::try_from(PAGE).unwrap();
    DynamoDbCalls::with_pages_of(page_size, tables.client, tables.names.calls)
}

pub(crate) fn memory_calls() -> MemoryCalls {
    MemoryCalls::default().with_pages_of(PAGE)
}

pub(crate) fn name(text: &str) -> SessionName {
    SessionName::parse(text).unwrap()
}

pub(crate) fn session_id(name: &SessionName, random: u64) -> SessionId {
    SessionId::new(name, &installation(), random)
}

pub(crate) fn user(text: &str) -> UserName {
    UserName::parse(text).unwrap()
}

pub(crate) fn record(call: &SessionName, id: &SessionId, token: &str, owner: &str) -> TokenRecord {
    TokenRecord {
        session_name: call.clone(),
        session_id: id.clone(),
        connection: Connection {
            id: ConnectionId::parse(&format!("con_{token}")).unwrap(),
            token: Token::parse(&format!("wss://host?sessionId={id}&token=tok_{token}")).unwrap(),
        },
        role: Role::Publisher,
        user: user(owner),
        issued_at: NOW,
        expires_at: LATER,
    }
}

/// Runs a check on every store.
macro_rules! on_every_store {
    ($($check:ident),+ $(,)?) => {
        mod in_memory {
            $(#[tokio::test]
            async fn $check() {
                super::$check(crate::memory_calls()).await;
            })+
        }
        mod on_dynamodb {
            $(#[tokio::test(flavor = "multi_thread")]
            async fn $check() {
                super::$check(crate::dynamodb_calls().await).await;
            })+
        }
    };
}

pub(crate) use on_every_store;
