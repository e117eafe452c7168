//! The rule "sweep": what nobody has told us about, put right once a minute.
//!
//! 1. Ask the video server for all that it has, once. If it cannot be asked, change nothing.
//! 2. Look through all records, a page at a time. A call with a token whose connection the server
//!    does not have is reconciled (see `reconcile_call`), and so is one with no token at all, unless
//!    somebody may still be opening it. What the server was asked for in 1 is evidence enough for
//!    tokens older than any join can last; for younger ones it is asked again.
//! 3. A token that nobody has used for ten minutes is given back, as a leave does.
//! 4. A call that is alive, and its tokens, do not run out: their end is pushed on.
//! 5. Sessions that this installation opened, and connections in them, are ended if they are not on
//!    record and older than any join can last. Nobody else's session is ever touched.
//!
//! If time runs out in 2, the next sweep goes on from there.

use crate::chain;
use std::collections::{BTreeMap, BTreeSet};
use std::error::Error;
use std::future::ready;
use std::time::Duration;

use futures_util::stream::{self, StreamExt};

use super::join_call::{CALL_LIFETIME, Participant};
use super::leave_call::{LeaveError, Whom, leave_call};
use super::reconcile_call::{Evidence, ReconcileError, Reconciled, reconcile};
use crate::domain::{
    ConnectionId, Installation, LONGEST_JOIN, Seats, Session, SessionId, SessionName, Timestamp,
    TokenRecord,
};
use crate::ports::{CallInventory, Page, StoreError, VideoInventory};

/// How long a token may wait for its holder to connect.
const UNUSED_FOR: Duration = Duration::from_secs(600);

/// How many calls are looked at side by side: enough that the store's latency does not add up, few
/// enough not to crowd a video server.
const AT_ONCE: usize = 8;

/// What a sweep did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SweepReport {
    /// Calls looked at.
    pub calls: usize,
    /// Tokens whose connection was gone.
    pub tokens_forgotten: usize,
    /// Tokens that nobody used.
    pub tokens_given_back: usize,
    /// Calls that nobody was in.
    pub calls_closed: usize,
    /// Sessions and connections at the video server that were not on record.
    pub orphans_deleted: usize,
    /// Calls that were left as they were because something failed.
    pub failures: usize,
    /// Did it get to the end of the records?
    pub complete: bool,
}

impl std::ops::AddAssign for SweepReport {
    fn add_assign(&mut self, other: Self) {
        self.calls += other.calls;
        self.tokens_forgotten += other.tokens_forgotten;
        self.tokens_given_back += other.tokens_given_back;
        self.calls_closed += other.calls_closed;
        self.orphans_deleted += other.orphans_deleted;
        self.failures += other.failures;
    }
}

/// Sweeps: see the rule above. `time_is_up` says when to stop; it is asked before each call
/// and each of the server's sessions.
///
/// # Errors
/// [`ReconcileError`] if the video server cannot be asked in 1 (then nothing has changed) or the
/// records cannot be read. One call's failure is counted, logged and left to the next sweep.
pub async fn sweep_calls(
    calls: &impl CallInventory,
    video: &impl VideoInventory,
    installation: &Installation,
    now: Timestamp,
    time_is_up: impl Fn() -> bool,
) -> Result<SweepReport, ReconcileError> {
    // 1. Ask the video server.
    let listed = video.all_seats().await?;
    let sweep = Sweep {
        calls,
        video,
        now,
        listed: &listed,
    };
    let mut report = SweepReport::default();
    let mut on_record = OnRecord::default();

    // 2. to 4. Look through all records.
    let started_at = calls.bookmark().await?;
    let mut next = started_at.clone();
    loop {
        let page = calls.page(next.as_ref()).await?;
        let after_page = page.next.clone();
        on_record.note(&page, &listed);
        let mut looking = stream::iter(by_call(page))
            .take_while(|_| ready(!time_is_up()))
            .map(|(name, records)| sweep.look_at(name, records))
            .buffer_unordered(AT_ONCE);
        while let Some(seen) = looking.next().await {
            report += seen;
        }
        if time_is_up() {
            // The next sweep looks at this page again; what is right by then costs it nothing.
            break;
        }
        next = after_page;
        if next.is_none() {
            report.complete = true;
            break;
        }
    }
    if next.is_some() || started_at.is_some() {
        calls.set_bookmark(next.as_ref()).await?;
    }

    // 5. What is at the video server and not on record.
    for (id, seats) in listed.iter().filter(|(id, _)| id.is_of(installation)) {
        if time_is_up() {
            report.complete = false;
            break;
        }
        report += sweep.look_for_orphans(id, seats, &on_record).await;
    }
    Ok(report)
}

/// A call's records on one page; the rest of them may be on the next.
#[derive(Default)]
struct CallRecords {
    session: Option<Session>,
    tokens: Vec<TokenRecord>,
}

/// What of the video server's was found on record: it needs no second look.
#[derive(Default)]
struct OnRecord {
    sessions: BTreeSet<SessionId>,
    connections: BTreeSet<ConnectionId>,
}

impl OnRecord {
    /// Keeps only what the server has, so that it grows with that and not with the records.
    fn note(&mut self, page: &Page, listed: &BTreeMap<SessionId, Seats>) {
        let sessions = page.sessions.iter().map(|session| &session.id);
        self.sessions
            .extend(sessions.filter(|id| listed.contains_key(*id)).cloned());
        let tokens = page.tokens.iter().filter(|token| has_seat(listed, token));
        self.connections
            .extend(tokens.map(|token| token.connection.id.clone()));
    }
}

struct Sweep<'a, C, V> {
    calls: &'a C,
    video: &'a V,
    now: Timestamp,
    listed: &'a BTreeMap<SessionId, Seats>,
}

impl<C: CallInventory, V: VideoInventory> Sweep<'_, C, V> {
    /// What was done about one call.
    async fn look_at(&self, name: SessionName, records: CallRecords) -> SweepReport {
        let mut report = SweepReport {
            calls: 1,
            ..SweepReport::default()
        };
        let tokens = &records.tokens;
        let gone: Vec<_> = tokens
            .iter()
            .filter(|token| !has_seat(self.listed, token))
            .collect();
        let opening = records.session.as_ref();
        let opening = opening.is_some_and(|session| session.is_being_opened(self.now));
        if !gone.is_empty() || (tokens.is_empty() && !opening) {
            match self.reconcile(&name, &gone).await {
                Ok(reconciled) => {
                    report.tokens_forgotten += reconciled.tokens_forgotten;
                    report.calls_closed += usize::from(reconciled.closed);
                }
                Err(error) => report += failure(&name, &error),
            }
        }
        for token in tokens.iter().filter(|token| self.is_unused(token)) {
            match self.give_back(token).await {
                Ok(given_back) => report.tokens_given_back += usize::from(given_back),
                // Somebody else was faster.
                Err(LeaveError::SessionNotFound | LeaveError::TokenNotFound) => (),
                Err(error) => report += failure(&name, &error),
            }
        }
        if let Err(error) = self.prolong(&records).await {
            report += failure(&name, &error);
        }
        report
    }

    /// 2. Reconciles a call, on the evidence that its youngest lost token calls for.
    async fn reconcile(
        &self,
        name: &SessionName,
        gone: &[&TokenRecord],
    ) -> Result<Reconciled, ReconcileError> {
        let made_until = self.now - LONGEST_JOIN;
        let evidence = if gone.iter().all(|token| token.issued_at <= made_until) {
            Evidence::Listed {
                sessions: self.listed,
                made_until,
            }
        } else {
            Evidence::Asked
        };
        reconcile(self.calls, self.video, name, None, self.now, &evidence).await
    }

    /// 3. Gives a token back on behalf of who never used it, unless they have by now.
    async fn give_back(&self, token: &TokenRecord) -> Result<bool, LeaveError> {
        let seats = self.video.seats(&token.session_id).await?;
        let seat = seats.and_then(|seats| seats.seats.get(&token.connection.id).copied());
        if seat.is_some_and(|seat| seat.taken) {
            return Ok(false);
        }
        let holder = Participant {
            user: token.user.clone(),
            role: token.role,
        };
        let whom = Whom::Token(token.connection.token.clone());
        leave_call(
            self.calls,
            self.video,
            &holder,
            &token.session_name,
            &whom,
            self.now,
        )
        .await?;
        Ok(true)
    }

    /// 4. Pushes on the end of what is alive, once half of its time is over.
    async fn prolong(&self, records: &CallRecords) -> Result<(), StoreError> {
        let soon = self.now + CALL_LIFETIME / 2;
        let expires_at = self.now + CALL_LIFETIME;
        if let Some(session) = &records.session
            && session.expires_at < soon
            && self.listed.contains_key(&session.id)
        {
            self.calls
                .prolong_call(&session.name, &session.id, expires_at)
                .await?;
        }
        for token in records
            .tokens
            .iter()
            .filter(|token| token.expires_at < soon)
        {
            if has_seat(self.listed, token) {
                let (name, token) = (&token.session_name, &token.connection.token);
                self.calls.prolong_token(name, token, expires_at).await?;
            }
        }
        Ok(())
    }

    /// 5. Ends what is not on record: the whole session, or single connections.
    async fn look_for_orphans(
        &self,
        id: &SessionId,
        seats: &Seats,
        on_record: &OnRecord,
    ) -> SweepReport {
        let mut report = SweepReport::default();
        let suspects: Vec<_> = seats
            .seats
            .iter()
            .filter(|(connection, seat)| {
                self.is_old(seat.created_at) && !on_record.connections.contains(*connection)
            })
            .map(|(connection, _)| connection)
            .collect();
        let is_suspect = if on_record.sessions.contains(id) {
            !suspects.is_empty()
        } else {
            self.is_old(seats.created_at)
        };
        if is_suspect {
            match self.delete_orphans(id, &suspects).await {
                Ok(deleted) => report.orphans_deleted += deleted,
                Err(error) => report += failure(id.session_name(), &error),
            }
        }
        report
    }

    async fn delete_orphans(
        &self,
        id: &SessionId,
        suspects: &[&ConnectionId],
    ) -> Result<usize, ReconcileError> {
        let name = id.session_name();
        let tokens = self.calls.tokens(name).await?;
        let session = self.calls.find(name, self.now).await?;
        let in_use = session.is_some_and(|session| session.id == *id)
            || tokens.iter().any(|token| token.session_id == *id);
        if !in_use {
            self.video.close(id).await?;
            return Ok(1);
        }
        let mut deleted = 0;
        for suspect in suspects {
            if !tokens.iter().any(|token| token.connection.id == **suspect) {
                deleted += usize::from(self.video.evict(id, suspect).await?);
            }
        }
        Ok(deleted)
    }

    fn is_unused(&self, token: &TokenRecord) -> bool {
        let seats = self.listed.get(&token.session_id);
        let seat = seats.and_then(|seats| seats.seats.get(&token.connection.id));
        token.issued_at + UNUSED_FOR <= self.now && seat.is_some_and(|seat| !seat.taken)
    }

    fn is_old(&self, made_at: Timestamp) -> bool {
        made_at + LONGEST_JOIN <= self.now
    }
}

fn has_seat(listed: &BTreeMap<SessionId, Seats>, token: &TokenRecord) -> bool {
    let seats = listed.get(&token.session_id);
    seats.is_some_and(|seats| seats.seats.contains_key(&token.connection.id))
}

fn failure(name: &SessionName, error: &dyn Error) -> SweepReport {
    let error = chain(error);
    tracing::warn!(session.name = %name, error, "a call is left to the next sweep");
    SweepReport {
        failures: 1,
        ..SweepReport::default()
    }
}

fn by_call(page: Page) -> BTreeMap<SessionName, CallRecords> {
    let mut calls: BTreeMap<SessionName, CallRecords> = BTreeMap::new();
    for session in page.sessions {
        let call = calls.entry(session.name.clone()).or_default();
        call.session = Some(session);
    }
    for token in page.tokens {
        calls
            .entry(token.session_name.clone())
            .or_default()
            .tokens
            .push(token);
    }
    calls
}
