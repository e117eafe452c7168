//! How often a user may join, and the tally of their joins.

use std::fmt;
use std::time::Duration;

use super::{ConnectionId, LONGEST_JOIN, SessionId, Timestamp, UNUSED_FOR};

/// How often a user may join.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct JoinLimit {
    /// How many joins fit into a minute; 0: joins are not limited at all.
    pub per_minute: u32,
    /// How many tokens may wait for somebody to connect with them. A join in progress counts as one.
    pub unused: usize,
}

impl Default for JoinLimit {
    fn default() -> Self {
        Self {
            per_minute: 20,
            unused: 5,
        }
    }
}

/// Names one join: 64 random bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct JoinId(u64);

impl JoinId {
    /// Makes the id of a new join.
    pub const fn new(random: u64) -> Self {
        Self(random)
    }

    /// Reads an id back.
    pub fn parse(text: &str) -> Option<Self> {
        u64::from_str_radix(text, 16).ok().map(Self)
    }
}

impl fmt::Display for JoinId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

/// The tally of one user's joins.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct JoinTally {
    /// How often it has been stored; 0: never.
    pub version: u64,
    /// How much of the rate is used up: a join adds `JOIN`, and each second takes `per_minute` away.
    pub spent: u32,
    /// The time at which `spent` was that much.
    pub spent_at: Timestamp,
    /// Joins in progress, and tokens that nobody may have used yet.
    pub places: Vec<JoinPlace>,
}

/// The place of one join, and then of its token, among the unused ones.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JoinPlace {
    /// Whose place it is.
    pub join: JoinId,
    /// When the place is free again at the latest.
    pub until: Timestamp,
    /// What the token connects to; `None`: the join is in progress.
    pub connection: Option<(SessionId, ConnectionId)>,
}

/// What a join adds to `spent`. A minute takes 60 times `per_minute` away, so every rate is a whole number.
const JOIN: u32 = 60;

const MINUTE: Duration = Duration::from_secs(60);

/// How long a token keeps its place at most. By then a sweep has given back an unused token.
const PLACE_FOR: Duration = UNUSED_FOR.saturating_add(LONGEST_JOIN);

/// How long to wait for a place: most tokens are used within a moment.
const PAUSE: Duration = Duration::from_secs(2);

impl JoinLimit {
    /// The tally with one more join, which has a place if one is free.
    ///
    /// # Errors
    /// The time until the rate allows the next join.
    pub fn begin(
        &self,
        tally: &JoinTally,
        join: JoinId,
        now: Timestamp,
    ) -> Result<JoinTally, Duration> {
        if tally.has(join) {
            return Ok(tally.clone());
        }
        let mut tally = self.at(tally, now);
        let most = JOIN.saturating_mul(self.per_minute);
        let spent = tally.spent.saturating_add(JOIN);
        if spent > most {
            let seconds = (spent - most).div_ceil(self.per_minute.max(1));
            return Err(Duration::from_secs(seconds.into()));
        }
        tally.spent = spent;
        self.take_place(&mut tally, join, now);
        Ok(tally)
    }

    /// The tally with a place for a join that found none, after the places of `free` were given up.
    ///
    /// # Errors
    /// The time to wait, if there is still no place.
    pub fn begin_after(
        &self,
        free: &[ConnectionId],
        tally: &JoinTally,
        join: JoinId,
        now: Timestamp,
    ) -> Result<JoinTally, Duration> {
        let mut tally = self.at(tally, now);
        tally.places.retain(|place| {
            let connection = place.connection.as_ref();
            !connection.is_some_and(|(_, connection)| free.contains(connection))
        });
        self.take_place(&mut tally, join, now);
        tally.has(join).then_some(tally).ok_or(PAUSE)
    }

    fn take_place(&self, tally: &mut JoinTally, join: JoinId, now: Timestamp) {
        if tally.places.len() < self.unused && !tally.has(join) {
            tally.places.push(JoinPlace {
                join,
                until: now + LONGEST_JOIN,
                connection: None,
            });
        }
    }

    /// The tally as it is at `now`.
    fn at(&self, tally: &JoinTally, now: Timestamp) -> JoinTally {
        let mut tally = tally.clone();
        let seconds = u32::try_from((now - tally.spent_at).as_secs()).unwrap_or(u32::MAX);
        let faded = self.per_minute.saturating_mul(seconds);
        tally.spent = tally.spent.saturating_sub(faded);
        tally.spent_at = tally.spent_at.max(now);
        tally.places.retain(|place| place.until > now);
        tally
    }
}

impl JoinTally {
    /// Does this join have a place?
    pub fn has(&self, join: JoinId) -> bool {
        self.places.iter().any(|place| place.join == join)
    }

    /// The tally after the join got this connection: its place is the token's now.
    pub fn joined(
        &self,
        join: JoinId,
        connection: (&SessionId, &ConnectionId),
        now: Timestamp,
    ) -> Self {
        let mut tally = self.clone();
        let place = tally.places.iter_mut().find(|place| place.join == join);
        if let Some(place) = place {
            place.until = now + PLACE_FOR;
            place.connection = Some((connection.0.clone(), connection.1.clone()));
        }
        tally
    }

    /// The tally after the join failed.
    pub fn failed(&self, join: JoinId) -> Self {
        let mut tally = self.clone();
        tally.places.retain(|place| place.join != join);
        tally
    }

    /// When it may be deleted: it holds nothing any more.
    pub fn ends_at(&self) -> Timestamp {
        let ends = self.places.iter().map(|place| place.until);
        ends.fold(self.spent_at + MINUTE, Timestamp::max)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{Installation, SessionName};

    const LIMIT: JoinLimit = JoinLimit {
        per_minute: 20,
        unused: 5,
    };

    fn at(seconds: u64) -> Timestamp {
        Timestamp::from_unix_seconds(1_800_000_000 + seconds)
    }

    fn id(number: u64) -> JoinId {
        JoinId::new(number)
    }

    fn connection(number: u64) -> ConnectionId {
        ConnectionId::parse(&format!("con_{number}")).unwrap()
    }

    /// The tally after a join that got a token.
    fn joined(tally: &JoinTally, number: u64, now: Timestamp) -> JoinTally {
        let call = SessionName::parse("call").unwrap();
        let installation = Installation::parse("3f9c21d07b58").unwrap();
        let session = SessionId::new(&call, &installation, 1);
        let tally = LIMIT.begin(tally, id(number), now).unwrap();
        tally.joined(id(number), (&session, &connection(number)), now)
    }

    /// The tally after a join that failed.
    fn failed(tally: &JoinTally, now: Timestamp) -> Result<JoinTally, Duration> {
        let tally = LIMIT.begin(tally, id(0), now)?;
        assert!(tally.has(id(0)));
        Ok(tally.failed(id(0)))
    }

    #[test]
    fn twenty_joins_may_come_at_once_and_then_one_every_three_seconds() {
        let mut tally = JoinTally::default();
        for _ in 0..20 {
            tally = failed(&tally, at(0)).unwrap();
        }
        for (seconds, wait) in [(0, 3), (1, 2), (2, 1)] {
            let refused = failed(&tally, at(seconds));
            assert_eq!(refused, Err(Duration::from_secs(wait)));
        }
        tally = failed(&tally, at(3)).unwrap();
        assert_eq!(failed(&tally, at(5)), Err(Duration::from_secs(1)));
        tally = failed(&tally, at(66)).unwrap();
        for _ in 0..19 {
            tally = failed(&tally, at(66)).unwrap();
        }
        assert_eq!(failed(&tally, at(66)), Err(Duration::from_secs(3)));
        assert_eq!(tally.ends_at(), at(126));
    }

    #[test]
    fn a_clock_that_is_behind_gives_nothing_back() {
        let mut tally = JoinTally::default();
        for _ in 0..20 {
            tally = failed(&tally, at(10)).unwrap();
        }
        assert_eq!(failed(&tally, at(0)), Err(Duration::from_secs(3)));
        assert!(failed(&tally, at(13)).is_ok());
    }

    #[test]
    fn any_rate_is_kept_whether_it_divides_a_minute_or_not() {
        for per_minute in [1, 7, 90, 1200] {
            let limit = JoinLimit {
                per_minute,
                unused: 1,
            };
            let (mut tally, mut joins) = (JoinTally::default(), 0);
            for second in 0..600 {
                while let Ok(next) = limit.begin(&tally, id(0), at(second)) {
                    tally = next.failed(id(0));
                    joins += 1;
                }
            }
            // All of a minute at once, and then ten minutes of that rate but for their last second.
            let most = per_minute * 11;
            assert!(joins <= most && joins >= most - per_minute.div_ceil(60) - 1);
        }
    }

    #[test]
    fn the_sixth_token_has_no_place_until_another_is_used_or_its_time_is_over() {
        let mut tally = JoinTally::default();
        for number in 1..=5 {
            tally = joined(&tally, number, at(0));
        }
        let full = LIMIT.begin(&tally, id(6), at(1)).unwrap();
        assert!(!full.has(id(6)));
        assert!(full.spent > 5 * JOIN - 20, "it counts all the same");

        let refused = LIMIT.begin_after(&[], &full, id(6), at(1));
        assert_eq!(refused, Err(PAUSE));
        let free = [connection(2)];
        let admitted = LIMIT.begin_after(&free, &full, id(6), at(1)).unwrap();
        assert!(admitted.has(id(6)) && !admitted.has(id(2)) && admitted.has(id(1)));
        assert_eq!(admitted.spent, full.spent, "it has counted already");

        // Ten minutes until a sweep gives it back, and two for the sweep to come.
        assert_eq!(tally.ends_at(), at(720));
        let full = LIMIT.begin(&tally, id(6), at(719)).unwrap();
        assert!(!full.has(id(6)));
        assert!(LIMIT.begin(&tally, id(6), at(720)).unwrap().has(id(6)));
    }

    #[test]
    fn a_join_in_progress_has_a_place_until_it_ends_or_must_have_been_killed() {
        let mut tally = JoinTally::default();
        for number in 1..=5 {
            tally = LIMIT.begin(&tally, id(number), at(0)).unwrap();
        }
        assert!(!LIMIT.begin(&tally, id(6), at(119)).unwrap().has(id(6)));
        assert!(LIMIT.begin(&tally, id(6), at(120)).unwrap().has(id(6)));
        let failed = tally.failed(id(3));
        assert!(LIMIT.begin(&failed, id(6), at(0)).unwrap().has(id(6)));
    }

    #[test]
    fn a_repeated_request_counts_once() {
        let tally = LIMIT.begin(&JoinTally::default(), id(1), at(0)).unwrap();
        assert_eq!(LIMIT.begin(&tally, id(1), at(0)).unwrap(), tally);
        let again = LIMIT.begin_after(&[], &tally, id(1), at(0)).unwrap();
        assert_eq!(again, tally);
    }

    #[test]
    fn ids_are_read_back() {
        let id = JoinId::new(0xabc);
        assert_eq!(id.to_string(), "0000000000000abc");
        assert_eq!(JoinId::parse(&id.to_string()), Some(id));
        assert_eq!(JoinId::parse("x"), None);
    }
}
