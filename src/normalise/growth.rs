//! How much a log has grown since the exporter started, over deletion and recreation of its topic.

/// Records appended to one partition as far as they were seen.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Growth {
    last: Option<i64>,
    appended: i64,
}

impl Growth {
    /// The log was seen to end at `end`. What it held at the first sight does not count; an end that goes back is
    /// that of another log, which began at zero.
    pub(super) fn note(&mut self, end: i64) {
        self.appended += match self.last {
            None => 0,
            Some(last) if end < last => end,
            Some(last) => end - last,
        };
        self.last = Some(end);
    }

    /// Where the log was last seen to end.
    pub(super) fn end(&self) -> Option<i64> {
        self.last
    }

    /// Records appended since the first sight.
    pub(super) fn appended(&self) -> Option<i64> {
        self.last.map(|_| self.appended)
    }
}

#[test]
fn growth_starts_at_the_first_sight_and_survives_a_recreated_topic() {
    let mut growth = Growth::default();
    assert_eq!(growth.appended(), None);
    for (end, appended) in [(100, 0), (130, 30), (130, 30), (20, 50), (25, 55)] {
        growth.note(end);
        assert_eq!(growth.appended(), Some(appended));
    }
}
