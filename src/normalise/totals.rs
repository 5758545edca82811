//! Counters that survive what their MBeans do not: a task that moves starts again at zero elsewhere, a worker that dies
//! takes its counts along. The totals start at zero when the exporter starts and never go back.
//!
//! They are an estimate: what was copied between the last poll and a kill is not seen, and records that MM2 copies
//! again after a restart are counted again. No verdict on loss may rest on them.

use std::collections::BTreeMap;
use std::sync::Arc;

/// What is counted of one partition.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Counts {
    /// Records acknowledged by the target.
    pub(super) records: f64,
    /// Bytes of record values read from the source.
    pub(super) bytes: f64,
}

impl Counts {
    /// What was counted from `earlier` to `self` by one task; a count that went back was begun anew.
    fn since(self, earlier: Self) -> Self {
        let since = |now: f64, before: f64| if now < before { now } else { now - before };
        Self {
            records: since(self.records, earlier.records),
            bytes: since(self.bytes, earlier.bytes),
        }
    }

    fn add(&mut self, more: Self) {
        self.records += more.records;
        self.bytes += more.bytes;
    }
}

/// Totals by partition over all workers.
#[derive(Debug)]
pub(super) struct Totals<P> {
    totals: BTreeMap<P, Counts>,
    /// The last counts on each worker that has answered at least once.
    workers: BTreeMap<Arc<str>, BTreeMap<P, Counts>>,
}

// Derived, it would ask for `P: Default`.
impl<P> Default for Totals<P> {
    fn default() -> Self {
        Self {
            totals: BTreeMap::new(),
            workers: BTreeMap::new(),
        }
    }
}

impl<P: Ord + Clone> Totals<P> {
    /// All counts of one worker at a new reading. What its first reading holds was counted before this exporter
    /// looked; a partition that is new on a worker that has answered before began there at zero.
    pub(super) fn observe(&mut self, worker: &Arc<str>, counts: BTreeMap<P, Counts>) {
        let before = self.workers.get(worker);
        for (partition, now) in &counts {
            let more = match before {
                None => Counts::default(),
                Some(before) => now.since(before.get(partition).copied().unwrap_or_default()),
            };
            self.totals.entry(partition.clone()).or_default().add(more);
        }
        self.workers.insert(Arc::clone(worker), counts);
    }

    /// Whether the worker has answered at least once.
    pub(super) fn knows(&self, worker: &str) -> bool {
        self.workers.contains_key(worker)
    }

    /// The totals of one partition; `None` if no worker has ever counted it.
    pub(super) fn of(&self, partition: &P) -> Option<Counts> {
        self.totals.get(partition).copied()
    }

    /// Forget partitions that are gone.
    pub(super) fn retain(&mut self, mut stays: impl FnMut(&P) -> bool) {
        self.totals.retain(|partition, _| stays(partition));
    }
}

#[cfg(test)]
fn seen(totals: &mut Totals<i32>, worker: &str, records: &[(i32, f64)]) -> Option<f64> {
    let counts = records.iter().map(|&(partition, records)| {
        let counts = Counts {
            records,
            bytes: records * 10.0,
        };
        (partition, counts)
    });
    totals.observe(&Arc::from(worker), counts.collect());
    let total = totals.of(&0)?;
    assert!((total.bytes - total.records * 10.0).abs() < 1e-9);
    Some(total.records)
}

#[test]
fn a_total_starts_at_zero_and_grows_with_the_count() {
    let mut totals = Totals::default();
    assert_eq!(totals.of(&0), None);
    assert_eq!(seen(&mut totals, "a", &[(0, 500.0)]), Some(0.0));
    assert_eq!(seen(&mut totals, "a", &[(0, 530.0)]), Some(30.0));
}

#[test]
fn a_task_that_moves_is_counted_from_zero_on_its_new_worker() {
    let mut totals = Totals::default();
    seen(&mut totals, "a", &[(0, 500.0)]);
    seen(&mut totals, "b", &[]);
    seen(&mut totals, "a", &[(0, 510.0)]);
    assert_eq!(seen(&mut totals, "b", &[(0, 7.0)]), Some(17.0));
    assert_eq!(seen(&mut totals, "a", &[]), Some(17.0));
    assert_eq!(
        seen(&mut totals, "a", &[(0, 3.0)]),
        Some(20.0),
        "it moved back"
    );
}

#[test]
fn a_count_that_goes_back_was_begun_anew() {
    let mut totals = Totals::default();
    seen(&mut totals, "a", &[(0, 500.0)]);
    seen(&mut totals, "a", &[(0, 510.0)]);
    assert_eq!(seen(&mut totals, "a", &[(0, 4.0)]), Some(14.0));
}

#[test]
fn a_worker_that_did_not_answer_for_a_while_goes_on_where_it_was() {
    let mut totals = Totals::default();
    seen(&mut totals, "a", &[(0, 500.0)]);
    assert_eq!(seen(&mut totals, "a", &[(0, 900.0)]), Some(400.0));
}

#[test]
fn a_partition_that_is_gone_is_forgotten() {
    let mut totals = Totals::default();
    seen(&mut totals, "a", &[(0, 1.0), (1, 1.0)]);
    totals.retain(|partition| *partition == 1);
    assert!(totals.of(&0).is_none() && totals.of(&1).is_some());
}
