//! The open-loop schedule: when each record of each partition is to be sent.
//!
//! Intended times depend on nothing but the start, the period and the partition: a slow or stalled sender sends late, with the
//! intended time of the slot, and skips none. So a stall shows in the latencies instead of hiding from them.

use std::time::Duration;

/// One record to be sent: the slot of a partition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Slot {
    /// The partition to send to.
    pub partition: usize,
    /// The record's sequence in this partition.
    pub sequence: u64,
    /// When it is to be sent, on the monotonic clock.
    pub intended: Duration,
}

/// The intended send times of all partitions, staggered evenly within the period.
#[derive(Clone, Debug)]
pub struct Schedule {
    start: Duration,
    period: Duration,
    next: Vec<u64>,
}

impl Schedule {
    /// A schedule of `partitions` partitions that begins at `start`.
    pub fn new(start: Duration, period: Duration, partitions: usize) -> Self {
        Self {
            start,
            period,
            next: vec![0; partitions],
        }
    }

    /// The earliest slot not yet taken among the partitions that `open` lets through.
    pub fn peek(&self, open: impl Fn(usize) -> bool) -> Option<Slot> {
        (0..self.next.len())
            .filter(|&partition| open(partition))
            .map(|partition| self.slot(partition))
            .min_by_key(|slot| slot.intended)
    }

    /// Mark a slot as sent: the next one of its partition follows.
    pub fn take(&mut self, slot: Slot) {
        debug_assert_eq!(self.next[slot.partition], slot.sequence);
        self.next[slot.partition] += 1;
    }

    fn slot(&self, partition: usize) -> Slot {
        let sequence = self.next[partition];
        Slot {
            partition,
            sequence,
            intended: self.start + self.stagger(partition) + self.elapsed(sequence),
        }
    }

    fn stagger(&self, partition: usize) -> Duration {
        let share = |n: usize| u32::try_from(n).expect("a topic has fewer than 2^31 partitions");
        self.period * share(partition) / share(self.next.len())
    }

    /// `sequence` periods; counted in microseconds so that no rounding adds up.
    fn elapsed(&self, sequence: u64) -> Duration {
        let period = u64::try_from(self.period.as_micros()).unwrap_or(u64::MAX);
        Duration::from_micros(period.saturating_mul(sequence))
    }
}

#[cfg(test)]
const PERIOD: Duration = Duration::from_millis(100);

/// Take every slot due at `now`.
#[cfg(test)]
fn due(schedule: &mut Schedule, now: Duration) -> Vec<Slot> {
    let mut slots = Vec::new();
    while let Some(slot) = schedule.peek(|_| true).filter(|slot| slot.intended <= now) {
        schedule.take(slot);
        slots.push(slot);
    }
    slots
}

#[test]
fn partitions_are_staggered_evenly_within_the_period() {
    let mut schedule = Schedule::new(Duration::from_secs(7), PERIOD, 4);
    let offsets: Vec<_> = due(&mut schedule, Duration::from_millis(7_099))
        .iter()
        .map(|slot| (slot.partition, slot.intended.as_millis() - 7_000))
        .collect();
    assert_eq!(offsets, [(0, 0), (1, 25), (2, 50), (3, 75)]);
}

#[test]
fn after_a_stall_every_missed_slot_is_sent_with_its_own_intended_time() {
    let mut steady = Schedule::new(Duration::ZERO, PERIOD, 3);
    let mut stalled = steady.clone();
    let mut expected = Vec::new();
    for step in 0..=1_000 {
        expected.extend(due(&mut steady, Duration::from_millis(step * 10)));
    }
    let mut sent = due(&mut stalled, Duration::from_millis(1_200));
    sent.extend(due(&mut stalled, Duration::from_secs(10)));
    assert_eq!(sent, expected);
    let of_one: Vec<_> = sent.iter().filter(|slot| slot.partition == 1).collect();
    assert!(of_one.iter().zip(0..).all(|(slot, n)| slot.sequence == n));
}

#[test]
fn a_partition_that_is_held_back_keeps_its_slots_and_does_not_hold_the_others() {
    let mut schedule = Schedule::new(Duration::ZERO, PERIOD, 2);
    for _ in 0..5 {
        let slot = schedule
            .peek(|partition| partition != 0)
            .expect("partition 1 is open");
        assert_eq!(slot.partition, 1);
        schedule.take(slot);
    }
    let slot = schedule.peek(|_| true).expect("both are open");
    assert_eq!(
        (slot.partition, slot.sequence, slot.intended),
        (0, 0, Duration::ZERO)
    );
}

#[test]
fn a_period_that_is_no_whole_number_of_milliseconds_does_not_drift() {
    let mut schedule = Schedule::new(Duration::ZERO, Duration::from_micros(33_333), 1);
    let last = due(&mut schedule, Duration::from_hours(1))
        .pop()
        .expect("some were due");
    assert_eq!(last.intended, Duration::from_micros(33_333 * last.sequence));
}
