//! What became of each record of one partition. Counts and states only; outages are `partition`'s.
//!
//! A record is *unanswered* until it is acknowledged, read back from the source, or seen at the target (all three prove that it
//! stands on the source), or until its send fails. A failed send is *undecided*: only reading on decides it, because a source
//! partition is read in order. A record that stands is *pending*; *passed* once there is evidence that MM2 is beyond it: a later one
//! has arrived, or MM2's committed offset is not before it. It is *lost* when it is still missing a grace after that, and the target
//! was read to an end that it had since. Records in none of these sets are settled and take no memory.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use super::counts::Counts;
use crate::model::time::Timestamp;

/// Lost records that are remembered, so that one that arrives after all is known for a first arrival.
const REMEMBERED_LOSSES: usize = 10_000;

/// Gaps between known sequences that are remembered: what is found in older ones is taken for a duplicate.
const REMEMBERED_GAPS: usize = 16;

/// Where a record stands on the source.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// Its offset.
    pub offset: i64,
    /// When the broker appended it, by its own clock; `None` where the topic carries the sender's time.
    pub appended: Option<Timestamp>,
}

/// A record whose fate is open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Open {
    pub(super) intended: Duration,
    pub(super) place: Option<Place>,
}

/// Records by sequence.
pub(super) type Set = BTreeMap<u64, Open>;

#[derive(Debug, Default)]
pub(super) struct Ledger {
    pub(super) counts: Counts,
    /// Greater than every sequence so far.
    pub(super) next: u64,
    /// Sequences that are not known to have been sent, as where a later life of the exporter went on: first, and the one after the last.
    pub(super) gaps: Vec<(u64, u64)>,
    pub(super) unanswered: Set,
    pub(super) undecided: Set,
    pub(super) pending: Set,
    pub(super) passed: Set,
    /// When each passed record was passed, in that order; settled ones are skipped when their turn comes.
    pub(super) passings: VecDeque<(Duration, u64)>,
    pub(super) lost: Set,
    pub(super) first_arrived: Option<u64>,
    pub(super) newest_arrived: Option<(u64, Duration)>,
    pub(super) newest_read: Option<u64>,
    /// The source offset of the last record that MM2 committed as copied, and since when.
    pub(super) committed: Option<(i64, Duration)>,
    /// What the target held at this instant has all been read; what was copied just then may not be in it.
    pub(super) read_to_end: Option<Duration>,
}

impl Ledger {
    pub(super) fn send(&mut self, sequence: u64, intended: Duration) {
        debug_assert!(sequence >= self.next, "sequences grow");
        self.next = sequence.saturating_add(1);
        self.add(sequence, intended);
    }

    fn add(&mut self, sequence: u64, intended: Duration) {
        self.counts.sent += 1;
        let open = Open {
            intended,
            place: None,
        };
        self.unanswered.insert(sequence, open);
    }

    /// A record that was sent in the absence of this ledger was found on one side, in whatever order the two are read.
    pub(super) fn find(&mut self, sequence: u64, intended: Duration) {
        if sequence >= self.next {
            self.leave_out(sequence);
            self.send(sequence, intended);
            return;
        }
        let Some(index) = self.gap_of(sequence) else {
            return;
        };
        let (first, end) = self.gaps[index];
        let parts = [(first, sequence), (sequence + 1, end)];
        let parts = parts.into_iter().filter(|(first, end)| first < end);
        self.gaps.splice(index..=index, parts);
        self.add(sequence, intended);
    }

    fn leave_out(&mut self, until: u64) {
        if self.next < until {
            self.gaps.push((self.next, until));
            let forgotten = self.gaps.len().saturating_sub(REMEMBERED_GAPS);
            self.gaps.drain(..forgotten);
            self.next = until;
        }
    }

    /// Go on from this sequence, or from a greater one that is known; sends without an answer are decided by reading on. The sequence to
    /// go on from.
    pub(super) fn resume(&mut self, sequence: u64) -> u64 {
        for sequence in self.unanswered.keys().copied().collect::<Vec<_>>() {
            self.fail(sequence);
        }
        self.leave_out(sequence);
        self.next
    }

    /// Whether a record of this sequence is known to have been sent.
    fn was_sent(&self, sequence: u64) -> bool {
        sequence < self.next && self.gap_of(sequence).is_none()
    }

    /// Which of the gaps the sequence lies in.
    fn gap_of(&self, sequence: u64) -> Option<usize> {
        let is_in = |(first, end): &(u64, u64)| (*first..*end).contains(&sequence);
        self.gaps.iter().position(is_in)
    }

    /// The record stands on the source. Its intended send time if that was news.
    pub(super) fn acknowledge(
        &mut self,
        sequence: u64,
        place: Option<Place>,
        at: Duration,
    ) -> Option<Duration> {
        let Some(mut open) = self
            .unanswered
            .remove(&sequence)
            .or_else(|| self.undecided.remove(&sequence))
        else {
            self.learn(sequence, place);
            return None;
        };
        self.counts.acknowledged += 1;
        open.place = place;
        // Before the first arrival MM2 had not picked the partition up: what it skipped then is not owed.
        if self.first_arrived.is_some_and(|first| sequence < first) {
            return Some(open.intended);
        }
        let is_overtaken = self
            .newest_arrived
            .is_some_and(|(newest, _)| sequence < newest);
        if is_overtaken || self.is_committed(open) {
            self.pass(sequence, open, at);
        } else {
            self.pending.insert(sequence, open);
        }
        Some(open.intended)
    }

    /// Where a record stands that was known to stand already.
    fn learn(&mut self, sequence: u64, place: Option<Place>) {
        let known = self
            .pending
            .get_mut(&sequence)
            .or_else(|| self.passed.get_mut(&sequence));
        if let Some(open) = known {
            open.place = place.or(open.place);
        }
    }

    fn is_committed(&self, open: Open) -> bool {
        match (open.place, self.committed) {
            // What was sent later has this offset in a topic that was made anew.
            (Some(place), Some((committed, since))) => {
                self.first_arrived.is_some() && place.offset <= committed && open.intended < since
            }
            _ => false,
        }
    }

    /// MM2 committed this source offset as that of the last record it copied: it is beyond everything up to there.
    pub(super) fn commit(&mut self, offset: i64, at: Duration) {
        if self.committed.is_none_or(|(known, _)| known != offset) {
            self.committed = Some((offset, at));
        }
        let beyond: Vec<(u64, Open)> = self
            .pending
            .iter()
            .filter(|(_, open)| self.is_committed(**open))
            .map(|(sequence, open)| (*sequence, *open))
            .collect();
        for (sequence, open) in beyond {
            self.pending.remove(&sequence);
            self.pass(sequence, open, at);
        }
    }

    /// The send failed. Whether the record stands is only known by reading on.
    pub(super) fn fail(&mut self, sequence: u64) {
        let Some(open) = self.unanswered.remove(&sequence) else {
            return;
        };
        if self.newest_read.is_none_or(|newest| newest < sequence) {
            self.undecided.insert(sequence, open);
        }
    }

    /// The record was read from the source: failed sends before it do not stand there. Its intended send time if it was not known
    /// to stand.
    pub(super) fn read_back(
        &mut self,
        sequence: u64,
        place: Place,
        at: Duration,
    ) -> Option<Duration> {
        if !self.was_sent(sequence) {
            return None;
        }
        let news = self.acknowledge(sequence, Some(place), at);
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
            &self.passed,
            &self.lost,
        ];
        let owed = self.first_arrived.is_none_or(|first| first <= sequence);
        self.was_sent(sequence)
            .then(|| owed && unsettled.iter().any(|set| set.contains_key(&sequence)))
    }

    /// Settle a record that is acknowledged and arrives for the first time.
    pub(super) fn deliver(&mut self, sequence: u64, at: Duration) -> Option<Open> {
        let open = match self
            .pending
            .remove(&sequence)
            .or_else(|| self.passed.remove(&sequence))
        {
            Some(open) => open,
            None => self
                .lost
                .remove(&sequence)
                .inspect(|_| self.counts.late_after_loss += 1)?,
        };
        self.counts.received += 1;
        let is_first = self.first_arrived.is_none();
        let first = *self.first_arrived.get_or_insert(sequence);
        if self
            .newest_arrived
            .is_some_and(|(newest, _)| newest > sequence)
        {
            self.counts.reordered += 1;
        } else {
            self.newest_arrived = Some((sequence, open.intended));
            let later = self.pending.split_off(&sequence);
            for (passed, open) in std::mem::replace(&mut self.pending, later) {
                if passed > first {
                    self.pass(passed, open, at);
                }
            }
        }
        // What MM2 committed before counts from here on.
        if let Some((committed, _)) = self.committed.filter(|_| is_first) {
            self.commit(committed, at);
        }
        Some(open)
    }

    fn pass(&mut self, sequence: u64, open: Open, at: Duration) {
        self.passed.insert(sequence, open);
        self.passings.push_back((at, sequence));
    }

    /// What the target held at `asked` has all been read.
    pub(super) fn read_to_end(&mut self, asked: Duration) {
        self.read_to_end = self.read_to_end.max(Some(asked));
    }

    /// Give up the records that were passed a grace ago, and a grace since the target has been seen, unless they may stand in what was not
    /// read of it; says whether there were any.
    pub(super) fn confirm_losses(
        &mut self,
        now: Duration,
        grace: Duration,
        seen_since: Duration,
    ) -> bool {
        let before = self.counts.lost;
        while let Some(&(since, sequence)) = self.passings.front()
            && now.saturating_sub(since.max(seen_since)) >= grace
            && self.read_to_end.is_some_and(|asked| asked > since)
        {
            self.passings.pop_front();
            if let Some(open) = self.passed.remove(&sequence) {
                self.counts.lost += 1;
                self.lost.insert(sequence, open);
            }
        }
        while self.lost.len() > REMEMBERED_LOSSES {
            self.lost.pop_first();
        }
        self.counts.lost > before
    }

    /// Intended send time of the oldest record that stands and has not arrived.
    pub(super) fn oldest_owed(&self) -> Option<Duration> {
        oldest(&[&self.pending, &self.passed])
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
        (self.pending.len() + self.passed.len()) as u64
    }

    pub(super) fn passed(&self) -> u64 {
        self.passed.len() as u64
    }

    /// Records held in memory.
    pub(super) fn unsettled(&self) -> usize {
        self.unanswered.len() + self.undecided.len() + self.pending.len() + self.passed.len()
    }
}

fn oldest(sets: &[&Set]) -> Option<Duration> {
    sets.iter()
        .filter_map(|set| set.first_key_value())
        .map(|(_, open)| open.intended)
        .min()
}
