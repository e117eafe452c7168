//! The items of the table `calls`: each record to its item and back, so that each attribute has its name
//! in one place. Only expressions name some of them again.

use super::items::{Item, read, read_number, read_time, string, time};
use super::tables::{CALLS, EXPIRES_AT};
use crate::chain;
use crate::domain::{
    Connection, ConnectionId, RecordedToken, Role, Session, SessionId, SessionName, Token,
    TokenRecord, UserName,
};
use crate::ports::{Cursor, StoreError, SweepRecord};

/// The sort key: the token, or what tells the other records from tokens.
pub(super) const TOKEN: &str = "token";

/// The sort key of a call's session record. Tokens begin with a letter or digit, which sort after it.
pub(super) const SESSION: &str = "#session";

/// The partition of the sweep's own record. No call's name has a control character.
const SWEEP: &str = "\u{1}sweep";

const SESSION_ID: &str = "sessionId";
const CONNECTION_ID: &str = "connectionId";
const ROLE: &str = "role";
const USER: &str = "user";
const ISSUED_AT: &str = "issuedAt";
const SINCE: &str = "since";
const SWEPT_AT: &str = "sweptAt";
const NEXT_SESSION_NAME: &str = "nextSessionName";
const NEXT_TOKEN: &str = "nextToken";
const ORPHANS_AFTER: &str = "orphansAfter";

/// The key of a call's session record.
pub(super) fn session_key(name: &SessionName) -> Item {
    key(name.as_str(), SESSION)
}

/// The key of a token's record.
pub(super) fn token_key(name: &SessionName, token: &Token) -> Item {
    key(name.as_str(), token.key())
}

/// The key of the sweep's own record.
pub(super) fn sweep_key() -> Item {
    key(SWEEP, "#sweep")
}

/// The key of the record at a place.
pub(super) fn cursor_key(cursor: &Cursor) -> Item {
    key(&cursor.session_name, &cursor.record)
}

fn key(partition: &str, record: &str) -> Item {
    Item::from([
        (CALLS.partition_key.to_owned(), string(partition)),
        (TOKEN.to_owned(), string(record)),
    ])
}

/// The place of the record with this key.
pub(super) fn cursor(key: &Item) -> Result<Cursor, StoreError> {
    let text = |name| read(key, name, |text| Some(text.to_owned()));
    Ok(Cursor {
        session_name: text(CALLS.partition_key)?,
        record: text(TOKEN)?,
    })
}

/// The kinds of records.
pub(super) enum Kind {
    Session,
    Token,
    Sweep,
}

impl Kind {
    pub(super) fn of(item: &Item) -> Self {
        let is = |key: &str, value: &str| item.get(key) == Some(&string(value));
        if is(CALLS.partition_key, SWEEP) {
            Self::Sweep
        } else if is(TOKEN, SESSION) {
            Self::Session
        } else {
            Self::Token
        }
    }
}

pub(super) fn session(item: &Item) -> Result<Session, StoreError> {
    Ok(Session {
        name: read(item, CALLS.partition_key, |text| {
            SessionName::parse(text).ok()
        })?,
        id: read(item, SESSION_ID, SessionId::parse)?,
        version: read_number(item, "version")?,
        opened_at: read_time(item, "createdAt")?,
        expires_at: read_time(item, EXPIRES_AT)?,
    })
}

pub(super) fn token_item(record: &TokenRecord) -> Item {
    let mut item = token_key(&record.session_name, &record.connection.token);
    item.extend(
        [
            (SESSION_ID, string(record.session_id.as_str())),
            (CONNECTION_ID, string(record.connection.id.as_str())),
            (ROLE, string(record.role.as_str())),
            (USER, string(record.user.as_str())),
            (ISSUED_AT, time(record.issued_at)),
            (EXPIRES_AT, time(record.expires_at)),
        ]
        .map(|(name, value)| (name.to_owned(), value)),
    );
    item
}

pub(super) fn token_record(item: &Item) -> Result<TokenRecord, StoreError> {
    let RecordedToken {
        session_id,
        connection,
    } = recorded_token(item)?;
    Ok(TokenRecord {
        session_name: read(item, CALLS.partition_key, |text| {
            SessionName::parse(text).ok()
        })?,
        session_id,
        connection,
        role: read(item, ROLE, |text| Role::parse(text).ok())?,
        user: read(item, USER, |text| UserName::parse(text).ok())?,
        issued_at: read_time(item, ISSUED_AT)?,
        expires_at: read_time(item, EXPIRES_AT)?,
    })
}

pub(super) fn recorded_token(item: &Item) -> Result<RecordedToken, StoreError> {
    Ok(RecordedToken {
        session_id: read(item, SESSION_ID, SessionId::parse)?,
        connection: Connection {
            id: read(item, CONNECTION_ID, |text| ConnectionId::parse(text).ok())?,
            token: read(item, TOKEN, |text| Token::parse(text).ok())?,
        },
    })
}

pub(super) fn sweep_item(record: &SweepRecord) -> Item {
    let mut item = sweep_key();
    item.insert(SINCE.to_owned(), time(record.since));
    if let Some(swept_at) = record.swept_at {
        item.insert(SWEPT_AT.to_owned(), time(swept_at));
    }
    if let Some(cursor) = &record.next_page {
        item.insert(NEXT_SESSION_NAME.to_owned(), string(&cursor.session_name));
        item.insert(NEXT_TOKEN.to_owned(), string(&cursor.record));
    }
    if let Some(id) = &record.orphans_after {
        item.insert(ORPHANS_AFTER.to_owned(), string(id.as_str()));
    }
    item
}

/// Nothing in it is worth a failure: what cannot be read begins anew.
pub(super) fn sweep_record(item: &Item) -> Option<SweepRecord> {
    let text = |name| read(item, name, |text| Some(text.to_owned())).ok();
    let next_page = text(NEXT_SESSION_NAME).zip(text(NEXT_TOKEN));
    Some(SweepRecord {
        since: read_time(item, SINCE).ok()?,
        swept_at: read_time(item, SWEPT_AT).ok(),
        next_page: next_page.map(|(session_name, record)| Cursor {
            session_name,
            record,
        }),
        orphans_after: read(item, ORPHANS_AFTER, SessionId::parse).ok(),
    })
}

/// Names a record that cannot be read, without its token.
pub(super) fn log_unreadable(item: &Item, error: &StoreError) {
    let text = |attribute| item.get(attribute).and_then(|value| value.as_s().ok());
    tracing::error!(
        error = chain(error),
        session.name = text(CALLS.partition_key).map(String::as_str),
        connection.id = text(CONNECTION_ID).map(String::as_str),
        "a record cannot be read"
    );
}
