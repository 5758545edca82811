//! Which of the remembered records of the source are judged: in runs, since few windows begin or end more than once.
//!
//! Two producers whose clocks are apart can take turns record by record at the edges of a window in time. There are no more runs than
//! records that are remembered, whatever they do: what is forgotten is not asked for again, and what is read again is noted again.

use std::collections::VecDeque;

/// Runs of offsets that are judged, in their order.
#[derive(Debug, Default)]
pub(super) struct Judged {
    /// First offset and end of each.
    runs: VecDeque<(i64, i64)>,
    /// Whether the record that was noted last goes on a run.
    is_in_run: bool,
}

impl Judged {
    /// Note the next record. Offsets between two records hold none, so that a run goes over them.
    pub(super) fn note(&mut self, offset: i64, is_judged: bool) {
        match self.runs.back_mut() {
            Some(run) if is_judged && self.is_in_run => run.1 = offset + 1,
            _ if is_judged => self.runs.push_back((offset, offset + 1)),
            _ => {}
        }
        self.is_in_run = is_judged;
    }

    pub(super) fn contains(&self, offset: i64) -> bool {
        let after = self.runs.partition_point(|(first, _)| *first <= offset);
        let run = after.checked_sub(1).and_then(|run| self.runs.get(run));
        run.is_some_and(|(_, end)| offset < *end)
    }

    /// One past the last record that is judged, of those that are remembered; below all offsets if none is.
    pub(super) fn end(&self) -> i64 {
        self.runs.back().map_or(i64::MIN, |(_, end)| *end)
    }

    /// Nothing below this offset is asked for any more.
    pub(super) fn forget_below(&mut self, offset: i64) {
        while self.runs.len() > 1 && self.runs.front().is_some_and(|(_, end)| *end <= offset) {
            self.runs.pop_front();
        }
    }
}

#[test]
fn records_that_follow_each_other_are_one_run_whatever_offsets_hold_none() {
    let mut judged = Judged::default();
    assert_eq!((judged.end(), judged.contains(0)), (i64::MIN, false));
    for (offset, is_judged) in [(3, false), (4, true), (7, true), (8, false), (9, true)] {
        judged.note(offset, is_judged);
    }
    assert_eq!(judged.runs, [(4, 8), (9, 10)]);
    let all: Vec<i64> = (0..12).filter(|offset| judged.contains(*offset)).collect();
    assert_eq!((all, judged.end()), (vec![4, 5, 6, 7, 9], 10));
}

#[test]
fn there_are_no_more_runs_than_remembered_records_though_each_other_record_is_judged() {
    let mut judged = Judged::default();
    for offset in 0..100_000 {
        judged.note(offset, offset % 2 == 0);
        judged.forget_below(offset - 100);
        assert!(judged.runs.len() <= 51, "{}", judged.runs.len());
    }
    assert!(judged.contains(99_998) && !judged.contains(99_999));
}
