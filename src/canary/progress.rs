//! How far each partition of one side has been read; pure.

use std::time::Duration;

use super::settled::Log;

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
    /// When it was read last.
    at: Duration,
    /// Where records were passed over since the log was asked for its ends.
    skipped: Option<i64>,
    /// The end that the log had when it was asked for, until it is read up to.
    end: Option<End>,
}

/// All partitions of one side, from 0 on.
#[derive(Debug, Default)]
pub(super) struct Progress {
    positions: Vec<Standing>,
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
            at: Duration::ZERO,
            skipped: None,
            end: None,
        };
        self.positions.extend(positions[known..].iter().map(stand));
    }

    /// A record was read at `at`.
    pub(super) fn read(&mut self, partition: i32, offset: i64, at: Duration) -> Sight {
        let position = usize::try_from(partition)
            .ok()
            .and_then(|partition| self.positions.get_mut(partition));
        let Some(position) = position else {
            return Sight::New;
        };
        if offset > position.next {
            position.skipped.get_or_insert(position.next);
        }
        (position.next, position.at) = (offset + 1, at);
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

    /// This was in the log when it was asked for; `false` if its beginning was deleted before it was read. An end that is being read up to
    /// is kept: a reader that lags behind a log that grows comes to it.
    pub(super) fn holds(&mut self, partition: usize, log: Log, asked: Duration) -> bool {
        let Some(position) = self.positions.get_mut(partition) else {
            return true;
        };
        let unread = position.skipped.take().unwrap_or(position.next);
        if log.high < position.next {
            if position.at < asked {
                // The log was made anew, or cut: nothing has been read of what will stand from there on.
                position.furthest = position.furthest.min(log.high);
                position.end = None;
            }
            return true;
        }
        let end = End {
            offset: log.high,
            asked,
        };
        let known = position.end.get_or_insert(end);
        if log.high < known.offset {
            *known = end;
        }
        // What is deleted will not be read any more: it is told once.
        position.next = position.next.max(log.low);
        log.low <= unread
    }

    /// When the end was asked for that has been read up to now; each end once.
    pub(super) fn reached(&mut self, partition: usize) -> Option<Duration> {
        let position = self.positions.get_mut(partition)?;
        let reached = position.end.take_if(|end| end.offset <= position.next)?;
        Some(reached.asked)
    }

    /// How many partitions are read.
    pub(super) fn partitions(&self) -> usize {
        self.positions.len()
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

#[cfg(test)]
fn read(progress: &mut Progress, partition: i32, offset: i64) -> Sight {
    progress.read(partition, offset, Duration::ZERO)
}

#[cfg(test)]
fn to(high: i64) -> Log {
    Log { low: 0, high }
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
    assert_eq!(read(&mut progress, 0, 3), Sight::WasThere);
    assert_eq!(read(&mut progress, 0, 4), Sight::WasThere);
    assert!(progress.are_all_through());
    assert_eq!(read(&mut progress, 0, 5), Sight::New);
    let more = [Position { next: 0, until: 9 }; 3];
    progress.stand(&more);
    assert_eq!((progress.next(0), progress.next(2)), (Some(6), Some(0)));
    assert_eq!(
        read(&mut progress, 7, 1),
        Sight::New,
        "a partition that is not read"
    );
    assert!(!progress.is_through(2));
    progress.is_at_end(2);
    assert!(progress.is_through(2));
    assert_eq!(read(&mut progress, 2, 0), Sight::New);
}

#[test]
fn a_reader_that_was_set_back_reads_again_up_to_where_it_was_or_the_log_was_cut() {
    let mut progress = Progress::default();
    progress.stand(&[Position { next: 5, until: 5 }]);
    read(&mut progress, 0, 5);
    assert_eq!(read(&mut progress, 0, 2), Sight::Again);
    assert_eq!(read(&mut progress, 0, 5), Sight::Again);
    assert_eq!(read(&mut progress, 0, 6), Sight::New);
    assert!(progress.holds(0, to(5), Duration::from_secs(1)));
    assert_eq!(read(&mut progress, 0, 4), Sight::Again);
    assert_eq!(read(&mut progress, 0, 5), Sight::New);
}

#[test]
fn an_end_is_reached_when_all_before_it_was_read_and_told_once() {
    let second = Duration::from_secs;
    let mut progress = Progress::default();
    assert!(progress.holds(0, to(3), second(1)));
    assert_eq!(progress.reached(0), None, "the reader does not stand");
    progress.stand(&[Position { next: 3, until: 3 }]);
    assert!(progress.holds(0, to(3), second(2)));
    assert_eq!(progress.reached(0), Some(second(2)));
    assert_eq!(progress.reached(0), None);
    assert!(progress.holds(0, to(5), second(3)));
    read(&mut progress, 0, 3);
    // The log grows faster than it is read: the first end is reached all the same.
    assert!(progress.holds(0, to(9), second(4)));
    assert_eq!(progress.reached(0), None);
    read(&mut progress, 0, 4);
    assert_eq!(progress.reached(0), Some(second(3)));
}

#[test]
fn the_end_of_a_log_that_was_made_anew_is_not_reached_before_it_is_read() {
    let mut progress = Progress::default();
    progress.stand(&[Position { next: 9, until: 9 }]);
    assert!(progress.holds(0, to(12), Duration::from_secs(1)));
    assert!(progress.holds(0, to(2), Duration::from_secs(2)));
    assert_eq!(progress.reached(0), None);
    read(&mut progress, 0, 0);
    assert!(progress.holds(0, to(2), Duration::from_secs(3)));
    assert_eq!(progress.reached(0), None);
    read(&mut progress, 0, 1);
    assert_eq!(progress.reached(0), Some(Duration::from_secs(3)));
}

#[test]
fn what_retention_deleted_before_it_was_read_is_told_once_also_when_the_reader_has_jumped_over_it()
{
    let second = Duration::from_secs;
    let mut progress = Progress::default();
    progress.stand(&[Position { next: 5, until: 5 }]);
    let log = |low| Log { low, high: 20 };
    assert!(progress.holds(0, log(5), second(1)));
    assert!(!progress.holds(0, log(6), second(2)));
    assert!(progress.holds(0, log(6), second(2)));
    progress.read(0, 9, second(3));
    assert!(
        !progress.holds(0, log(9), second(4)),
        "5 to 8 were not read"
    );
    assert!(progress.holds(0, log(10), second(5)));
    // The end of a transaction is no record.
    progress.read(0, 11, second(6));
    assert!(progress.holds(0, log(9), second(7)));
}

#[test]
fn an_end_from_before_the_last_record_was_read_cuts_nothing() {
    let mut progress = Progress::default();
    progress.stand(&[Position { next: 5, until: 5 }]);
    progress.read(0, 5, Duration::from_secs(2));
    assert!(progress.holds(0, to(5), Duration::from_secs(1)));
    assert_eq!(read(&mut progress, 0, 5), Sight::Again);
}
