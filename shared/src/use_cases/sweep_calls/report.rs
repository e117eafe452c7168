//! The numbers of a sweep.

use std::collections::BTreeMap;

use crate::metric::Metric;

/// What a sweep counts.
const COUNTED: [Metric; 8] = [
    Metric::CallsLookedAt,
    Metric::TokensForgotten,
    Metric::TokensGivenBack,
    Metric::CallsClosed,
    Metric::OrphansDeleted,
    Metric::RecordsUnreadable,
    Metric::SweepFailures,
    Metric::SweepIncomplete,
];

/// The results of a sweep.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SweepReport(BTreeMap<Metric, usize>);

impl Default for SweepReport {
    fn default() -> Self {
        Self(COUNTED.map(|metric| (metric, 0)).into())
    }
}

impl SweepReport {
    /// How often this happened.
    pub fn count(&self, metric: Metric) -> usize {
        self.0.get(&metric).copied().unwrap_or_default()
    }

    /// All counts of sweeps, including zeros.
    pub fn counts(&self) -> Vec<(Metric, usize)> {
        self.0
            .iter()
            .map(|(metric, count)| (*metric, *count))
            .collect()
    }

    /// Notes that time ran out before the end.
    pub(super) fn mark_incomplete(&mut self) {
        self.0.insert(Metric::SweepIncomplete, 1);
    }

    pub(super) fn add(&mut self, metric: Metric, count: usize) {
        *self.0.entry(metric).or_default() += count;
    }
}

impl std::ops::AddAssign for SweepReport {
    fn add_assign(&mut self, other: Self) {
        for (metric, count) in other.0 {
            self.add(metric, count);
        }
    }
}
