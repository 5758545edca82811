//! When what the lags of a page rest on was read.

use std::collections::{BTreeMap, VecDeque};

use super::history::age;
use super::page::Page;

/// How many readings of an endpoint a lag may rest on.
const POLLS: usize = 4;

/// When the last readings of each endpoint that lags rest on were begun, the oldest first.
#[derive(Default)]
pub(super) struct Readings(BTreeMap<String, VecDeque<f64>>);

/// The readings that the lags of a page may rest on, in seconds since the epoch.
pub(super) struct Polls {
    /// The oldest of those from which a task that is held up may tell.
    pub(super) earlier: f64,
    /// The oldest of the last ones.
    pub(super) last: f64,
    /// The longest time between two, in seconds.
    pub(super) interval: f64,
}

impl Readings {
    pub(super) fn see(&mut self, page: &Page) {
        let up = page.of("mm2_exporter_endpoint_up");
        let of_lags = |name: &str| name.starts_with("jolokia:") || name == "offsets:source";
        let names = up.map(|(series, up)| (series.label("endpoint"), up > 0.5));
        for (name, up) in names.filter(|(name, _)| of_lags(name)) {
            // A worker that does not answer has no say in its lags.
            let Some(age) = age(page, name).filter(|_| up) else {
                self.0.remove(name);
                continue;
            };
            let begun = page.taken() - age;
            let polls = self.0.entry(name.to_owned()).or_default();
            if polls.back().is_none_or(|last| begun > last + 0.01) {
                polls.push_back(begun);
            }
            if polls.len() > POLLS {
                polls.pop_front();
            }
        }
    }

    /// `None` until some endpoint has been read twice.
    pub(super) fn polls(&self) -> Option<Polls> {
        let all = || self.0.values().filter(|polls| polls.len() > 1);
        all().next()?;
        let least = |of: fn(&VecDeque<f64>) -> Option<&f64>| {
            all().filter_map(of).copied().fold(f64::INFINITY, f64::min)
        };
        let intervals = all().map(|polls| polls[polls.len() - 1] - polls[polls.len() - 2]);
        Some(Polls {
            earlier: least(VecDeque::front),
            last: least(VecDeque::back),
            interval: intervals.fold(0.0, f64::max),
        })
    }
}
