//! What the actors share: the records, the video server, and what is expected of them. It is a
//! plain value that can be copied and compared.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use shared::domain::{ConnectionId, SessionId, Timestamp, VideoEvent};
use shared::ports::{CallInventory, SweepRecord};
use shared::use_cases::sweep_calls;
use testing::installation;
use testing::{CallRecords, MemoryCalls, MemoryVideo, VideoSessions};

use crate::action::{Reply, seat, short};
use crate::gate::{Note, Place};
use crate::perform::at_once;
use crate::person::NOW;
use crate::returns::Returns;

/// How long ago everything was made that a schedule begins with, if it is old: the first half of a
/// call's life is over. Not a multiple of ten minutes, after which a sweep nudges.
const LONG: Duration = Duration::from_secs(13 * 60 * 60 + 300);

/// Everything except the actors.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct World {
    pub(crate) records: CallRecords,
    pub(crate) video: VideoSessions,
    /// The tokens that somebody counts on: handed out, and nobody has asked to end them.
    pub(crate) held: BTreeMap<ConnectionId, Held>,
    /// Connections whose browser is gone, which the video server has not noticed yet.
    pub(crate) leaving: BTreeSet<ConnectionId>,
    /// Repairs go on in this world.
    pub(crate) repaired: bool,
    /// What the video server has reported so far, each of which may be delivered at any time, and
    /// more than once; `None`: it reports nothing.
    pub(crate) reports: Option<BTreeSet<VideoEvent>>,
    /// What sweeps keep.
    pub(crate) sweep_record: SweepRecord,
    /// What happens besides at a server where tokens stay good.
    pub(crate) returns: Returns,
    /// The ids of sessions and connections that are old.
    pub(crate) old: BTreeSet<String>,
}

/// A token that somebody counts on.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Held {
    /// The actor that holds it.
    pub(crate) by: usize,
    pub(crate) place: Place,
}

impl World {
    /// This world, with repairs.
    pub(crate) fn repaired(self) -> Self {
        Self {
            repaired: true,
            ..self
        }
    }

    /// This world, with a video server that reports what happens from now on.
    pub(crate) fn reporting(self) -> Self {
        let reports = Some(BTreeSet::new());
        Self { reports, ..self }.repaired()
    }

    /// This world a long time later.
    pub(crate) fn grown_old(mut self) -> Self {
        for session in self.records.sessions.values_mut() {
            session.opened_at = session.opened_at - LONG;
            session.expires_at = session.expires_at - LONG;
        }
        for token in self.records.tokens.values_mut() {
            token.issued_at = token.issued_at - LONG;
            token.expires_at = token.expires_at - LONG;
        }
        let sessions = self.video.sessions.keys().map(ToString::to_string);
        self.old = sessions.collect();
        let connections = self.video.sessions.values().flatten();
        let connections = connections.map(|(id, _)| id.to_string());
        self.old.extend(connections);
        self
    }

    /// When the video server made the session or connection with this id.
    pub(crate) fn made_at(&self, id: &str) -> Timestamp {
        if self.old.contains(id) {
            NOW - LONG
        } else {
            NOW
        }
    }

    /// How many reports there were.
    pub(crate) fn reports(&self) -> usize {
        match self.next_report() {
            Some(next) => usize::from(next.is_some()),
            None => self.reports.as_ref().map_or(0, BTreeSet::len),
        }
    }

    /// The report of this number.
    pub(crate) fn report(&self, number: usize) -> Reply {
        if let Some(next) = self.next_report() {
            return Reply::Event(next);
        }
        let mut reports = self.reports.iter().flatten();
        Reply::Event(reports.nth(number).cloned())
    }

    /// The video server notices that a browser is gone: the one with this number among those that
    /// have left.
    pub(crate) fn notice(&mut self, number: usize) {
        let id = self.leaving.iter().nth(number).cloned();
        self.with_video(|video| id.iter().for_each(|id| video.exit(id)));
    }

    /// The video server stops and starts.
    pub(crate) fn restart(&mut self) {
        if self.is_livekit() {
            return self.restart_and_return();
        }
        self.with_video(MemoryVideo::restart);
    }

    /// An actor is no longer there: nobody counts on its tokens, and its browser is gone.
    pub(crate) fn crash(&mut self, actor: usize) {
        let gone = self.held.extract_if(.., |_, held| held.by == actor);
        let gone: Vec<_> = gone.map(|(id, _)| id).collect();
        gone.iter().for_each(|id| self.is_killed(id));
        self.leaving.extend(gone);
        self.forget_what_is_gone();
    }

    /// Records what an actor tells.
    ///
    /// # Errors
    /// Why it cannot be true, in words.
    pub(crate) fn note(&mut self, actor: usize, note: &Note) -> Result<(), String> {
        match note {
            Note::Begins(user, number) => {
                let latest = self.video.latest.entry(user.as_str().to_owned());
                let latest = latest.or_default();
                *latest = (*latest).max(*number);
            }
            Note::Holds(place) => {
                let id = place.connection.id.clone();
                let place = place.clone();
                self.held.insert(id, Held { by: actor, place });
                self.forget_what_is_gone();
            }
            Note::Ends(id) => {
                self.held.remove(id);
            }
            Note::Leaves(id) => {
                self.leaving.insert(id.clone());
                self.gives_up(id);
                self.forget_what_is_gone();
            }
            Note::Ended(id) => {
                let on_record = self.on_record().any(|(_, on_record)| on_record == id);
                let at_server = self.connections().any(|(_, there, _)| there == id);
                let may_be_back = self.is_livekit();
                if on_record || at_server && !may_be_back {
                    let id = seat(id);
                    return Err(format!("{id} was ended, and is there all the same"));
                }
            }
            Note::AskedTooOften(what) => return Err(what.clone()),
            Note::NotThere | Note::Refused(_) | Note::StartsAgain | Note::Connected(_) => {}
        }
        Ok(())
    }

    /// What holds at every moment, whatever crashes, restarts or fails.
    ///
    /// - **One live session for one name.** A session is live while somebody counts on a token of
    ///   it: the token was handed out, and nobody has yet asked for its end. (For a moment there may
    ///   be a second session whose people are all on their way out: the last one's leave has closed
    ///   the record but has not yet told the video server, and somebody else opens the call anew.)
    /// - **Nobody in a session that is not on record**, and **a token handed out is on record.** Who
    ///   is connected has a token that was handed out. So both follow from: of every token that
    ///   somebody counts on, the token's record is there, and the session on record is its session.
    ///
    /// Nobody counts on these, and they may be connected without being on record. They are the
    /// exceptions, and the sweep ends what is left of them:
    /// - whose leave or removal has begun, done or not: a crash or a failure may have stopped it
    ///   between the record and the connection;
    /// - who crashed: nobody will leave for them;
    /// - who never got the answer to their join.
    ///
    /// A restart makes no exception: it ends connections, and leaves the records as they are. But if
    /// somebody puts the records right, nobody can count on what the video server has lost.
    ///
    /// # Errors
    /// What does not hold, in words.
    pub(crate) fn check(&self) -> Result<(), String> {
        self.check_nobody_thrown_out()?;
        let live: BTreeSet<&SessionId> = self
            .held
            .values()
            .map(|held| &held.place.session_id)
            .collect();
        if live.len() > 1 {
            let live: Vec<&str> = live.into_iter().map(short).collect();
            return Err(format!("live sessions for one name: {}", live.join(", ")));
        }
        for (id, Held { place: held, .. }) in &self.held {
            let name = held.session_id.session_name();
            let session = self.records.sessions.get(name);
            if session.is_none_or(|session| session.id != held.session_id) {
                return Err(format!(
                    "{} is in a session that is not on record",
                    seat(id)
                ));
            }
            let token = (name.clone(), held.connection.token.clone());
            let record = self.records.tokens.get(&token);
            if record.is_none_or(|record| {
                record.session_id != held.session_id || record.connection != held.connection
            }) {
                return Err(format!("{}'s token is not on record", seat(id)));
            }
        }
        Ok(())
    }

    /// What holds whenever everything stops, half-way or not: one sweep makes the records equal to what
    /// the video server has, and ends nobody's connection who is in the call and on record.
    ///
    /// # Errors
    /// What does not hold, in words.
    pub(crate) fn check_swept(&self) -> Result<(), String> {
        let calls = MemoryCalls::from(self.records.clone());
        at_once(calls.keep_sweep_record(&SweepRecord::default())).expect("memory does not fail");
        let video = MemoryVideo::from(self.video.clone());
        video.set_clock(NOW);
        let later = NOW + Duration::from_secs(15 * 60);
        let report = at_once(sweep_calls(&calls, &video, &installation(), later, || {
            false
        }));
        let report = report.map_err(|error| format!("the sweep failed: {error}"))?;
        let swept = Self {
            records: calls.into_records(),
            video: video.into_sessions(),
            ..Self::default()
        };
        if let Some((_, id, _)) = self.connections().find(|(_, id, connected)| {
            *connected
                && self.on_record().any(|(_, on_record)| on_record == *id)
                && !swept.is_connected(id)
        }) {
            return Err(format!("the sweep has thrown {} out", seat(id)));
        }
        let sessions = swept.records.sessions.values().map(|session| &session.id);
        let connections = swept.connections().map(|(session, id, _)| (session, id));
        if sessions.eq(swept.video.sessions.keys())
            && swept.on_record().collect::<BTreeSet<_>>() == connections.collect()
        {
            return Ok(());
        }
        Err(format!(
            "{report:?} left on record: {:?}, and at the video server: {:?}",
            swept.records, swept.video.sessions
        ))
    }

    /// What holds when everybody has left: nobody is connected. So whatever remains is of the kinds
    /// that the sweep removes: records of tokens, tokens and sessions that nobody uses.
    ///
    /// # Errors
    /// What does not hold, in words.
    pub(crate) fn check_end(&self) -> Result<(), String> {
        if self.is_livekit() {
            return self.check_all_bounced();
        }
        match self.connections().find(|(.., connected)| *connected) {
            Some((_, id, _)) => Err(format!("everybody has left, but {} is connected", seat(id))),
            None => Ok(()),
        }
    }

    /// What holds besides if nobody crashed and nothing failed; a restart or a lost answer is no
    /// reason to leave anything on record.
    ///
    /// # Errors
    /// What does not hold, in words.
    pub(crate) fn check_nothing_on_record(&self) -> Result<(), String> {
        if self.records == CallRecords::default() {
            return Ok(());
        }
        Err(format!(
            "everybody has left, but on record: {:?}",
            self.records
        ))
    }

    /// What holds besides: a session has connections. (Nobody knows of a connection whose making was
    /// answered with nothing, and the sweep ends it with its session.)
    ///
    /// # Errors
    /// What does not hold, in words.
    pub(crate) fn check_no_empty_session(&self) -> Result<(), String> {
        let mut sessions = self.video.sessions.iter();
        match sessions.find(|(_, seats)| seats.is_empty()) {
            Some((id, _)) => Err(format!(
                "everybody has left, but {} is still open at the video server",
                short(id)
            )),
            None => Ok(()),
        }
    }

    /// What holds besides if no answer was lost either.
    ///
    /// # Errors
    /// What does not hold, in words.
    pub(crate) fn check_nothing_at_server(&self) -> Result<(), String> {
        if self.video.sessions.is_empty() {
            return Ok(());
        }
        Err(format!(
            "everybody has left, but at the video server: {:?}",
            self.video.sessions
        ))
    }

    /// Is this connection at the video server, and connected?
    fn is_connected(&self, id: &ConnectionId) -> bool {
        self.connections()
            .any(|(_, there, connected)| there == id && connected)
    }

    pub(crate) fn on_record(&self) -> impl Iterator<Item = (&SessionId, &ConnectionId)> {
        let tokens = self.records.tokens.values();
        // What has run out is the record of a leave that the video server was not told of.
        let tokens = tokens.filter(|token| token.expires_at > NOW);
        tokens.map(|token| (&token.session_id, &token.connection.id))
    }

    pub(crate) fn connections(&self) -> impl Iterator<Item = (&SessionId, &ConnectionId, bool)> {
        let sessions = self.video.sessions.iter();
        sessions.flat_map(|(session, seats)| {
            seats
                .iter()
                .map(move |(id, connected)| (session, id, *connected))
        })
    }

    fn with_video(&mut self, change: impl FnOnce(&MemoryVideo)) {
        let before = self.video.clone();
        let video = MemoryVideo::from(std::mem::take(&mut self.video));
        change(&video);
        self.video = video.into_sessions();
        self.take_note_of_changes(&before);
    }

    /// What follows from what has happened at the video server since it was like `before`.
    pub(crate) fn take_note_of_changes(&mut self, before: &VideoSessions) {
        if self.is_livekit() {
            return self.take_note_of_returns(before);
        }
        self.forget_what_is_gone();
        let Some(reports) = &mut self.reports else {
            return;
        };
        for (id, seats) in &before.sessions {
            let now = self.video.sessions.get(id);
            for (connection, connected) in seats {
                if *connected && now.is_none_or(|now| !now.contains_key(connection)) {
                    reports.insert(VideoEvent::Left(id.clone(), connection.clone()));
                }
            }
            if now.is_none() {
                reports.insert(VideoEvent::Ended(id.clone()));
            }
        }
    }

    pub(crate) fn forget_what_is_gone(&mut self) {
        // Where tokens stay good, nobody who is not listed is gone.
        if self.repaired && !self.is_livekit() {
            let mut held = std::mem::take(&mut self.held);
            held.retain(|id, _| self.connections().any(|(_, there, _)| there == id));
            self.held = held;
        }
        let mut leaving = std::mem::take(&mut self.leaving);
        leaving.retain(|id| self.is_connected(id));
        self.leaving = leaving;
    }
}
