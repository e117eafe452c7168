//! The store of calls in memory. Each method takes effect at one moment, as a single-item write does.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use shared::domain::{
    ConnectionId, RecordedToken, Removal, Session, SessionId, SessionName, Timestamp, Token,
    TokenRecord, UserName,
};
use shared::ports::{
    CallInventory, CallStore, Cursor, Page, StoreError, SweepRecord, TokenRecords,
};

/// Calls and tokens in memory.
#[derive(Debug)]
pub struct MemoryCalls {
    contents: Mutex<CallRecords>,
    sweep: Mutex<Option<SweepRecord>>,
    page_size: usize,
}

impl Default for MemoryCalls {
    fn default() -> Self {
        CallRecords::default().into()
    }
}

/// The records of calls.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct CallRecords {
    /// The open calls.
    pub sessions: BTreeMap<SessionName, Session>,
    /// The tokens handed out.
    pub tokens: BTreeMap<(SessionName, Token), TokenRecord>,
}

impl From<CallRecords> for MemoryCalls {
    fn from(records: CallRecords) -> Self {
        Self {
            contents: Mutex::new(records),
            sweep: Mutex::default(),
            page_size: usize::MAX,
        }
    }
}

impl MemoryCalls {
    /// The same calls, read in pages of this many records.
    pub fn with_pages_of(self, page_size: usize) -> Self {
        Self { page_size, ..self }
    }

    /// Loses all records, including the sweep's own.
    pub fn clear(&self) {
        *self.lock() = CallRecords::default();
        *lock(&self.sweep) = None;
    }

    /// What is on record now.
    pub fn records(&self) -> CallRecords {
        self.lock().clone()
    }

    /// What is on record at the end.
    pub fn into_records(self) -> CallRecords {
        let contents = self.contents.into_inner();
        contents.unwrap_or_else(PoisonError::into_inner)
    }

    fn lock(&self) -> MutexGuard<'_, CallRecords> {
        lock(&self.contents)
    }
}

pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl CallStore for MemoryCalls {
    async fn find_or_open(
        &self,
        name: &SessionName,
        candidate: &SessionId,
        now: Timestamp,
        expires_at: Timestamp,
    ) -> Result<Session, StoreError> {
        let mut contents = self.lock();
        let session = contents
            .sessions
            .entry(name.clone())
            .or_insert_with(|| Session {
                name: name.clone(),
                id: candidate.clone(),
                version: 0,
                opened_at: now,
                expires_at,
            });
        Ok(session.clone())
    }

    async fn find(
        &self,
        name: &SessionName,
        now: Timestamp,
    ) -> Result<Option<Session>, StoreError> {
        let session = self.lock().sessions.get(name).cloned();
        Ok(session.filter(|session| session.expires_at > now))
    }

    async fn record(&self, token: &TokenRecord) -> Result<(), StoreError> {
        let key = (token.session_name.clone(), token.connection.token.clone());
        self.lock().tokens.insert(key, token.clone());
        Ok(())
    }

    async fn confirm(
        &self,
        name: &SessionName,
        id: &SessionId,
        expires_at: Timestamp,
    ) -> Result<bool, StoreError> {
        match self.lock().sessions.get_mut(name) {
            Some(session) if session.id == *id => {
                session.version += 1;
                session.expires_at = expires_at;
                Ok(true)
            }
            Some(_) | None => Ok(false),
        }
    }

    async fn find_token(
        &self,
        name: &SessionName,
        token: &Token,
    ) -> Result<Option<TokenRecord>, StoreError> {
        let key = (name.clone(), token.clone());
        Ok(self.lock().tokens.get(&key).cloned())
    }

    async fn remove(
        &self,
        name: &SessionName,
        token: &Token,
        owner: Option<&UserName>,
    ) -> Result<Removal, StoreError> {
        let mut contents = self.lock();
        let key = (name.clone(), token.clone());
        Ok(match contents.tokens.remove(&key) {
            None => Removal::NotThere,
            Some(record) if owner.is_some_and(|owner| *owner != record.user) => {
                contents.tokens.insert(key, record);
                Removal::NotYours
            }
            Some(record) => Removal::Removed(record.into()),
        })
    }

    async fn find_by_connection(
        &self,
        name: &SessionName,
        id: &ConnectionId,
    ) -> Result<Option<RecordedToken>, StoreError> {
        let contents = self.lock();
        let mut tokens = contents.tokens.values();
        let found = tokens.find(|token| token.session_name == *name && token.connection.id == *id);
        Ok(found.cloned().map(RecordedToken::from))
    }

    async fn has_tokens(&self, name: &SessionName, now: Timestamp) -> Result<bool, StoreError> {
        let contents = self.lock();
        let mut alive = contents
            .tokens
            .values()
            .filter(|token| token.expires_at > now);
        Ok(alive.any(|token| token.session_name == *name))
    }

    async fn close(&self, session: &Session) -> Result<bool, StoreError> {
        let mut contents = self.lock();
        let unchanged = contents
            .sessions
            .get(&session.name)
            .is_some_and(|now| now.id == session.id && now.version == session.version);
        if unchanged {
            contents.sessions.remove(&session.name);
        }
        Ok(unchanged)
    }
}

impl CallInventory for MemoryCalls {
    async fn tokens(&self, name: &SessionName) -> Result<TokenRecords, StoreError> {
        let contents = self.lock();
        let tokens = contents
            .tokens
            .values()
            .filter(|token| token.session_name == *name);
        Ok(TokenRecords {
            readable: tokens.cloned().collect(),
            unreadable: 0,
        })
    }

    async fn page(&self, after: Option<&Cursor>) -> Result<Page, StoreError> {
        let contents = self.lock();
        // In the order of the real store: by call, and within a call the session first.
        let sessions = contents.sessions.values().map(|session| {
            let key = (session.name.as_str(), "#session");
            (key, Record::Session(session))
        });
        let tokens = contents.tokens.iter().map(|((name, token), record)| {
            let key = (name.as_str(), token.key());
            (key, Record::Token(record))
        });
        let mut records: BTreeMap<_, _> = sessions.chain(tokens).collect();
        let after = after.map(|cursor| (cursor.session_name.as_str(), cursor.record.as_str()));
        records.retain(|key, _| after.is_none_or(|after| *key > after));

        let mut page = Page::default();
        let is_last = records.len() <= self.page_size;
        for (key, record) in records.into_iter().take(self.page_size) {
            match record {
                Record::Session(session) => page.sessions.push(session.clone()),
                Record::Token(token) => page.tokens.push(token.clone()),
            }
            page.next = (!is_last).then(|| Cursor {
                session_name: key.0.to_owned(),
                record: key.1.to_owned(),
            });
        }
        Ok(page)
    }

    async fn prolong_call(
        &self,
        name: &SessionName,
        id: &SessionId,
        expires_at: Timestamp,
    ) -> Result<(), StoreError> {
        let mut contents = self.lock();
        let session = contents.sessions.get_mut(name);
        if let Some(session) = session.filter(|session| session.id == *id) {
            session.expires_at = expires_at;
        }
        Ok(())
    }

    async fn prolong_token(
        &self,
        name: &SessionName,
        token: &Token,
        expires_at: Timestamp,
    ) -> Result<(), StoreError> {
        let key = (name.clone(), token.clone());
        let mut contents = self.lock();
        let token = contents.tokens.get_mut(&key);
        if let Some(token) = token.filter(|token| !token.is_ended()) {
            token.expires_at = expires_at;
        }
        Ok(())
    }

    async fn sweep_record(&self) -> Result<Option<SweepRecord>, StoreError> {
        Ok(lock(&self.sweep).clone())
    }

    async fn keep_sweep_record(&self, record: &SweepRecord) -> Result<(), StoreError> {
        *lock(&self.sweep) = Some(record.clone());
        Ok(())
    }
}

/// One record, of either kind.
enum Record<'a> {
    Session(&'a Session),
    Token(&'a TokenRecord),
}
