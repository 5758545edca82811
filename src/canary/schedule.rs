//! The open-loop schedule: when each record of each partition is to be sent.
//!
//! Intended times depend on nothing but the start, the period and the partition: a slow or stalled sender sends late, with the
//! intended time of the slot, and skips none. So a stall shows in the latencies instead of hiding from them.

use std::collections::BTreeSet;
use std::time::Duration;

/// Records of several partitions that would be due closer together than this are due at once: each instant wakes up every thread of the
/// clients on both sides, which costs more than the records.
const APART: Duration = Duration::from_millis(10);

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

/// The intended send times of all partitions; those that begin together are staggered evenly within the period,
/// at instants that are 10 ms apart or more.
#[derive(Clone, Debug)]
pub struct Schedule {
    period: Duration,
    /// Each partition's first slot.
    first: Vec<Slot>,
    /// The next slot of each partition, the earliest first.
    next: BTreeSet<Next>,
}

/// When a partition's next record is to be sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Next {
    intended: Duration,
    partition: usize,
    sequence: u64,
}

impl Schedule {
    /// A schedule that begins at `start`, with these sequences in the partitions from 0 on.
    pub fn new(start: Duration, period: Duration, first: &[u64]) -> Self {
        let mut schedule = Self {
            period,
            first: Vec::new(),
            next: BTreeSet::new(),
        };
        schedule.extend(start, first);
        schedule
    }

    /// The partitions that follow begin at `start`, with these sequences.
    pub fn extend(&mut self, start: Duration, first: &[u64]) {
        let instants = self.instants(first.len());
        for (n, sequence) in first.iter().enumerate() {
            let instant = n * instants / first.len();
            let slot = Slot {
                partition: self.first.len(),
                sequence: *sequence,
                intended: start + self.period * share(instant) / share(instants),
            };
            self.first.push(slot);
            self.next.insert(self.at(slot.partition, slot.sequence));
        }
    }

    /// At how many instants of a period records of so many partitions are due.
    fn instants(&self, partitions: usize) -> usize {
        let apart = self.period.as_micros() / APART.as_micros();
        usize::try_from(apart)
            .unwrap_or(usize::MAX)
            .clamp(1, partitions.max(1))
    }

    /// How many partitions it has.
    pub fn partitions(&self) -> usize {
        self.first.len()
    }

    /// The earliest slot not yet taken among the partitions that `open` lets through.
    pub fn peek(&self, open: impl Fn(usize) -> bool) -> Option<Slot> {
        let next = self.next.iter().find(|next| open(next.partition))?;
        Some(Slot {
            partition: next.partition,
            sequence: next.sequence,
            intended: next.intended,
        })
    }

    /// Mark a slot as sent: the next one of its partition follows.
    pub fn take(&mut self, slot: Slot) {
        let Slot {
            partition,
            sequence,
            intended,
        } = slot;
        let was_next = self.next.remove(&Next {
            intended,
            partition,
            sequence,
        });
        debug_assert!(was_next, "slots are taken as they were told");
        self.next.insert(self.at(partition, sequence + 1));
    }

    fn at(&self, partition: usize, sequence: u64) -> Next {
        let first = self.first[partition];
        Next {
            intended: first.intended + self.elapsed(sequence - first.sequence),
            partition,
            sequence,
        }
    }

    /// So many periods; counted in microseconds so that no rounding adds up.
    fn elapsed(&self, slots: u64) -> Duration {
        let period = u64::try_from(self.period.as_micros()).unwrap_or(u64::MAX);
        Duration::from_micros(period.saturating_mul(slots))
    }
}

fn share(partitions: usize) -> u32 {
    u32::try_from(partitions).expect("a topic has fewer than 2^31 partitions")
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
    let mut schedule = Schedule::new(Duration::from_secs(7), PERIOD, &[0; 4]);
    let offsets: Vec<_> = due(&mut schedule, Duration::from_millis(7_099))
        .iter()
        .map(|slot| (slot.partition, slot.intended.as_millis() - 7_000))
        .collect();
    assert_eq!(offsets, [(0, 0), (1, 25), (2, 50), (3, 75)]);
}

#[test]
fn many_partitions_share_instants_that_are_ten_milliseconds_apart() {
    let offsets = |partitions: usize| {
        let mut schedule = Schedule::new(Duration::ZERO, PERIOD, &vec![0; partitions]);
        let slots = due(&mut schedule, Duration::from_millis(99));
        assert_eq!(slots.len(), partitions);
        slots
            .iter()
            .map(|slot| slot.intended.as_micros())
            .collect::<BTreeSet<_>>()
    };
    let ten: BTreeSet<_> = (0..10).map(|n| n * 10_000).collect();
    assert_eq!(offsets(10), ten);
    assert_eq!(offsets(11), ten);
    assert_eq!(offsets(100), ten);
    assert_eq!(offsets(9).len(), 9);
}

#[test]
fn after_a_stall_every_missed_slot_is_sent_with_its_own_intended_time() {
    let mut steady = Schedule::new(Duration::ZERO, PERIOD, &[0; 3]);
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
    let mut schedule = Schedule::new(Duration::ZERO, PERIOD, &[0; 2]);
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
fn a_partition_that_goes_on_has_the_slots_of_one_that_begins() {
    let mut schedule = Schedule::new(Duration::ZERO, PERIOD, &[0, 70]);
    let slots = due(&mut schedule, Duration::from_millis(260));
    let of_second: Vec<_> = slots
        .iter()
        .filter(|slot| slot.partition == 1)
        .map(|slot| (slot.sequence, slot.intended.as_millis()))
        .collect();
    assert_eq!(of_second, [(70, 50), (71, 150), (72, 250)]);
}

#[test]
fn partitions_that_come_later_have_slots_of_their_own_and_move_no_others() {
    let mut schedule = Schedule::new(Duration::ZERO, PERIOD, &[0; 2]);
    due(&mut schedule, Duration::from_millis(1_020));
    schedule.extend(Duration::from_millis(1_030), &[7, 0]);
    let slots = due(&mut schedule, Duration::from_millis(1_149));
    let slots = slots.iter();
    let slots: Vec<_> = slots
        .map(|slot| (slot.partition, slot.sequence, slot.intended.as_millis()))
        .collect();
    assert_eq!(
        slots,
        [
            (2, 7, 1_030),
            (1, 10, 1_050),
            (3, 0, 1_080),
            (0, 11, 1_100),
            (2, 8, 1_130)
        ]
    );
    assert_eq!(schedule.partitions(), 4);
}

#[test]
fn a_period_that_is_no_whole_number_of_milliseconds_does_not_drift() {
    let mut schedule = Schedule::new(Duration::ZERO, Duration::from_micros(33_333), &[0; 1]);
    let last = due(&mut schedule, Duration::from_hours(1))
        .pop()
        .expect("some were due");
    assert_eq!(last.intended, Duration::from_micros(33_333 * last.sequence));
}
