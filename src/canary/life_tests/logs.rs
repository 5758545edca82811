//! The two logs of one partition, and MM2 between them.

use std::collections::VecDeque;

use crate::canary::event::Sent;
use crate::canary::record::Record;
use crate::canary::settled::{Found, SettledPoint};

/// What stands in a log.
#[derive(Clone, Debug)]
pub(super) enum Entry {
    Record { record: Record, has_header: bool },
    Corrupt,
    Point(Box<SettledPoint>),
}

/// What becomes of the record that MM2 copies next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Copy {
    Sound,
    Lost,
    Corrupt,
    Misrouted,
    Mangled,
    /// Comes after the one that follows it.
    Behind,
}

/// One of the two partitions on its way.
#[derive(Debug, Default)]
pub(super) struct Partition {
    pub(super) source: Vec<Entry>,
    pub(super) target: Vec<Entry>,
    /// What MM2 copies next.
    copied: usize,
    held_back: Option<Entry>,
    /// What the producer holds.
    pub(super) in_flight: VecDeque<(Option<Sent>, Entry)>,
    pub(super) source_read: usize,
    pub(super) target_read: usize,
}

impl Partition {
    /// MM2 copies one record; what it writes to the other partition is given back.
    pub(super) fn copy(&mut self, copy: Copy) -> Option<Entry> {
        let entry = self.source.get(self.copied).cloned()?;
        self.copied += 1;
        let held_back = self.held_back.take();
        let mut misrouted = None;
        match (copy, entry) {
            (_, entry @ Entry::Point(_)) => self.target.push(entry),
            (Copy::Lost, _) => {}
            (Copy::Corrupt, _) => self.target.push(Entry::Corrupt),
            (Copy::Misrouted, entry) => misrouted = Some(entry),
            (Copy::Behind, entry) => self.held_back = Some(entry),
            (Copy::Mangled, Entry::Record { record, .. }) => self.target.push(Entry::Record {
                record,
                has_header: false,
            }),
            (Copy::Sound | Copy::Mangled, entry) => self.target.push(entry),
        }
        self.target.extend(held_back);
        misrouted
    }

    /// MM2 begins again so many records earlier.
    pub(super) fn replay(&mut self, records: usize) {
        self.copied = self.copied.saturating_sub(records);
    }

    /// Copy all that is left.
    pub(super) fn catch_up(&mut self) {
        while self.copied < self.source.len() {
            self.copy(Copy::Sound);
        }
        self.target.extend(self.held_back.take());
    }

    /// The source offset of the last record that MM2 has copied.
    pub(super) fn committed(&self) -> Option<i64> {
        i64::try_from(self.copied).ok()?.checked_sub(1)
    }

    /// The settled point that stands last on the source.
    pub(super) fn newest(&self) -> Found {
        let point = |entry: &Entry| match entry {
            Entry::Point(point) => Some(point.clone()),
            Entry::Record { .. } | Entry::Corrupt => None,
        };
        let newest = self.source.iter().rev().find_map(point);
        newest.map_or(Found::Nothing, Found::Point)
    }
}
