//! Where an offset of the target lies, seen from a record of the source: looked for by content, for a copy has another
//! offset. Pure.

use crate::model::probe::Landing;

/// The farthest that a record is looked for.
pub(super) const FARTHEST: u64 = 10_000;

/// What makes two records the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Content {
    pub(super) key: Vec<u8>,
    pub(super) value: Vec<u8>,
}

/// Looks for one record in a log, from an offset on.
#[derive(Debug)]
pub(super) struct Search {
    wanted: Content,
    /// Records before it, so far.
    passed: u64,
    /// The first record that was met, and its time in milliseconds.
    first: Option<(Content, i64)>,
    /// When it was found: its time in milliseconds.
    found: Option<i64>,
}

impl Search {
    pub(super) fn new(wanted: Content) -> Self {
        Self {
            wanted,
            passed: 0,
            first: None,
            found: None,
        }
    }

    /// Take the next record in; whether to go on.
    pub(super) fn take(&mut self, content: Content, millis: i64) -> bool {
        if content == self.wanted {
            self.found = Some(millis);
            return false;
        }
        if self.first.is_none() {
            self.first = Some((content, millis));
        }
        self.passed += 1;
        self.passed < FARTHEST
    }

    /// How many records stand before the wanted one; `None` if it was not found.
    pub(super) fn distance(&self) -> Option<u64> {
        self.found.map(|_| self.passed)
    }

    /// The record at which the search began, if it was another one.
    pub(super) fn first(&self) -> Option<&Content> {
        self.first.as_ref().map(|(content, _)| content)
    }

    /// What follows for a consumer that begins where the search began.
    pub(super) fn reread(&self, offset: i64) -> Option<Landing> {
        let found = self.found?;
        let first = self.first.as_ref().map_or(found, |(_, millis)| *millis);
        let millis = u32::try_from(found.saturating_sub(first)).unwrap_or(0);
        Some(Landing {
            offset,
            reread_records: self.passed,
            reread_seconds: f64::from(millis) / 1000.0,
            skipped_records: 0,
        })
    }
}

/// A landing ahead of the record, with so many records of the source between them.
pub(super) fn skipped(offset: i64, records: u64) -> Landing {
    Landing {
        offset,
        reread_records: 0,
        reread_seconds: 0.0,
        skipped_records: records,
    }
}

#[cfg(test)]
fn content(name: &str) -> Content {
    Content {
        key: Vec::new(),
        value: name.as_bytes().to_vec(),
    }
}

#[test]
fn records_before_the_wanted_one_are_read_again() {
    let mut search = Search::new(content("d"));
    for (name, millis) in [("b", 2_000), ("c", 3_000)] {
        assert!(search.take(content(name), millis));
    }
    assert_eq!(search.reread(7), None, "it has not come yet");
    assert!(!search.take(content("d"), 4_500));
    let landing = search.reread(7).unwrap();
    assert_eq!((landing.offset, landing.reread_records), (7, 2));
    assert!((landing.reread_seconds - 2.5).abs() < 1e-9);
    assert_eq!(landing.skipped_records, 0);
}

#[test]
fn an_offset_that_stands_on_the_record_itself_re_reads_nothing() {
    let mut search = Search::new(content("d"));
    assert!(!search.take(content("d"), 4_000));
    let landing = search.reread(9).unwrap();
    assert_eq!((landing.reread_records, landing.skipped_records), (0, 0));
    assert_eq!(search.first(), None);
}

#[test]
fn a_replay_in_the_target_counts_as_it_is_read() {
    let mut search = Search::new(content("d"));
    for name in ["b", "c", "b", "c"] {
        assert!(search.take(content(name), 1_000));
    }
    assert!(!search.take(content("d"), 1_000));
    assert_eq!(search.distance(), Some(4));
}

#[test]
fn the_search_ends_somewhere() {
    let mut search = Search::new(content("never"));
    let taken = (1..=2 * FARTHEST).find(|_| !search.take(content("x"), 0));
    assert_eq!(taken, Some(FARTHEST));
    assert_eq!(search.reread(0), None);
}
