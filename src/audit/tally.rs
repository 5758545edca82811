//! How many records of one partition are of each kind, and where the first of them stand.

use serde::{Deserialize, Serialize};

use super::content::{Part, Parts};

/// Places that are kept of each kind.
pub const FIRST: usize = 10;

/// Records of one partition by kind. Every record of the source in the window is counted once in `matched`, `missing`, `changed` or
/// `undecided`; every record that was read of the target once in `matched`, `changed`, `duplicate`, `unexpected`, `unplaced` or `outside`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Counts {
    /// Records of the window that stand at the source.
    pub source_records: u64,
    /// Records that were read at the target.
    pub target_records: u64,
    /// Records of the window with a record of the same content at the target.
    pub matched: u64,
    /// Records of the window without one, though the target has later ones.
    pub missing: u64,
    /// Further copies at the target of records of the window.
    pub duplicate: u64,
    /// Those of `matched` that a later record overtook.
    pub reordered: u64,
    /// Records of the window in whose place the target has another content.
    pub changed: u64,
    /// Those of `changed` by the part that differs; one in which several differ is in each.
    pub changed_in: ChangedIn,
    /// Records at the target, between records of the window, whose content the source does not have.
    pub unexpected: u64,
    /// Records at the target that are older than what is remembered of the source, or unexpected.
    pub unplaced: u64,
    /// Records that were read at the target and do not belong to the window.
    pub outside: u64,
    /// Records of the window of which it cannot be told whether they are missing.
    pub undecided: Undecided,
}

/// Changed records by the part that differs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ChangedIn {
    /// The key.
    pub key: u64,
    /// The value.
    pub value: u64,
    /// The headers.
    pub headers: u64,
    /// The timestamp.
    pub timestamp: u64,
}

/// Why records cannot be decided on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Undecided {
    /// Not at the target, and no later one is either.
    pub in_flight: u64,
    /// Before the first record that the target still has.
    pub below_target_start: u64,
    /// Of a topic that the target compacts.
    pub compacted: u64,
    /// With a key, and the target does not tell whether it compacts the topic.
    pub cleanup_unknown: u64,
    /// More records lie between both sides than are remembered.
    pub beyond_memory: u64,
    /// Deleted by retention while the audit was on its way to them.
    pub deleted: u64,
    /// Not to be read at the source: behind an open transaction, or cut off the log.
    pub unread: u64,
}

/// Where a record of a kind stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Place {
    /// Its offset at the source.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<i64>,
    /// Its offset at the target.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target: Option<i64>,
    /// The parts in which it differs.
    #[serde(default, skip_serializing_if = "is_none")]
    pub parts: Parts,
}

/// The first places of each kind.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Firsts {
    /// Of `missing`.
    pub missing: Vec<Place>,
    /// Of `duplicate`; `source` is the last copy before it.
    pub duplicate: Vec<Place>,
    /// Of `reordered`.
    pub reordered: Vec<Place>,
    /// Of `changed`.
    pub changed: Vec<Place>,
    /// Of `unexpected` and `unplaced`.
    pub unexpected: Vec<Place>,
    /// Of all that is `undecided`.
    pub undecided: Vec<Place>,
}

impl ChangedIn {
    fn part(&mut self, part: Part) -> &mut u64 {
        match part {
            Part::Key => &mut self.key,
            Part::Value => &mut self.value,
            Part::Headers => &mut self.headers,
            Part::Timestamp => &mut self.timestamp,
        }
    }
}

impl Undecided {
    /// All of them.
    pub fn total(&self) -> u64 {
        let Self {
            in_flight,
            below_target_start,
            compacted,
            cleanup_unknown,
            beyond_memory,
            deleted,
            unread,
        } = self;
        let gone = below_target_start + compacted + cleanup_unknown + deleted;
        in_flight + gone + beyond_memory + unread
    }
}

impl Counts {
    /// One more that was changed in these parts.
    pub fn change(&mut self, parts: Parts) {
        self.changed += 1;
        for part in Vec::from(parts) {
            *self.changed_in.part(part) += 1;
        }
    }

    /// One fewer.
    pub fn unchange(&mut self, parts: Parts) {
        self.changed -= 1;
        for part in Vec::from(parts) {
            *self.changed_in.part(part) -= 1;
        }
    }

    /// Counts of two partitions together.
    pub fn add(&mut self, other: &Self) {
        let sums = [
            (&mut self.source_records, other.source_records),
            (&mut self.target_records, other.target_records),
            (&mut self.matched, other.matched),
            (&mut self.missing, other.missing),
            (&mut self.duplicate, other.duplicate),
            (&mut self.reordered, other.reordered),
            (&mut self.changed, other.changed),
            (&mut self.changed_in.key, other.changed_in.key),
            (&mut self.changed_in.value, other.changed_in.value),
            (&mut self.changed_in.headers, other.changed_in.headers),
            (&mut self.changed_in.timestamp, other.changed_in.timestamp),
            (&mut self.unexpected, other.unexpected),
            (&mut self.unplaced, other.unplaced),
            (&mut self.outside, other.outside),
            (&mut self.undecided.in_flight, other.undecided.in_flight),
            (
                &mut self.undecided.below_target_start,
                other.undecided.below_target_start,
            ),
            (&mut self.undecided.compacted, other.undecided.compacted),
            (
                &mut self.undecided.cleanup_unknown,
                other.undecided.cleanup_unknown,
            ),
            (
                &mut self.undecided.beyond_memory,
                other.undecided.beyond_memory,
            ),
            (&mut self.undecided.deleted, other.undecided.deleted),
            (&mut self.undecided.unread, other.undecided.unread),
        ];
        for (sum, more) in sums {
            *sum += more;
        }
    }
}

impl Place {
    /// Of a record that only the source has.
    pub fn at_source(offset: i64) -> Self {
        Self {
            source: Some(offset),
            target: None,
            parts: Parts::default(),
        }
    }

    /// Of a record that only the target has.
    pub fn at_target(offset: i64) -> Self {
        Self {
            source: None,
            target: Some(offset),
            parts: Parts::default(),
        }
    }

    /// Of a record on both sides.
    pub fn at_both(source: i64, target: i64) -> Self {
        Self {
            source: Some(source),
            target: Some(target),
            parts: Parts::default(),
        }
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde gives a reference")]
fn is_none(parts: &Parts) -> bool {
    parts.is_empty()
}

/// Keep a place if it is among the first that are found.
pub fn note(list: &mut Vec<Place>, place: Place) {
    if list.len() < FIRST {
        list.push(place);
    }
}

/// Keep a place if it is among the first at the source, whenever it is found.
pub fn note_by_source(list: &mut Vec<Place>, place: Place) {
    let at = list.partition_point(|kept| kept.source <= place.source);
    if at < FIRST {
        list.insert(at, place);
        list.truncate(FIRST);
    }
}

#[test]
fn the_first_places_at_the_source_are_kept_in_whatever_order_they_are_found() {
    let mut list = Vec::new();
    for offset in (20..60).chain(0..5).chain(60..70) {
        note_by_source(&mut list, Place::at_source(offset));
    }
    let kept: Vec<i64> = list.iter().filter_map(|place| place.source).collect();
    assert_eq!(kept, [0, 1, 2, 3, 4, 20, 21, 22, 23, 24]);
}
