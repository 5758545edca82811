//! How far a followed topic has been read, and whether that is as far as it goes.
//!
//! Only what was taken moves a position. librdkafka tells of the end of a partition when its fetch comes there, not when
//! the reader does: the event may wait in the queue until the topic is longer, with more records behind it.

use std::collections::BTreeMap;

/// By partition where it begins and ends.
pub(super) type Ends = BTreeMap<i32, (i64, i64)>;

/// By partition how far it has been read; empty before the topic was assigned.
#[derive(Debug, Default)]
pub(super) struct Reached(BTreeMap<i32, Place>);

#[derive(Debug, Default)]
struct Place {
    /// The offset that comes next.
    next: i64,
    /// Whether an end was told of since the last record.
    is_at_end: bool,
}

impl Reached {
    /// Nothing was read yet; `first` is what comes first.
    pub(super) fn begin(&mut self, partition: i32, first: i64) {
        let place = Place {
            next: first,
            is_at_end: false,
        };
        self.0.insert(partition, place);
    }

    /// A record was taken.
    pub(super) fn took(&mut self, partition: i32, offset: i64) {
        self.begin(partition, offset + 1);
    }

    /// The client's own position: it passes over the records that end a transaction, of which nobody is told. Before
    /// an end was told it may be that of an earlier assignment.
    pub(super) fn moved(&mut self, partition: i32, position: i64) {
        if let Some(place) = self.0.get_mut(&partition).filter(|place| place.is_at_end) {
            place.next = place.next.max(position);
        }
    }

    /// The end of a partition was told, as it was at some time since the last record.
    pub(super) fn told_end(&mut self, partition: i32) {
        if let Some(place) = self.0.get_mut(&partition) {
            place.is_at_end = true;
        }
    }

    /// Whether this is still the topic that was read: as many partitions, and none that ends before its position.
    pub(super) fn fits(&self, ends: &Ends) -> bool {
        let fits = |(partition, (_, end)): (&i32, &(i64, i64))| {
            self.0
                .get(partition)
                .is_some_and(|place| place.next <= *end)
        };
        !self.0.is_empty() && self.0.len() == ends.len() && ends.iter().all(fits)
    }

    /// Whether all was taken that there was before these ends.
    pub(super) fn is_through(&self, ends: &Ends) -> bool {
        self.all(ends, |place, start, end| place.next.max(start) >= end)
    }

    /// Whether what is left before these ends can only be holes, nothing having come for a while: compaction leaves
    /// them, and transactions that were given up.
    pub(super) fn has_only_holes(&self, ends: &Ends) -> bool {
        self.all(ends, |place, start, end| {
            place.is_at_end || place.next.max(start) >= end
        })
    }

    fn all(&self, ends: &Ends, holds: impl Fn(&Place, i64, i64) -> bool) -> bool {
        ends.iter().all(|(partition, (start, end))| {
            self.0
                .get(partition)
                .is_some_and(|place| holds(place, *start, *end))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ends(end: i64) -> Ends {
        [(0, (0, end))].into()
    }

    fn read_up_to(next: i64) -> Reached {
        let mut reached = Reached::default();
        reached.begin(0, 0);
        for offset in 0..next {
            reached.took(0, offset);
        }
        reached
    }

    #[test]
    fn an_end_that_was_told_late_does_not_pass_over_the_records_behind_it() {
        let mut reached = read_up_to(3);
        assert!(reached.is_through(&ends(3)));
        reached.told_end(0);
        assert!(!reached.is_through(&ends(5)), "records 3 and 4 are to come");
        reached.took(0, 3);
        assert!(
            !reached.has_only_holes(&ends(5)),
            "the end was that before record 3"
        );
        reached.took(0, 4);
        assert!(reached.is_through(&ends(5)));
    }

    #[test]
    fn holes_before_the_end_are_passed_when_the_end_was_told_or_the_position_is_behind_them() {
        let mut reached = read_up_to(3);
        reached.moved(0, 4);
        assert!(!reached.is_through(&ends(4)), "no end was told");
        assert!(!reached.has_only_holes(&ends(4)));
        reached.told_end(0);
        assert!(reached.has_only_holes(&ends(4)) && !reached.is_through(&ends(4)));
        reached.moved(0, 4);
        assert!(reached.is_through(&ends(4)));
        reached.moved(0, 2);
        assert!(reached.is_through(&ends(4)), "a position never goes back");
    }

    #[test]
    fn an_empty_topic_is_read_and_so_is_one_whose_records_were_all_deleted() {
        let mut reached = read_up_to(0);
        assert!(reached.is_through(&ends(0)));
        assert!(reached.is_through(&[(0, (7, 7))].into()));
        reached.begin(1, 0);
        assert!(!reached.is_through(&[(0, (0, 0)), (1, (0, 1))].into()));
    }

    #[test]
    fn a_topic_that_ends_before_the_position_or_has_other_partitions_is_another_one() {
        let reached = read_up_to(3);
        assert!(reached.fits(&ends(3)) && reached.fits(&[(0, (9, 12))].into()));
        assert!(!reached.fits(&ends(2)));
        assert!(!reached.fits(&[(0, (0, 3)), (1, (0, 0))].into()));
        assert!(!Reached::default().fits(&ends(0)));
    }
}
