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
//! - What arrived while the ledger was gone is counted, and has no time: see `saved`.

mod counts;
mod histogram;
mod ledger;
mod outage;
mod partition;
mod replay;
pub mod saved;

use std::time::Duration;

pub(super) use self::histogram::Histogram;
pub use self::ledger::Place;
use self::partition::Partition;
use self::saved::SavedPartition;
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

/// A record of this run that was read from the target.
#[derive(Clone, Copy, Debug)]
pub struct Arrival {
    /// Its number.
    pub sequence: u64,
    /// When it was to be sent.
    pub intended: Duration,
    /// When it was read.
    pub at: Duration,
    /// Whether that is when it came, and not only when it was found.
    pub is_timed: bool,
}

/// A first arrival.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Delivery {
    /// When the record was to be sent.
    pub intended: Duration,
    /// Where it stands on the source, if that is known.
    pub place: Option<Place>,
}

/// What can be wrong with a record that was read from the target.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flaw {
    /// Its checksum or form is wrong: nobody knows which record it was.
    Corrupt,
    /// It was written for another topic or partition than the one it was found in.
    Misrouted,
    /// Its header is missing or changed, though the record itself is sound.
    Mangled,
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

    /// Put a partition as it was saved in the place of an empty one; the source had been read back up to the offset `read_to`.
    /// Until `is_present` nothing in it is timed.
    pub fn restore(
        &mut self,
        partition: usize,
        saved: &SavedPartition,
        read_to: i64,
        anchor: &Anchor,
    ) -> Result<(), saved::TooMany> {
        if let Some(p) = self.partitions.get_mut(partition) {
            *p = Partition::restore(saved, read_to, self.settings.period, anchor)?;
        }
        Ok(())
    }

    /// A partition as it is at `now`, to be restored from; `None` if it is too scattered to be kept.
    pub fn save(&self, partition: usize, now: Duration, anchor: &Anchor) -> Option<SavedPartition> {
        self.partitions
            .get(partition)?
            .save(now, self.settings.period, anchor)
    }

    /// A record of this run stands on the source that was sent after the partition was saved.
    pub fn found(&mut self, partition: usize, sequence: u64, intended: Duration) {
        if let Some(p) = self.partitions.get_mut(partition) {
            p.ledger.find(sequence, intended);
        }
    }

    /// A partition goes on from `sequence`, or from a greater one that is known. Sends without an answer are decided by reading on. The
    /// sequence to go on from.
    pub fn resume(&mut self, partition: usize, sequence: u64) -> u64 {
        let p = self.partitions.get_mut(partition);
        p.map_or(sequence, |p| p.ledger.resume(sequence))
    }

    /// A restored partition sends again from the slot `intended` on: nothing was meant to be sent before it.
    pub fn was_idle_until(&mut self, partition: usize, intended: Duration) {
        if let Some(p) = self.partitions.get_mut(partition) {
            p.was_idle_until(intended, &self.settings);
        }
    }

    /// All that arrived in a restored partition while the ledger was gone has been read.
    pub fn is_present(&mut self, partition: usize) {
        if let Some(p) = self.partitions.get_mut(partition) {
            p.is_present(&self.settings);
        }
    }

    /// There are so many partitions now; the ledgers of those that it has go on.
    pub fn grow(&mut self, partitions: usize) {
        if self.partitions.len() < partitions {
            self.partitions.resize_with(partitions, Partition::default);
        }
    }

    /// How many partitions there are.
    pub fn partitions(&self) -> usize {
        self.partitions.len()
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

    /// A delivery report came: the record stands on the source. When it was to be sent, if that was news.
    pub fn acknowledged(
        &mut self,
        partition: usize,
        sequence: u64,
        place: Option<Place>,
        at: Duration,
    ) -> Option<Duration> {
        let p = self.partitions.get_mut(partition)?;
        p.acknowledge(sequence, place, at, &self.settings)
    }

    /// The producer gave the record up: it may stand on the source or not.
    pub fn failed(&mut self, partition: usize, sequence: u64) {
        if let Some(p) = self.partitions.get_mut(partition) {
            p.ledger.fail(sequence);
        }
    }

    /// The record was read back from the source: it stands, and failed ones before it do not.
    pub fn read_back(&mut self, partition: usize, sequence: u64, place: Place, at: Duration) {
        if let Some(p) = self.partitions.get_mut(partition) {
            p.read_back(sequence, place, at, &self.settings);
        }
    }

    /// Whether an arrival of this record would be its first.
    pub fn awaits(&self, partition: usize, sequence: u64) -> bool {
        self.partitions
            .get(partition)
            .is_some_and(|p| p.ledger.is_first(sequence) == Some(true))
    }

    /// The record was read from the target; what it was if this is its first arrival.
    pub fn arrived(&mut self, partition: usize, arrival: &Arrival) -> Option<Delivery> {
        let p = self.partitions.get_mut(partition)?;
        let open = p.arrive(arrival, &self.settings)?;
        if arrival.is_timed {
            self.latency
                .observe(arrival.at.saturating_sub(open.intended));
        }
        Some(Delivery {
            intended: open.intended,
            place: open.place,
        })
    }

    /// A record was read from the target that is not as it was sent.
    pub fn flawed(&mut self, partition: usize, flaw: Flaw) {
        if let Some(p) = self.partitions.get_mut(partition) {
            p.ledger.counts.add(flaw);
        }
    }

    /// MM2 has committed this source offset as that of the last record it copied from the partition.
    pub fn committed(&mut self, partition: usize, offset: i64, at: Duration) {
        if let Some(p) = self.partitions.get_mut(partition) {
            p.ledger.commit(offset, at);
        }
    }

    /// All that the target's partition held at the instant `asked` has been read: a record that MM2 copied before it has arrived.
    pub fn read_to_end(&mut self, partition: usize, asked: Duration) {
        if let Some(p) = self.partitions.get_mut(partition) {
            p.ledger.read_to_end(asked);
        }
    }

    /// Let time pass. `seen_since` is since when the target has been seen without a break; `None` while it is not: nothing is lost
    /// that nobody could have seen arrive.
    pub fn advance(&mut self, now: Duration, seen_since: Option<Duration>) {
        for partition in &mut self.partitions {
            partition.advance(now, &self.settings);
            if let Some(seen_since) = seen_since {
                partition.confirm_losses(now, seen_since, &self.settings);
            }
        }
    }

    /// Outages of a partition so far, and whether one is open.
    pub fn outages(&self, partition: usize) -> (u64, bool) {
        self.partitions
            .get(partition)
            .map_or((0, false), |p| (p.outages.count(), p.outages.is_open()))
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
