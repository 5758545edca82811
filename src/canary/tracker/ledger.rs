//! What became of each record of one partition. Counts and states only; outages are `partition`'s.
//!
//! A record is *unanswered* until it is acknowledged, read back from the source, or seen at the target (all three prove that it
//! stands on the source), or until its send fails. A failed send is *undecided*: only reading on decides it, because a source
//! partition is read in order. A record that stands is *pending*; *overtaken* once a later one has arrived; *lost* when it is
//! still missing a grace later. Records in none of these sets are settled and take no memory.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

/// Lost records that are remembered, so that one that arrives after all is known for a first arrival.
const REMEMBERED_LOSSES: usize = 10_000;

/// Counts since the run began.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Counts {
    pub(super) sent: u64,
    pub(super) acknowledged: u64,
    pub(super) received: u64,
    pub(super) duplicates: u64,
    pub(super) lost: u64,
    pub(super) late_after_loss: u64,
    pub(super) corrupt: u64,
}

#[derive(Debug, Default)]
pub(super) struct Ledger {
    pub(super) counts: Counts,
    unanswered: BTreeMap<u64, Duration>,
    undecided: BTreeMap<u64, Duration>,
    pending: BTreeMap<u64, Duration>,
    overtaken: BTreeMap<u64, Duration>,
    /// When each overtaken record was overtaken, in that order; settled ones are skipped when their turn comes.
    overtakings: VecDeque<(Duration, u64)>,
    lost: BTreeMap<u64, Duration>,
    first_arrived: Option<u64>,
    newest_arrived: Option<(u64, Duration)>,
    newest_read: Option<u64>,
}

impl Ledger {
    pub(super) fn send(&mut self, sequence: u64, intended: Duration) {
        debug_assert_eq!(sequence, self.counts.sent, "sequences have no gaps");
        self.counts.sent = sequence + 1;
        self.unanswered.insert(sequence, intended);
    }

    /// The record stands on the source. Says whether that was news.
    pub(super) fn acknowledge(&mut self, sequence: u64, at: Duration) -> bool {
        let Some(intended) = self
            .unanswered
            .remove(&sequence)
            .or_else(|| self.undecided.remove(&sequence))
        else {
            return false;
        };
        self.counts.acknowledged += 1;
        // Before the first arrival MM2 had not picked the partition up: what it skipped then is not owed.
        if self.first_arrived.is_some_and(|first| sequence < first) {
            return true;
        }
        if self
            .newest_arrived
            .is_some_and(|(newest, _)| sequence < newest)
        {
            self.overtake(sequence, intended, at);
        } else {
            self.pending.insert(sequence, intended);
        }
        true
    }

    /// The send failed. Whether the record stands is only known by reading on.
    pub(super) fn fail(&mut self, sequence: u64) {
        let Some(intended) = self.unanswered.remove(&sequence) else {
            return;
        };
        if self.newest_read.is_none_or(|newest| newest < sequence) {
            self.undecided.insert(sequence, intended);
        }
    }

    /// The record was read from the source: failed sends before it do not stand there.
    pub(super) fn read_back(&mut self, sequence: u64, at: Duration) -> bool {
        if sequence >= self.counts.sent {
            return false;
        }
        let news = self.acknowledge(sequence, at);
        self.newest_read = self.newest_read.max(Some(sequence));
        self.undecided = self.undecided.split_off(&sequence);
        news
    }

    /// Whether an arrival of this record would be its first; `None` if it was never sent.
    pub(super) fn is_first(&self, sequence: u64) -> Option<bool> {
        let unsettled = [
            &self.unanswered,
            &self.undecided,
            &self.pending,
            &self.overtaken,
            &self.lost,
        ];
        let owed = self.first_arrived.is_none_or(|first| first <= sequence);
        (sequence < self.counts.sent)
            .then(|| owed && unsettled.iter().any(|set| set.contains_key(&sequence)))
    }

    /// Settle a record that is acknowledged and arrives for the first time; its intended send time.
    pub(super) fn deliver(&mut self, sequence: u64, at: Duration) -> Option<Duration> {
        let intended = match self
            .pending
            .remove(&sequence)
            .or_else(|| self.overtaken.remove(&sequence))
        {
            Some(intended) => intended,
            None => self
                .lost
                .remove(&sequence)
                .inspect(|_| self.counts.late_after_loss += 1)?,
        };
        self.counts.received += 1;
        let first = *self.first_arrived.get_or_insert(sequence);
        if self
            .newest_arrived
            .is_none_or(|(newest, _)| newest < sequence)
        {
            self.newest_arrived = Some((sequence, intended));
            let later = self.pending.split_off(&sequence);
            for (passed, intended) in std::mem::replace(&mut self.pending, later) {
                if passed > first {
                    self.overtake(passed, intended, at);
                }
            }
        }
        Some(intended)
    }

    fn overtake(&mut self, sequence: u64, intended: Duration, at: Duration) {
        self.overtaken.insert(sequence, intended);
        self.overtakings.push_back((at, sequence));
    }

    /// Give up the records that were overtaken a grace ago; says whether there were any.
    pub(super) fn confirm_losses(&mut self, now: Duration, grace: Duration) -> bool {
        let before = self.counts.lost;
        while let Some(&(since, sequence)) = self.overtakings.front()
            && now.saturating_sub(since) >= grace
        {
            self.overtakings.pop_front();
            if let Some(intended) = self.overtaken.remove(&sequence) {
                self.counts.lost += 1;
                self.lost.insert(sequence, intended);
            }
        }
        while self.lost.len() > REMEMBERED_LOSSES {
            self.lost.pop_first();
        }
        self.counts.lost > before
    }

    /// Intended send time of the oldest record that stands and has not arrived.
    pub(super) fn oldest_owed(&self) -> Option<Duration> {
        oldest(&[&self.pending, &self.overtaken])
    }

    /// Intended send time of the oldest record of which it is not known whether it stands.
    pub(super) fn oldest_unanswered(&self) -> Option<Duration> {
        oldest(&[&self.unanswered, &self.undecided])
    }

    /// Intended send time of the newest record that arrived.
    pub(super) fn newest_delivered(&self) -> Option<Duration> {
        self.newest_arrived.map(|(_, intended)| intended)
    }

    pub(super) fn undelivered(&self) -> u64 {
        (self.pending.len() + self.overtaken.len()) as u64
    }

    pub(super) fn overtaken(&self) -> u64 {
        self.overtaken.len() as u64
    }

    /// Records held in memory.
    pub(super) fn unsettled(&self) -> usize {
        self.unanswered.len() + self.undecided.len() + self.pending.len() + self.overtaken.len()
    }
}

fn oldest(sets: &[&BTreeMap<u64, Duration>]) -> Option<Duration> {
    sets.iter()
        .filter_map(|set| set.first_key_value())
        .map(|(_, intended)| *intended)
        .min()
}
