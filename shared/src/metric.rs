//! The names of the metrics.

/// What is counted. The names are fixed, because alarms and dashboards use them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, strum::IntoStaticStr)]
pub enum Metric {
    /// The video server did not have a session that was on record.
    SessionsRecreated,
    /// `JoinsRestarted`: the last one left a call while somebody joined it.
    JoinsRestarted,
    /// `JoinsRefused`: a user joined too often.
    JoinsRefused,
    /// `WebhooksRefused`: somebody called the webhook without the secret.
    WebhooksRefused,
    /// `CallsLookedAt`: by a sweep.
    CallsLookedAt,
    /// Tokens that a sweep found without a connection.
    TokensForgotten,
    /// Tokens that a sweep found unused.
    TokensGivenBack,
    /// Calls that a sweep found empty.
    CallsClosed,
    /// Sessions and connections that a sweep found without a record.
    OrphansDeleted,
    /// `RecordsUnreadable`: a sweep passed over records, or sessions of the video server, that cannot be
    /// read.
    RecordsUnreadable,
    /// Calls that a sweep failed to repair.
    SweepFailures,
    /// A sweep ran out of time.
    SweepIncomplete,
}

impl Metric {
    /// The metric's name in CloudWatch.
    pub fn name(self) -> &'static str {
        self.into()
    }
}
