//! Outages, exposure, loss and duplicates of the load.
//!
//! An outage of a partition: `a` is the later of the intended send time of the oldest acknowledged record not yet delivered and the first
//! arrival before it, `b` the next first arrival; it is an outage if `b - a` exceeds the threshold. Duplicates open and close nothing. A
//! record that never arrives although a later one did is lost; it is listed and holds nothing up.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::Window;
use super::ledger::{Ledger, Record};
use super::levels::Levels;

/// When a partition stopped and flowed again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outage {
    /// `a`.
    pub stopped_us: i64,
    /// `b`; none while it lasts.
    pub flowed_again_us: Option<i64>,
}

/// The truth of one partition in a window.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Partition {
    /// The partition.
    pub partition: i32,
    /// Outages that touch the window.
    pub outages: Vec<Outage>,
    /// Records due in the window.
    pub sent: u64,
    /// Those that the source acknowledged.
    pub acknowledged: u64,
    /// Those that arrived, at any time.
    pub arrived: u64,
    /// Arrivals in the window beyond the first of their record.
    pub duplicates: u64,
    /// Sequences due in the window, acknowledged, never arrived, though a later one of the partition did.
    pub lost: Vec<u64>,
    /// Records due in the window, acknowledged, that have not arrived and that no later one has overtaken.
    pub pending: u64,
    /// Worst `t - S(t)` in the window, S(t) being the intended send time of the last record up to which all have arrived.
    pub worst_exposure_us: i64,
    /// Worst age of the oldest acknowledged record that was not there: less than the exposure by one period of the load at most.
    pub oldest_undelivered_us: i64,
    /// Most acknowledged records that were not there at one time of the window.
    pub undelivered_peak: u64,
}

/// The truth of the whole load in a window.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Truth {
    /// The window, as far as it is known.
    pub window: Window,
    /// D.
    pub threshold_us: i64,
    /// The latest `b` of all partitions; none without an outage that has ended.
    pub flowed_again_us: Option<i64>,
    /// Whether an outage lasts at the end.
    pub open: bool,
    /// The worst of the partitions.
    pub worst_exposure_us: i64,
    /// The worst of the partitions.
    pub oldest_undelivered_us: i64,
    /// Most records undelivered at one time, all partitions together.
    pub undelivered_peak: u64,
    /// All partitions together.
    pub lost: u64,
    /// All partitions together.
    pub duplicates: u64,
    /// Each partition.
    pub partitions: Vec<Partition>,
}

/// The truth of a window, with outages longer than `threshold_us`.
pub fn judge(ledger: &Ledger, window: Window, threshold_us: i64) -> Truth {
    let window = Window {
        from_us: window.from_us,
        to_us: window.to_us.min(ledger.through_us),
    };
    let mut levels = Levels::default();
    let judged = ledger.partitions.iter().map(|(number, records)| {
        let (partition, own) =
            judge_partition(*number, records, window, threshold_us, ledger.through_us);
        levels.merge(&own);
        partition
    });
    let partitions: Vec<Partition> = judged.collect();
    let outages = || partitions.iter().flat_map(|partition| &partition.outages);
    let worst = |of: fn(&Partition) -> i64| partitions.iter().map(of).max().unwrap_or(0);
    Truth {
        window,
        threshold_us,
        flowed_again_us: outages().filter_map(|outage| outage.flowed_again_us).max(),
        open: outages().any(|outage| outage.flowed_again_us.is_none()),
        worst_exposure_us: worst(|partition| partition.worst_exposure_us),
        oldest_undelivered_us: worst(|partition| partition.oldest_undelivered_us),
        undelivered_peak: levels.peak(window),
        lost: partitions
            .iter()
            .map(|partition| partition.lost.len() as u64)
            .sum(),
        duplicates: partitions
            .iter()
            .map(|partition| partition.duplicates)
            .sum(),
        partitions,
    }
}

fn judge_partition(
    number: i32,
    records: &BTreeMap<u64, Record>,
    window: Window,
    threshold_us: i64,
    through_us: i64,
) -> (Partition, Levels) {
    let last_arrived = records
        .iter()
        .rev()
        .find(|(_, record)| !record.arrivals_us.is_empty())
        .map(|(sequence, _)| *sequence);
    let lost = |sequence: u64, record: &Record| {
        is_missing(record) && last_arrived.is_some_and(|last| sequence < last)
    };
    let mut partition = Partition {
        partition: number,
        ..Partition::default()
    };
    let mut levels = Levels::default();
    let mut owed = Vec::new();
    for (sequence, record) in records {
        let is_lost = lost(*sequence, record);
        levels.note(record, is_lost);
        tally(&mut partition, *sequence, record, is_lost, window);
        if record.is_owed() && !is_lost {
            owed.push((*sequence, record));
        }
    }
    partition.undelivered_peak = levels.peak(window);
    Replay::of(&owed, window, threshold_us).run(&mut partition, through_us);
    (partition, levels)
}

fn is_missing(record: &Record) -> bool {
    record.acknowledged_us.is_some() && record.arrivals_us.is_empty()
}

/// Counts one record.
fn tally(partition: &mut Partition, sequence: u64, record: &Record, is_lost: bool, window: Window) {
    let again = record.arrivals_us.iter().skip(1);
    partition.duplicates += count(again.filter(|us| window.contains(**us)).count());
    if !window.contains(record.sent_us) {
        return;
    }
    partition.sent += 1;
    partition.acknowledged += u64::from(record.is_owed());
    partition.arrived += u64::from(!record.arrivals_us.is_empty());
    partition.pending += u64::from(is_missing(record) && !is_lost);
    if is_lost {
        partition.lost.push(sequence);
    }
}

/// Goes through the first arrivals of a partition in the order of time.
struct Replay {
    /// Intended send time of each record that is owed.
    sent: BTreeMap<u64, i64>,
    undelivered: BTreeSet<u64>,
    /// First arrivals in the order of time.
    arrivals: Vec<(i64, u64)>,
    window: Window,
    threshold_us: i64,
}

impl Replay {
    fn of(owed: &[(u64, &Record)], window: Window, threshold_us: i64) -> Self {
        let sent = owed
            .iter()
            .map(|(sequence, record)| (*sequence, record.sent_us));
        let first =
            |(sequence, record): &(u64, &Record)| Some((*record.arrivals_us.first()?, *sequence));
        let mut arrivals: Vec<(i64, u64)> = owed.iter().filter_map(first).collect();
        arrivals.sort_unstable();
        Self {
            sent: sent.collect(),
            undelivered: owed.iter().map(|(sequence, _)| *sequence).collect(),
            arrivals,
            window,
            threshold_us,
        }
    }

    fn run(mut self, partition: &mut Partition, through_us: i64) {
        let mut previous = None;
        for (us, sequence) in std::mem::take(&mut self.arrivals) {
            self.look(partition, previous, us, false);
            self.undelivered.remove(&sequence);
            previous = Some(us);
        }
        self.look(partition, previous, through_us, true);
    }

    /// What is owed at this instant, just before the arrival that it brings; `open` at the end, which brings none.
    fn look(&self, partition: &mut Partition, previous: Option<i64>, at: i64, open: bool) {
        let (Some(oldest), Some(previous)) = (self.undelivered.first(), previous) else {
            return;
        };
        let due = self.sent[oldest];
        let stopped_us = due.max(previous);
        let flowed_again_us = (!open).then_some(at);
        let is_outage = at - stopped_us > self.threshold_us;
        if is_outage && self.window.touches(stopped_us, flowed_again_us) {
            partition.outages.push(Outage {
                stopped_us,
                flowed_again_us,
            });
        }
        if self.window.contains(at) {
            let before = self.sent.range(..oldest).next_back();
            let delivered = before.map_or(due, |(_, us)| *us);
            partition.worst_exposure_us = partition.worst_exposure_us.max(at - delivered);
            partition.oldest_undelivered_us = partition.oldest_undelivered_us.max(at - due);
        }
    }
}

fn count(count: usize) -> u64 {
    u64::try_from(count).unwrap_or(u64::MAX)
}

#[cfg(test)]
#[path = "flow_tests.rs"]
mod tests;
