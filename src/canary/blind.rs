//! Spans in which the canary itself could not work on one side: what it did not see then is unknown, not an outage of MM2.
//!
//! Pure. What counts as blind is decided by the caller, who knows the clients; here spans are joined, numbered and kept.

use std::collections::VecDeque;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::anchor::Anchor;
use crate::model::canary::BlindView;
use crate::model::time::{Timestamp, micros};

const KEPT: usize = 8;

#[derive(Debug)]
struct Span {
    number: u64,
    start: Duration,
    end: Option<Duration>,
}

/// The blind spans of one side.
#[derive(Debug, Default)]
pub struct Blindness {
    spans: VecDeque<Span>,
    count: u64,
    closed: Duration,
}

/// The blind spans of one side as they are kept over a restart.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SavedBlindness {
    spans: Vec<(u64, Timestamp, Option<Timestamp>)>,
    count: u64,
    closed: u64,
}

impl Blindness {
    /// What is to be kept over a restart.
    pub fn save(&self, anchor: &Anchor) -> SavedBlindness {
        let save = |span: &Span| {
            let end = span.end.map(|end| anchor.wall(end));
            (span.number, anchor.wall(span.start), end)
        };
        SavedBlindness {
            spans: self.spans.iter().map(save).collect(),
            count: self.count,
            closed: micros(self.closed).unsigned_abs(),
        }
    }

    /// The spans as they were kept.
    pub fn restore(saved: &SavedBlindness, anchor: &Anchor) -> Self {
        let restore = |(number, start, end): &(u64, Timestamp, Option<Timestamp>)| Span {
            number: *number,
            start: anchor.instant(*start),
            end: end.map(|end| anchor.instant(end)),
        };
        Self {
            spans: saved.spans.iter().map(restore).collect(),
            count: saved.count,
            closed: Duration::from_micros(saved.closed),
        }
    }

    /// Since when the side has been seen without a break, `start` at the earliest; `None` while it is not.
    pub fn in_sight_since(&self, start: Duration) -> Option<Duration> {
        match self.spans.back() {
            None => Some(start),
            Some(span) => span.end.map(|end| end.max(start)),
        }
    }

    /// The side cannot work, and could not since `since`; overlapping spans become one.
    pub fn blind_since(&mut self, since: Duration) {
        match self.spans.back_mut() {
            Some(span) if span.end.is_none() => span.start = span.start.min(since),
            Some(span) if span.end.is_some_and(|end| since <= end) => {
                self.closed -= span
                    .end
                    .map_or(Duration::ZERO, |end| end.saturating_sub(span.start));
                span.end = None;
                span.start = span.start.min(since);
            }
            _ => self.open(since),
        }
    }

    fn open(&mut self, start: Duration) {
        self.count += 1;
        self.spans.push_back(Span {
            number: self.count,
            start,
            end: None,
        });
        if self.spans.len() > KEPT {
            self.spans.pop_front();
        }
    }

    /// The side works, and did since `since`.
    pub fn sees_since(&mut self, since: Duration) {
        if let Some(span) = self.spans.back_mut().filter(|span| span.end.is_none()) {
            let end = since.max(span.start);
            span.end = Some(end);
            self.closed += end.saturating_sub(span.start);
        }
    }

    /// The spans as they are to be published at `now`.
    pub fn view(&self, now: Duration, anchor: &Anchor) -> BlindView {
        let publish = |span: &Span| {
            let end = span.end.map(|end| anchor.wall(end));
            (span.number, anchor.wall(span.start), end)
        };
        let open = self.spans.back().filter(|span| span.end.is_none());
        BlindView {
            spans: self.spans.iter().map(publish).collect(),
            count: self.count,
            total: self.closed + open.map_or(Duration::ZERO, |span| now.saturating_sub(span.start)),
        }
    }
}

/// A side that is silent for longer has not answered all the time.
const BREAK: Duration = Duration::from_secs(5);

/// The last sign of life of one side, from which silence is counted.
#[derive(Clone, Copy, Debug)]
pub struct Pulse {
    last: Duration,
    since: Duration,
}

impl Pulse {
    /// Silence counts from `start` on.
    pub fn new(start: Duration) -> Self {
        Self {
            last: start,
            since: start,
        }
    }

    /// The side answered at `at`.
    pub fn beat(&mut self, at: Duration) {
        if at.saturating_sub(self.last) > BREAK {
            self.since = at;
        }
        self.last = self.last.max(at);
    }

    /// The last answer.
    pub fn last(&self) -> Duration {
        self.last
    }

    /// Since when answers have come all the time up to `now`, never five seconds without any; `None` if they do not.
    pub fn answers_since(&self, now: Duration) -> Option<Duration> {
        self.silent_since(now, BREAK)
            .is_none()
            .then_some(self.since)
    }

    /// Since when there has been no answer, if that is longer than `threshold`.
    pub fn silent_since(&self, now: Duration, threshold: Duration) -> Option<Duration> {
        (now.saturating_sub(self.last) > threshold).then_some(self.last)
    }
}

/// Spans, their count and their length in all, in whole seconds.
#[cfg(test)]
type Seconds = (Vec<(u64, i64, Option<i64>)>, u64, u64);

#[cfg(test)]
fn seconds(blindness: &Blindness, now: u64) -> Seconds {
    use crate::model::time::Timestamp;
    let anchor = Anchor::new(Timestamp::from_micros(0), Duration::ZERO);
    let view = blindness.view(Duration::from_secs(now), &anchor);
    let whole = |t: Timestamp| t.as_micros() / 1_000_000;
    let spans = view
        .spans
        .iter()
        .map(|(n, start, end)| (*n, whole(*start), end.map(whole)));
    (spans.collect(), view.count, view.total.as_secs())
}

#[test]
fn a_span_is_open_until_the_side_sees_again() {
    let mut blindness = Blindness::default();
    blindness.blind_since(Duration::from_secs(10));
    assert_eq!(seconds(&blindness, 14), (vec![(1, 10, None)], 1, 4));
    blindness.sees_since(Duration::from_secs(15));
    blindness.sees_since(Duration::from_secs(16));
    assert_eq!(seconds(&blindness, 20), (vec![(1, 10, Some(15))], 1, 5));
}

#[test]
fn a_span_that_begins_within_the_last_one_continues_it() {
    let mut blindness = Blindness::default();
    blindness.blind_since(Duration::from_secs(10));
    blindness.sees_since(Duration::from_secs(15));
    blindness.blind_since(Duration::from_secs(12));
    assert_eq!(seconds(&blindness, 18), (vec![(1, 10, None)], 1, 8));
    blindness.sees_since(Duration::from_secs(19));
    blindness.blind_since(Duration::from_secs(30));
    assert_eq!(
        seconds(&blindness, 31),
        (vec![(1, 10, Some(19)), (2, 30, None)], 2, 10)
    );
}

#[test]
fn spans_go_on_after_a_restart_with_their_numbers_and_their_length_in_all() {
    let second = Duration::from_secs;
    let mut blindness = Blindness::default();
    blindness.blind_since(second(10));
    blindness.sees_since(second(15));
    blindness.blind_since(second(30));
    let before = Anchor::new(Timestamp::from_micros(0), Duration::ZERO);
    let saved = blindness.save(&before);
    // The next life's monotonic clock is 1,000 s ahead.
    let after = Anchor::new(Timestamp::from_micros(0), second(1_000));
    let mut restored = Blindness::restore(&saved, &after);
    assert_eq!(restored.in_sight_since(second(1_000)), None);
    restored.blind_since(second(1_031));
    restored.sees_since(second(1_040));
    assert_eq!(restored.in_sight_since(second(1_000)), Some(second(1_040)));
    assert_eq!(
        restored.view(second(1_050), &after).spans,
        [
            (1, before.wall(second(10)), Some(before.wall(second(15)))),
            (2, before.wall(second(30)), Some(before.wall(second(40))))
        ]
    );
    assert_eq!(restored.view(second(1_050), &after).total, second(15));
}

#[test]
fn silence_counts_from_the_last_answer_and_only_beyond_the_threshold() {
    let mut pulse = Pulse::new(Duration::from_secs(1));
    pulse.beat(Duration::from_secs(5));
    let threshold = Duration::from_secs(1);
    assert_eq!(pulse.silent_since(Duration::from_secs(6), threshold), None);
    assert_eq!(
        pulse.silent_since(Duration::from_millis(6_001), threshold),
        Some(Duration::from_secs(5))
    );
}

#[test]
fn a_side_answers_all_the_time_from_its_first_answer_after_a_break() {
    let mut pulse = Pulse::new(Duration::from_secs(1));
    let mut since = |beat, now| {
        pulse.beat(Duration::from_millis(beat));
        let since = pulse.answers_since(Duration::from_millis(now));
        since.map(|since| since.as_millis())
    };
    assert_eq!(since(6_000, 6_000), Some(1_000));
    assert_eq!(since(11_000, 16_000), Some(1_000));
    assert_eq!(since(11_000, 16_001), None);
    assert_eq!(since(16_001, 16_001), Some(16_001));
    assert_eq!(since(16_500, 20_000), Some(16_001));
}
