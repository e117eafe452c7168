//! The rule "sweep": once a minute, repair what nobody has reported.
//!
//! 1. Ask the video server for everything that it has, once. If it cannot be asked, change nothing.
//! 2. Read all records, page by page. Extend a call that is alive, and its tokens. If there were no
//!    sweeps for a while, these may have expired already. Everybody who is connected stays.
//! 3. Reconcile a call with a token whose connection the server does not have (see
//!    `reconcile_call`), and one without any token, unless somebody may still be opening it.
//! 4. Give back a token that nobody has used for ten minutes, as a leave does.
//! 5. At the server, end sessions of this installation, and our own connections in them, that are
//!    not on record and older than any join can last. A server that lists only who is connected (see
//!    `VideoServer::unlisted_for`) lists nobody before their token is on record, so there a
//!    connection need not be old. What somebody else added to our session stays until the session
//!    ends. Nobody else's session is ever touched.
//! 6. Nudge sessions on record in which nobody has connected for ten minutes, and again every ten
//!    minutes: the video server then notices whose connection was reset.
//!
//! In step 5 the records count only for what was made since they have been swept without a long
//! break. If the table was emptied or restored, or if records expired while there was no sweep,
//! people may be in sessions that the records do not contain.
//!
//! If time runs out, the next sweep continues there, in steps 2 to 4 as in step 5.

mod alive;
mod ghosts;
mod lost;
mod orphans;
mod report;
mod unused;

use std::collections::BTreeMap;
use std::error::Error;
use std::future::ready;
use std::time::Duration;

use futures_util::stream::{self, StreamExt};

use self::alive::prolong_alive;
use self::ghosts::notice_ghosts;
use self::lost::forget_lost;
use self::orphans::{OnRecord, end_orphans};
pub use self::report::SweepReport;
use self::unused::give_back_unused;
use super::reconcile_call::ReconcileError;
use crate::chain;
use crate::domain::{Installation, Seat, Session, SessionName, Timestamp, TokenRecord};
use crate::metric::Metric;
use crate::ports::{CallInventory, Listing, Page, StoreError, SweepRecord, VideoInventory};

/// How many calls are checked in parallel: enough that the store's latency does not add up, few
/// enough not to overload a video server.
const AT_ONCE: usize = 8;

/// The longest break between two sweeps. After a longer one, the records may be an old copy, or may
/// have expired.
const LONGEST_BREAK: Duration = Duration::from_secs(60 * 60);

/// How often the records say when they were swept.
const NOTED_EVERY: Duration = Duration::from_secs(600);

/// What all passes of a sweep share.
struct Sweep<'a, C, V> {
    calls: &'a C,
    video: &'a V,
    installation: &'a Installation,
    now: Timestamp,
    listed: &'a Listing,
}

impl<C, V> Sweep<'_, C, V> {
    /// The token's connection, as the video server had it.
    fn seat_of(&self, token: &TokenRecord) -> Option<&Seat> {
        let session = self.listed.sessions.get(&token.session_id)?;
        session.seats.get(&token.connection.id)
    }

    /// Does this record count? It does as long as its connection is there, even after its time: that only
    /// says that no sweep has prolonged it for half of that time.
    fn counts(&self, token: &TokenRecord) -> bool {
        !token.is_ended() && (token.expires_at > self.now || self.seat_of(token).is_some())
    }
}

/// Sweeps the calls of `installation`: see the rule above. `time_is_up` says when to stop; it is asked
/// before whatever takes a request.
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
        installation,
        now,
        listed: &listed,
    };
    let mut kept = calls.sweep_record().await?;
    let mut record = begun(kept.as_ref(), now);
    keep(calls, &record, &mut kept).await?;

    // 2. to 4. Read all records.
    let (mut report, on_record) = look_through_records(&sweep, &mut record, &time_is_up).await?;
    report.add(Metric::RecordsUnreadable, listed.unreadable_count);
    keep(calls, &record, &mut kept).await?;

    // 5. Check everything at the video server.
    end_orphans(&sweep, &on_record, &mut record, &mut report, &time_is_up).await;
    keep(calls, &record, &mut kept).await?;

    // 6. Make it notice who is gone.
    notice_ghosts(&sweep, &on_record, &mut report, &time_is_up).await;
    Ok(report)
}

/// The record that a sweep begins with.
fn begun(kept: Option<&SweepRecord>, now: Timestamp) -> SweepRecord {
    let swept_at = |record: &SweepRecord| record.swept_at.unwrap_or(now);
    match kept {
        Some(kept) if now - swept_at(kept) <= LONGEST_BREAK => {
            let noted = kept.swept_at.filter(|at| now - *at < NOTED_EVERY);
            SweepRecord {
                swept_at: Some(noted.unwrap_or(now)),
                ..kept.clone()
            }
        }
        Some(_) | None => SweepRecord::new(now),
    }
}

/// Keeps the record at once, so that what follows may fail or take too long, unless `kept` is the same.
async fn keep(
    calls: &impl CallInventory,
    record: &SweepRecord,
    kept: &mut Option<SweepRecord>,
) -> Result<(), StoreError> {
    if kept.as_ref() != Some(record) {
        calls.keep_sweep_record(record).await?;
        *kept = Some(record.clone());
    }
    Ok(())
}

async fn look_through_records(
    sweep: &Sweep<'_, impl CallInventory, impl VideoInventory>,
    record: &mut SweepRecord,
    time_is_up: &impl Fn() -> bool,
) -> Result<(SweepReport, OnRecord), StoreError> {
    let mut report = SweepReport::default();
    let mut on_record = OnRecord::default();
    loop {
        let mut page = sweep.calls.page(record.next_page.as_ref()).await?;
        page.tokens.retain(|token| sweep.counts(token));
        let next_page = page.next.clone();
        on_record.note(&page, sweep);
        report.add(Metric::RecordsUnreadable, page.unreadable);
        let mut looking = stream::iter(by_call(page))
            .take_while(|_| ready(!time_is_up()))
            .map(|(name, records)| look_at(sweep, name, records, time_is_up))
            .buffer_unordered(AT_ONCE);
        while let Some(seen) = looking.next().await {
            report += seen;
        }
        if time_is_up() {
            // The next sweep reads this page again. What is repaired by then costs nothing.
            report.mark_incomplete();
            break;
        }
        record.next_page = next_page;
        if record.next_page.is_none() {
            break;
        }
    }
    Ok((report, on_record))
}

/// A call's records on one page. Others may be on the next page.
#[derive(Default)]
struct CallRecords {
    session: Option<Session>,
    tokens: Vec<TokenRecord>,
}

/// Checks one call. Returns what was done.
async fn look_at(
    sweep: &Sweep<'_, impl CallInventory, impl VideoInventory>,
    name: SessionName,
    records: CallRecords,
    time_is_up: &impl Fn() -> bool,
) -> SweepReport {
    let mut report = SweepReport::default();
    // A call may be on several pages, but its session record is on one.
    report.add(
        Metric::CallsLookedAt,
        usize::from(records.session.is_some()),
    );
    // This comes first, because the other steps close a call whose tokens have all expired.
    report += prolong_alive(sweep, &name, &records, time_is_up).await;
    report += forget_lost(sweep, &name, &records, time_is_up).await;
    report += give_back_unused(sweep, &name, &records, time_is_up).await;
    report
}

fn failure(name: &SessionName, error: &dyn Error) -> SweepReport {
    let error = chain(error);
    tracing::warn!(session.name = %name, error, "a call is left to the next sweep");
    let mut report = SweepReport::default();
    report.add(Metric::SweepFailures, 1);
    report
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
