//! How far each partition of one side has been read; pure.

/// Where the reading of one partition stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Position {
    /// The offset of the next record.
    pub(super) next: i64,
    /// What is before this offset was there when the reading began.
    pub(super) until: i64,
}

/// All partitions of one side, from 0 on.
#[derive(Debug, Default)]
pub(super) struct Progress {
    positions: Vec<Position>,
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

    /// What is left of what was there holds no records, as after a transaction its end does.
    pub(super) fn end(&mut self) {
        for position in &mut self.positions {
            position.until = position.until.min(position.next);
        }
    }

    /// Whether the reader stands.
    pub(super) fn stands(&self) -> bool {
        !self.positions.is_empty()
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
    progress.end();
    assert!(progress.is_through(2) && !progress.read(2, 0));
}
