//! Where a log stood when: kept (time, offset) pairs of one partition, from which a lag in records becomes one in
//! seconds. Times are monotonic.

use std::time::Duration;

use crate::model::offsets::real;

/// Most spans kept of one partition; 10,000 partitions then take 15 MiB.
const MOST: usize = 64;

/// A span of time in which the log was seen to end at one offset.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Span {
    from: Duration,
    until: Duration,
    offset: i64,
}

/// The ends of one log over time, the newest exact to one poll, older ones coarser.
#[derive(Clone, Debug, Default)]
pub(super) struct History {
    spans: Vec<Span>,
}

impl History {
    /// The log was seen to end at `offset` at `now`. Offsets that go back are another log: nothing of the old one stays.
    pub(super) fn note(&mut self, offset: i64, now: Duration) {
        match self.spans.last_mut() {
            Some(last) if offset == last.offset => last.until = last.until.max(now),
            Some(last) if offset > last.offset && now >= last.until => self.push(offset, now),
            // A reading that was overtaken by a newer one.
            Some(last) if offset > last.offset || now < last.until => {}
            _ => {
                self.spans.clear();
                self.push(offset, now);
            }
        }
    }

    fn push(&mut self, offset: i64, now: Duration) {
        if self.spans.len() == MOST {
            self.thin();
        }
        self.spans.push(Span {
            from: now,
            until: now,
            offset,
        });
    }

    /// Every second span of the older half goes: what is far back is known coarser, and never forgotten.
    fn thin(&mut self) {
        let (mut index, half) = (0, self.spans.len() / 2);
        self.spans.retain(|_| {
            let keep = index >= half || index % 2 == 0;
            index += 1;
            keep
        });
    }

    /// Where the log ended when it was last seen.
    pub(super) fn last(&self) -> Option<i64> {
        self.spans.last().map(|span| span.offset)
    }

    /// Where the log ended at `when`, between two sights by even growth, after the last sight as it was then.
    pub(super) fn at(&self, when: Duration) -> Option<f64> {
        let next = self.spans.partition_point(|span| span.from <= when);
        let before = self.spans.get(next.checked_sub(1)?)?;
        let after = self.spans.get(next).filter(|_| when > before.until);
        Some(after.map_or_else(
            || real(before.offset),
            |after| {
                let share = when.saturating_sub(before.until).as_secs_f64()
                    / after.from.saturating_sub(before.until).as_secs_f64();
                real(before.offset) + share * real(after.offset - before.offset)
            },
        ))
    }

    /// Where the log ended at `when`, or at the first sight if that came later: by then it may have grown, by what it
    /// grows between a look at JMX and one at the log.
    pub(super) fn at_or_first(&self, when: Duration) -> Option<f64> {
        let first = || self.spans.first().map(|span| real(span.offset));
        self.at(when).or_else(first)
    }

    /// When the record at `offset` was appended, exact to the time between two sights; `None` if that is not known:
    /// it is not there yet, or it was there at the first sight.
    pub(super) fn appended(&self, offset: f64) -> Option<Duration> {
        let next = self
            .spans
            .partition_point(|span| real(span.offset) <= offset);
        let after = self.spans.get(next)?;
        let before = self.spans.get(next.checked_sub(1)?)?;
        let share = (offset - real(before.offset)) / real(after.offset - before.offset);
        Some(before.until + after.from.saturating_sub(before.until).mul_f64(share))
    }

    /// When the record at `offset` had been appended at the latest: what was there at the first sight is no younger.
    pub(super) fn appended_by(&self, offset: f64) -> Option<Duration> {
        let first = self.spans.first()?;
        if offset < real(first.offset) {
            return Some(first.from);
        }
        self.appended(offset)
    }

    /// Growth in records per second over the last `window`; `None` if less than half of it was seen.
    pub(super) fn pace(&self, window: Duration) -> Option<f64> {
        let last = self.spans.last()?;
        let from = last
            .until
            .saturating_sub(window)
            .max(self.spans.first()?.from);
        let seen = last.until.saturating_sub(from);
        (seen >= window / 2).then_some(())?;
        Some((real(last.offset) - self.at(from)?) / seen.as_secs_f64())
    }
}

#[cfg(test)]
fn second(second: u64) -> Duration {
    Duration::from_secs(second)
}

#[cfg(test)]
fn history(sights: &[(u64, i64)]) -> History {
    let mut history = History::default();
    for &(at, offset) in sights {
        history.note(offset, second(at));
    }
    history
}

#[test]
fn between_two_sights_the_log_grows_evenly_and_after_the_last_it_stays() {
    let history = history(&[(10, 100), (20, 100), (30, 200)]);
    assert_eq!(history.at(second(5)), None);
    assert_eq!(history.at(second(15)), Some(100.0));
    assert_eq!(history.at(second(25)), Some(150.0));
    assert_eq!(history.at(second(99)), Some(200.0));
}

#[test]
fn a_record_is_dated_between_the_sights_before_and_after_it() {
    let history = history(&[(10, 100), (20, 100), (30, 200)]);
    assert_eq!(history.appended(100.0), Some(second(20)));
    assert_eq!(history.appended(150.0), Some(second(25)));
    assert_eq!(history.appended(200.0), None, "it is not there yet");
    assert_eq!(
        history.appended(99.0),
        None,
        "it was there at the first sight"
    );
}

#[test]
fn a_log_that_goes_back_is_another_log() {
    let mut history = history(&[(10, 100), (20, 200), (30, 7)]);
    assert_eq!(history.last(), Some(7));
    assert_eq!(history.at(second(20)), None);
    history.note(6, second(25));
    assert_eq!(
        history.last(),
        Some(7),
        "an overtaken reading changes nothing"
    );
}

#[test]
fn what_is_far_back_becomes_coarser_and_is_not_forgotten() {
    let mut history = History::default();
    for at in 0..10_000_u32 {
        history.note(i64::from(at) * 10, second(at.into()));
    }
    assert!(history.spans.len() <= MOST);
    assert_eq!(
        history.appended(99_985.0),
        Some(second(9_998) + Duration::from_millis(500))
    );
    let early = history.appended(5_000.0).unwrap();
    assert!(early >= second(490) && early <= second(510), "{early:?}");
}

#[test]
fn the_pace_needs_half_of_its_window() {
    let window = Duration::from_mins(1);
    assert_eq!(history(&[(0, 0), (29, 290)]).pace(window), None);
    assert_eq!(history(&[(0, 0), (30, 300)]).pace(window), Some(10.0));
    assert_eq!(
        history(&[(0, 0), (100, 1_000), (130, 1_000)]).pace(window),
        Some(5.0)
    );
}

#[test]
fn what_was_there_at_the_first_sight_is_no_younger_than_that() {
    let history = history(&[(10, 100), (20, 200)]);
    assert_eq!(history.appended(50.0), None);
    assert_eq!(history.appended_by(50.0), Some(second(10)));
    assert_eq!(history.appended_by(150.0), history.appended(150.0));
    assert_eq!(history.appended_by(200.0), None, "it is not there yet");
}
