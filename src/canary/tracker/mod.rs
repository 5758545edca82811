//! The two-ended ledger: what was sent, what stands on the source, what arrived at the target, and the outages in between.
//!
//! Pure: every instant is an argument, on one monotonic clock. The words are those of `docs/evaluation.md`:
//!
//! - A gap of a partition begins at *a*, the later of the intended send time of the oldest record that stands on the source and
//!   has not arrived, and the last first arrival; it ends at *b*, the next first arrival. It is an outage if b − a is longer than
//!   the threshold, and shows as open as soon as now − a is. Duplicates open and close nothing.
//! - *S(t)* is the intended send time up to which everything acknowledged has been delivered: that of the newest delivered
//!   record if nothing is owed, else the slot just before the oldest record owed. It never moves back within a run.
//! - Before its first arrival in this run a partition has neither: MM2 has not picked it up. Records older than the first one
//!   that arrives are not owed.

mod histogram;
mod ledger;
mod outage;
mod partition;

use std::time::Duration;

use self::histogram::Histogram;
use self::partition::Partition;
use crate::canary::anchor::Anchor;
use crate::model::canary::{LatencyView, PartitionView};

/// Records of one partition whose fate is open, at most: 29 hours at 10 records/s. Beyond it the canary holds its sends.
const MOST_UNSETTLED: usize = 1 << 20;

/// What the ledger judges by.
#[derive(Clone, Copy, Debug)]
pub struct Settings {
    /// Time between two records of one partition.
    pub period: Duration,
    /// D: a gap longer than this is an outage.
    pub threshold: Duration,
    /// A record overtaken this long ago is lost.
    pub grace: Duration,
}

/// The ledger of all partitions of one canary.
#[derive(Debug)]
pub struct Tracker {
    settings: Settings,
    partitions: Vec<Partition>,
    latency: Histogram,
}

impl Tracker {
    /// An empty ledger for `partitions` partitions.
    pub fn new(settings: Settings, partitions: usize) -> Self {
        Self {
            settings,
            partitions: std::iter::repeat_with(Partition::default)
                .take(partitions)
                .collect(),
            latency: Histogram::default(),
        }
    }

    /// Whether the ledger can take another record of this partition.
    pub fn has_room(&self, partition: usize) -> bool {
        self.partitions
            .get(partition)
            .is_some_and(|p| p.ledger.unsettled() < MOST_UNSETTLED)
    }

    /// The next record of a partition was handed to the producer.
    pub fn sent(&mut self, partition: usize, sequence: u64, intended: Duration) {
        if let Some(p) = self.partitions.get_mut(partition) {
            p.ledger.send(sequence, intended);
        }
    }

    /// A delivery report came: the record stands on the source.
    pub fn acknowledged(&mut self, partition: usize, sequence: u64, at: Duration) {
        if let Some(p) = self.partitions.get_mut(partition) {
            p.acknowledge(sequence, at, &self.settings);
        }
    }

    /// The producer gave the record up: it may stand on the source or not.
    pub fn failed(&mut self, partition: usize, sequence: u64) {
        if let Some(p) = self.partitions.get_mut(partition) {
            p.ledger.fail(sequence);
        }
    }

    /// The record was read back from the source: it stands, and failed ones before it do not.
    pub fn read_back(&mut self, partition: usize, sequence: u64, at: Duration) {
        if let Some(p) = self.partitions.get_mut(partition) {
            p.read_back(sequence, at, &self.settings);
        }
    }

    /// The record was read from the target.
    pub fn arrived(&mut self, partition: usize, sequence: u64, at: Duration) {
        if let Some(p) = self.partitions.get_mut(partition)
            && let Some(latency) = p.arrive(sequence, at, &self.settings)
        {
            self.latency.observe(latency);
        }
    }

    /// A record was read from the target whose checksum or form was wrong.
    pub fn corrupt(&mut self, partition: usize) {
        if let Some(p) = self.partitions.get_mut(partition) {
            p.ledger.counts.corrupt += 1;
        }
    }

    /// Let time pass.
    pub fn advance(&mut self, now: Duration) {
        for partition in &mut self.partitions {
            partition.advance(now, &self.settings);
        }
    }

    /// Intended send time of the oldest record of which it is not known whether it stands on the source.
    pub fn oldest_unanswered(&self) -> Option<Duration> {
        self.partitions
            .iter()
            .filter_map(|p| p.ledger.oldest_unanswered())
            .min()
    }

    /// The ledger at `now`, to which it was advanced before.
    pub fn view(&self, now: Duration, anchor: &Anchor) -> (Vec<PartitionView>, LatencyView) {
        let partitions = self
            .partitions
            .iter()
            .zip(0..)
            .map(|(p, number)| p.view(number, now, anchor));
        (partitions.collect(), self.latency.view())
    }
}
