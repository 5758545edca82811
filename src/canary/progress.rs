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

/// What the reading of an offset is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sight {
    /// The reader was set back, and has read this offset before.
    Again,
    /// What stands there was there when the reading began.
    WasThere,
    /// It came later.
    New,
}

#[derive(Clone, Copy, Debug)]
struct Standing {
    next: i64,
    until: i64,
    /// All before this offset has been read at some time.
    furthest: i64,
}

/// All partitions of one side, from 0 on.
#[derive(Debug, Default)]
pub(super) struct Progress {
    positions: Vec<Standing>,
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
        let stand = |&Position { next, until }: &Position| Standing {
            next,
            until,
            furthest: next,
        };
        self.positions.extend(positions[known..].iter().map(stand));
    }

    /// A record was read.
    pub(super) fn read(&mut self, partition: i32, offset: i64) -> Sight {
        let position = usize::try_from(partition)
            .ok()
            .and_then(|partition| self.positions.get_mut(partition));
        let Some(position) = position else {
            return Sight::New;
        };
        position.next = offset + 1;
        if offset < position.furthest {
            return Sight::Again;
        }
        position.furthest = position.next;
        if offset < position.until {
            Sight::WasThere
        } else {
            Sight::New
        }
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
        let Some(position) = self.positions.get_mut(partition) else {
            return;
        };
        if offset < position.next {
            // The log was made anew, or cut: nothing has been read of what will stand from there on.
            position.furthest = position.furthest.min(offset);
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
    assert_eq!(progress.read(0, 3), Sight::WasThere);
    assert_eq!(progress.read(0, 4), Sight::WasThere);
    assert!(progress.are_all_through());
    assert_eq!(progress.read(0, 5), Sight::New);
    let more = [Position { next: 0, until: 9 }; 3];
    progress.stand(&more);
    assert_eq!((progress.next(0), progress.next(2)), (Some(6), Some(0)));
    assert_eq!(
        progress.read(7, 1),
        Sight::New,
        "a partition that is not read"
    );
    assert!(!progress.is_through(2));
    progress.is_at_end(2);
    assert!(progress.is_through(2));
    assert_eq!(progress.read(2, 0), Sight::New);
}

#[test]
fn a_reader_that_was_set_back_reads_again_up_to_where_it_was_or_the_log_was_cut() {
    let mut progress = Progress::default();
    progress.stand(&[Position { next: 5, until: 5 }]);
    progress.read(0, 5);
    assert_eq!(progress.read(0, 2), Sight::Again);
    assert_eq!(progress.read(0, 5), Sight::Again);
    assert_eq!(progress.read(0, 6), Sight::New);
    progress.ends(0, 5, Duration::from_secs(1));
    assert_eq!(progress.read(0, 4), Sight::Again);
    assert_eq!(progress.read(0, 5), Sight::New);
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
