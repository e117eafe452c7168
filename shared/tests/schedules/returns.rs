//! A video server where a token stays good (LiveKit): whoever is cut off comes back by themselves, and
//! whoever was removed may come back with the old token.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use shared::domain::{Connection, ConnectionId, VideoEvent};
use testing::{Kind, MemoryVideo, VideoSessions};

use crate::action::{Reply, seat, short};
use crate::world::World;

/// What is known of such a world besides.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Returns {
    /// The browsers that are in a call, or come back to it by themselves.
    browsers: BTreeMap<ConnectionId, Connection>,
    /// Those of them that are cut off.
    away: BTreeSet<ConnectionId>,
    /// Those that leave without a word, so that the server does not know whether they come back.
    killed: BTreeSet<ConnectionId>,
    /// Whoever was thrown out and counts on being in.
    thrown_out: BTreeSet<ConnectionId>,
    /// The reports that nobody has heard yet, if they come in order.
    unheard: Option<VecDeque<VideoEvent>>,
    /// (Wrong.) A connection that is replaced by the same browser's next is reported as one that has left.
    reports_every_end: bool,
}

impl World {
    /// An empty world with such a server.
    pub(crate) fn livekit() -> Self {
        let video = VideoSessions {
            kind: Kind::LiveKit,
            ..VideoSessions::default()
        };
        Self {
            video,
            ..Self::default()
        }
    }

    /// This world, and reports come once each, and in order.
    pub(crate) fn reporting_in_order(mut self) -> Self {
        self.returns.unheard = Some(VecDeque::new());
        self.reporting()
    }

    /// This world, where every end of a connection is taken for somebody's leaving.
    pub(crate) fn reporting_every_end(mut self) -> Self {
        self.returns.reports_every_end = true;
        self
    }

    pub(crate) fn is_livekit(&self) -> bool {
        self.video.kind == Kind::LiveKit
    }

    /// Is there nothing left to hear?
    pub(crate) fn all_is_heard(&self) -> bool {
        self.returns
            .unheard
            .as_ref()
            .is_some_and(VecDeque::is_empty)
    }

    /// The next report, if they come in order.
    pub(crate) fn next_report(&self) -> Option<Option<VideoEvent>> {
        self.returns
            .unheard
            .as_ref()
            .map(|unheard| unheard.front().cloned())
    }

    /// Hears the report of this number.
    pub(crate) fn hear(&mut self, number: usize) -> Reply {
        let answer = self.report(number);
        self.returns.unheard.as_mut().and_then(VecDeque::pop_front);
        answer
    }

    /// How many are cut off.
    pub(crate) fn away(&self) -> usize {
        self.returns.away.len()
    }

    /// How many could reconnect.
    pub(crate) fn browsers(&self) -> usize {
        if self.is_livekit() {
            self.returns.browsers.len()
        } else {
            0
        }
    }

    pub(crate) fn has_empty_room(&self) -> bool {
        self.is_livekit() && self.video.sessions.values().any(BTreeMap::is_empty)
    }

    /// Takes down that a browser has connected.
    pub(crate) fn has_entered(&mut self, connection: &Connection) {
        if !self.is_livekit() {
            return;
        }
        let id = connection.id.clone();
        self.returns.browsers.insert(id, connection.clone());
    }

    /// A browser does not come back any more.
    pub(crate) fn gives_up(&mut self, id: &ConnectionId) {
        self.returns.browsers.remove(id);
        self.returns.away.remove(id);
    }

    /// A browser is gone without a word.
    pub(crate) fn is_killed(&mut self, id: &ConnectionId) {
        self.gives_up(id);
        if self.is_livekit() {
            self.returns.killed.insert(id.clone());
        }
    }

    /// The server stops and starts. It reports nothing of those who were in, and they come back.
    pub(crate) fn restart_and_return(&mut self) {
        self.video.sessions.clear();
        self.returns.away = self.returns.browsers.keys().cloned().collect();
        self.forget_what_is_gone();
    }

    /// Whoever is cut off comes back, the one of this number among those.
    pub(crate) fn come_back(&mut self, number: usize) {
        let Some(id) = self.returns.away.iter().nth(number).cloned() else {
            return;
        };
        self.returns.away.remove(&id);
        self.reconnect_as(&id);
    }

    /// A browser connects anew though nothing has cut it off, the one of this number.
    pub(crate) fn reconnect(&mut self, number: usize) {
        let Some(id) = self.returns.browsers.keys().nth(number).cloned() else {
            return;
        };
        let mut connections = self.connections();
        let found = connections.find(|(_, there, _)| **there == id);
        let session = found.map(|(session, ..)| session.clone());
        drop(connections);
        if let Some(session) = session.filter(|_| self.returns.reports_every_end) {
            self.add_report(VideoEvent::Left(session, id.clone()));
        }
        self.reconnect_as(&id);
    }

    fn reconnect_as(&mut self, id: &ConnectionId) {
        let connection = self.returns.browsers[id].clone();
        let video = MemoryVideo::from(std::mem::take(&mut self.video));
        assert!(video.enter(&connection), "its token stays good");
        self.video = video.into_sessions();
        let joined: Vec<_> = self
            .connections()
            .filter(|(_, there, _)| *there == id)
            .map(|(session, id, _)| VideoEvent::Joined(session.clone(), id.clone()))
            .collect();
        joined.into_iter().for_each(|event| self.add_report(event));
    }

    /// Rooms that nobody is in run out.
    pub(crate) fn time_out(&mut self) {
        let before = self.video.clone();
        self.video.sessions.retain(|_, seats| !seats.is_empty());
        self.take_note_of_returns(&before);
    }

    /// What follows from what has happened at the video server since it was like `before`.
    pub(crate) fn take_note_of_returns(&mut self, before: &VideoSessions) {
        self.forget_what_is_gone();
        let mut reports = Vec::new();
        for (session, seats) in &self.video.sessions {
            let earlier = before.sessions.get(session);
            let is_new = |id| earlier.is_none_or(|earlier| !earlier.contains_key(id));
            let new = seats.keys().filter(|id| is_new(*id));
            reports.extend(new.map(|id| VideoEvent::Joined(session.clone(), id.clone())));
        }
        for (session, seats) in &before.sessions {
            let now = self.video.sessions.get(session);
            for id in seats.keys() {
                if now.is_some_and(|now| now.contains_key(id)) {
                    continue;
                }
                if self.returns.browsers.remove(id).is_some() && self.held.contains_key(id) {
                    self.returns.thrown_out.insert(id.clone());
                }
                if !self.returns.killed.remove(id) {
                    reports.push(VideoEvent::Left(session.clone(), id.clone()));
                }
            }
            if now.is_none() {
                reports.push(VideoEvent::Ended(session.clone()));
            }
        }
        reports.into_iter().for_each(|event| self.add_report(event));
    }

    /// Whoever did nothing wrong is not thrown out.
    ///
    /// # Errors
    /// Who was, in words.
    pub(crate) fn check_nobody_thrown_out(&self) -> Result<(), String> {
        match self.returns.thrown_out.first() {
            Some(id) => Err(format!("{} was thrown out", seat(id))),
            None => Ok(()),
        }
    }

    /// If every report was heard, nobody is in who is not on record, without a sweep.
    ///
    /// # Errors
    /// Who is, in words.
    pub(crate) fn check_all_bounced(&self) -> Result<(), String> {
        if !self.all_is_heard() {
            return Ok(());
        }
        let is_on_record =
            |id: &ConnectionId| self.on_record().any(|(_, on_record)| on_record == id);
        let mut connections = self.connections();
        match connections.find(|(_, id, _)| !is_on_record(id)) {
            Some((session, id, _)) => Err(format!(
                "every report was heard, but {} is in {} and not on record",
                seat(id),
                short(session)
            )),
            None => Ok(()),
        }
    }

    fn add_report(&mut self, event: VideoEvent) {
        let Some(reports) = &mut self.reports else {
            return;
        };
        if let Some(unheard) = &mut self.returns.unheard {
            unheard.push_back(event);
        } else {
            reports.insert(event);
        }
    }
}
