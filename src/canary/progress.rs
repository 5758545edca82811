//! How far each partition of one side has been read; pure.

use std::collections::BTreeMap;
use std::time::Duration;

/// Where the reading of one partition stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Position {
    /// The offset of the next record.
    pub(super) next: i64,
    /// What is before this offset was there when the reading began.
    pub(super) until: i64,
}

/// Where a log ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct End {
    offset: i64,
    asked: Duration,
}

/// All partitions of one side, from 0 on.
#[derive(Debug, Default)]
pub(super) struct Progress {
    positions: Vec<Position>,
    /// The ends that the logs had when they were asked for, which have not been read up to yet.
    ends: BTreeMap<usize, End>,
    /// Where an earlier life was, until the reader stands.
    before: Vec<Option<i64>>,
}

impl Progress {
    /// An earlier life was here.
    pub(super) fn was(&mut self, before: Vec<Option<i64>>) {
        self.before = before;
    }

    /// The reader was set on these partitions; those that it read already go on where they were.
    pub(super) fn stand(&mut self, positions: &[Position]) {
        let known = self.positions.len().min(positions.len());
        self.positions.extend_from_slice(&positions[known..]);
    }

    /// A record was read; whether it was there when the reading began.
    pub(super) fn read(&mut self, partition: i32, offset: i64) -> bool {
        let position = usize::try_from(partition)
            .ok()
            .and_then(|partition| self.positions.get_mut(partition));
        position.is_some_and(|position| {
            position.next = offset + 1;
            offset < position.until
        })
    }

    /// The reader is at the end of the log: what is left of what was there holds no records, as the end of a transaction does not.
    pub(super) fn is_at_end(&mut self, partition: i32) {
        let partition = usize::try_from(partition).ok();
        if let Some(position) = partition.and_then(|n| self.positions.get_mut(n)) {
            position.until = position.until.min(position.next);
        }
    }

    /// The log ended before this offset when it was asked for. An end that is being read up to is kept: a reader that lags behind a
    /// log that grows comes to it.
    pub(super) fn ends(&mut self, partition: usize, offset: i64, asked: Duration) {
        let next = self.positions.get(partition).map(|position| position.next);
        // Nothing has been read of a log that ends before the reader's place: it was made anew, or cut.
        if next.is_none_or(|next| next > offset) {
            self.ends.remove(&partition);
            return;
        }
        let end = End { offset, asked };
        let known = self.ends.entry(partition).or_insert(end);
        if offset < known.offset {
            *known = end;
        }
    }

    /// When the end was asked for that has been read up to now; each end once.
    pub(super) fn reached(&mut self, partition: usize) -> Option<Duration> {
        let end = *self.ends.get(&partition)?;
        let next = self.positions.get(partition)?.next;
        if next < end.offset {
            return None;
        }
        self.ends.remove(&partition);
        Some(end.asked)
    }

    /// The offset of the next record; `None` of a partition that was never read.
    pub(super) fn next(&self, partition: usize) -> Option<i64> {
        match self.positions.get(partition) {
            Some(position) => Some(position.next),
            None => self.before.get(partition).copied().flatten(),
        }
    }

    /// Whether all that was there when the reading began has been read.
    pub(super) fn is_through(&self, partition: usize) -> bool {
        self.positions
            .get(partition)
            .is_some_and(|position| position.next >= position.until)
    }

    /// The same of all partitions; never before the reader stands.
    pub(super) fn are_all_through(&self) -> bool {
        let partitions = self.positions.len();
        partitions > 0 && (0..partitions).all(|partition| self.is_through(partition))
    }
}

#[test]
fn what_was_there_is_told_from_what_came_later() {
    let mut progress = Progress::default();
    progress.was(vec![Some(2), None]);
    assert_eq!((progress.next(0), progress.next(1)), (Some(2), None));
    assert!(!progress.are_all_through());
    progress.stand(&[
        Position { next: 3, until: 5 },
        Position { next: 0, until: 0 },
    ]);
    assert!(progress.is_through(1) && !progress.are_all_through());
    assert!(progress.read(0, 3));
    assert!(progress.read(0, 4));
    assert!(progress.are_all_through());
    assert!(!progress.read(0, 5));
    let more = [Position { next: 0, until: 9 }; 3];
    progress.stand(&more);
    assert_eq!((progress.next(0), progress.next(2)), (Some(6), Some(0)));
    assert!(!progress.read(7, 1), "a partition that is not read");
    assert!(!progress.is_through(2));
    progress.is_at_end(2);
    assert!(progress.is_through(2) && !progress.read(2, 0));
}

#[test]
fn an_end_is_reached_when_all_before_it_was_read_and_told_once() {
    let second = Duration::from_secs;
    let mut progress = Progress::default();
    progress.ends(0, 3, second(1));
    assert_eq!(progress.reached(0), None, "the reader does not stand");
    progress.stand(&[Position { next: 3, until: 3 }]);
    progress.ends(0, 3, second(2));
    assert_eq!(progress.reached(0), Some(second(2)));
    assert_eq!(progress.reached(0), None);
    progress.ends(0, 5, second(3));
    progress.read(0, 3);
    // The log grows faster than it is read: the first end is reached all the same.
    progress.ends(0, 9, second(4));
    assert_eq!(progress.reached(0), None);
    progress.read(0, 4);
    assert_eq!(progress.reached(0), Some(second(3)));
}

#[test]
fn the_end_of_a_log_that_was_made_anew_is_not_reached_before_it_is_read() {
    let mut progress = Progress::default();
    progress.stand(&[Position { next: 9, until: 9 }]);
    progress.ends(0, 12, Duration::from_secs(1));
    progress.ends(0, 2, Duration::from_secs(2));
    assert_eq!(progress.reached(0), None);
    progress.read(0, 0);
    progress.ends(0, 2, Duration::from_secs(3));
    assert_eq!(progress.reached(0), None);
    progress.read(0, 1);
    assert_eq!(progress.reached(0), Some(Duration::from_secs(3)));
}
