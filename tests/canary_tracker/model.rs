//! The naive model.

use std::collections::BTreeMap;

use crate::{Event, History, PERIOD, THRESHOLD, intended};

/// Answers every question by going through the whole history.
pub(crate) struct Model<'a> {
    pub(crate) history: &'a History,
    pub(crate) stands: BTreeMap<usize, i64>,
    pub(crate) arrivals: BTreeMap<usize, i64>,
    pub(crate) duplicates: u64,
}

impl<'a> Model<'a> {
    pub(crate) fn new(history: &'a History) -> Self {
        let mut model = Self {
            history,
            stands: BTreeMap::new(),
            arrivals: BTreeMap::new(),
            duplicates: 0,
        };
        let mut first = None;
        for (&at, &event) in history {
            match event {
                Event::Acknowledged(n) => drop(model.stands.entry(n).or_insert(at)),
                Event::Arrived(n) => {
                    let owed = n >= *first.get_or_insert(n);
                    model.stands.entry(n).or_insert(at);
                    if !owed || model.arrivals.contains_key(&n) {
                        model.duplicates += 1;
                    } else {
                        model.arrivals.insert(n, at);
                    }
                }
                Event::Sent(_) | Event::Tick => {}
            }
        }
        model
    }

    /// First arrivals in order of time.
    pub(crate) fn ordered(&self) -> Vec<(i64, usize)> {
        let mut ordered: Vec<_> = self.arrivals.iter().map(|(&n, &at)| (at, n)).collect();
        ordered.sort_unstable();
        ordered
    }

    /// Records owed just before `t`.
    pub(crate) fn owed(&self, t: i64) -> Vec<usize> {
        let first = self.ordered().first().map(|&(at, n)| (n, at));
        let is_owed = |&(&n, &at): &(&usize, &i64)| {
            let skipped = first.is_some_and(|(first, since)| since < t && n < first);
            at < t && !skipped && self.arrivals.get(&n).is_none_or(|&arrival| arrival >= t)
        };
        self.stands
            .iter()
            .filter(is_owed)
            .map(|(&n, _)| n)
            .collect()
    }

    /// (a, b or `None`) of every outage up to `end`.
    pub(crate) fn outages(&self, end: i64) -> Vec<(i64, Option<i64>)> {
        let arrivals = self.ordered();
        let mut outages = Vec::new();
        for (index, &(last, _)) in arrivals.iter().enumerate() {
            let next = arrivals.get(index + 1).copied();
            let until = next.map_or(end, |(at, _)| at);
            let mut owed = self.owed(until);
            owed.extend(next.map(|(_, n)| n));
            let Some(oldest) = owed.iter().min() else {
                continue;
            };
            let start = last.max(intended(*oldest));
            if until - start > THRESHOLD {
                outages.push((start, next.map(|(at, _)| at)));
            }
        }
        outages
    }

    /// S just before `t`: the greatest that it was at any event so far.
    pub(crate) fn through(&self, t: i64) -> Option<i64> {
        let after = |at: i64| at + 1;
        self.history
            .range(..t)
            .filter_map(|(&at, _)| self.through_now(after(at)))
            .max()
    }

    pub(crate) fn through_now(&self, t: i64) -> Option<i64> {
        let arrived = self
            .arrivals
            .iter()
            .filter(|(_, at)| **at < t)
            .map(|(n, _)| *n);
        let newest = arrived.max()?;
        let oldest = self.owed(t).into_iter().min();
        Some(oldest.map_or(intended(newest), |oldest| intended(oldest) - PERIOD))
    }

    /// Worst exposure and peak backlog from `start` to `end`.
    pub(crate) fn suffered(&self, start: i64, end: i64) -> (i64, u64) {
        let instants: Vec<i64> = self
            .history
            .range(start + 1..=end)
            .map(|(&at, _)| at)
            .chain([end])
            .collect();
        let exposure = instants
            .iter()
            .filter_map(|&t| Some(t - self.through(t)?))
            .max();
        let backlog = instants.iter().map(|&t| self.owed(t).len() as u64).max();
        (exposure.unwrap_or(0), backlog.unwrap_or(0))
    }
}

/// a of what is owed at the end.
pub(crate) fn gap_start(model: &Model<'_>, end: i64) -> Option<i64> {
    let last = model.ordered().last()?.0;
    model
        .owed(end)
        .into_iter()
        .min()
        .map(|oldest| last.max(intended(oldest)))
}
