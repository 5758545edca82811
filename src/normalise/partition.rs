//! One source partition of a flow, over time.

use std::time::Duration;

use super::growth::Growth;
use super::history::History;
use super::position::{Position, Sight};
use crate::model::offsets::{LogRange, real};

/// Over what the growth of the source is taken for the headroom.
const PACE: Duration = Duration::from_mins(5);

/// What is remembered of one source partition.
#[derive(Debug, Default)]
pub(super) struct Partition {
    /// Where the source log ended, over time.
    pub(super) ends: History,
    /// Where the source log began when it was last seen.
    start: Option<i64>,
    position: Option<Position>,
    /// A sight that waits for the next look at the source: only then is known where the log ended at its time.
    pending: Option<Sight>,
    /// The first sight on a worker that had not been looked at before, until a later one shows that fetches come back:
    /// its `records-lag` may be frozen since long before.
    provisional: Option<Sight>,
    /// `fetch-total` at the last sight, of whatever life of the task that was.
    fetches: Option<f64>,
    gap: f64,
    source: Growth,
    target: Growth,
}

impl Partition {
    /// The source log was seen. `is_copied` tells whether somebody may be copying the partition now.
    pub(super) fn source(&mut self, range: LogRange, at: Duration, is_copied: bool) {
        if self.ends.last().is_some_and(|end| range.end < end) {
            // Another topic under the old name: what was copied of the old one says nothing.
            (self.position, self.pending, self.provisional) = (None, None, None);
            self.fetches = None;
        }
        self.ends.note(range.end, at);
        self.source.note(range.end);
        let start = self.start.replace(range.start);
        if let Some(sight) = self.pending.take_if(|sight| sight.at <= at) {
            self.settle(sight, start);
        }
        if !is_copied {
            self.position = self.position.map(Position::left);
            self.provisional = None;
        }
        // While it is copied, the next sight tells what was read before it was deleted.
        if let Some(position) = self.position
            && (!is_copied || position.is_frozen())
        {
            let (missed, position) = position.overtaken(range.start);
            self.gap += missed.round();
            self.position = Some(position);
        }
    }

    /// The target log was seen.
    pub(super) fn target(&mut self, range: LogRange) {
        self.target.note(range.end);
    }

    /// The JMX of a worker told of it that had not been looked at before.
    pub(super) fn first_seen(&mut self, sight: Sight) {
        self.provisional = Some(sight);
    }

    /// A worker's JMX told of it.
    pub(super) fn seen(&mut self, sight: Sight) {
        if self
            .provisional
            .is_some_and(|first| sight.is_frozen(&first))
        {
            return;
        }
        self.provisional = None;
        if self.is_left_over(&sight) {
            return;
        }
        self.fetches = sight.fetches;
        if let Some(earlier) = self.pending.take() {
            self.settle(earlier, self.start);
        }
        if self
            .position
            .is_some_and(|position| position.is_stood_by(&sight))
        {
            self.settle(sight, self.start);
        } else {
            self.pending = Some(sight);
        }
    }

    /// Whether a new life of the task is shown with the consumer of the one before: Connect starts a task anew though the old
    /// one has not come to its end, and until the new consumer is there the old one's `records-lag` stands.
    fn is_left_over(&self, sight: &Sight) -> bool {
        let goes_on = self
            .pending
            .is_some_and(|earlier| sight.continues(&earlier))
            || self
                .position
                .is_some_and(|position| position.is_continued_by(sight));
        !goes_on && sight.fetches.is_some() && sight.fetches == self.fetches
    }

    /// Where the copy stood at a sight, and what it had passed over, the log having begun at `start` then.
    fn settle(&mut self, sight: Sight, start: Option<i64>) {
        let now = Position::seen(self.position, sight, &self.ends);
        if let (Some(before), Some(now), Some(start)) = (self.position, now, start) {
            // Records are whole; positions between two looks at the source are not.
            self.gap += before.skipped(&now, start, self.doubt(sight.at)).round();
        }
        self.position = now;
    }

    /// How far off a position may be: what the source grew by within three default polls.
    fn doubt(&self, now: Duration) -> f64 {
        let before = self.ends.at(now.saturating_sub(Duration::from_secs(15)));
        match (self.ends.last(), before) {
            (Some(end), Some(before)) => real(end) - before,
            _ => f64::INFINITY,
        }
    }

    /// MM2 has committed `offset` as copied.
    pub(super) fn committed(&mut self, offset: i64) {
        let committed = Position::committed(offset);
        let is_old = self
            .ends
            .last()
            .is_some_and(|end| committed.acknowledged > real(end));
        let is_behind = self
            .position
            .is_some_and(|position| position.acknowledged >= committed.acknowledged);
        if !is_old && !is_behind {
            let position = self.position.map(|position| position.at_least(committed));
            self.position = position.or(Some(committed));
        }
    }

    /// Records at the source that the target had not acknowledged at `when`.
    pub(super) fn lag_records(&self, when: Duration) -> Option<f64> {
        // Records are whole; interpolation between two looks is not.
        Some(
            (self.ends.at_or_first(when)? - self.position?.acknowledged)
                .round()
                .max(0.0),
        )
    }

    /// How long before `when` the oldest record was appended that was not acknowledged; zero if there was none.
    pub(super) fn lag_seconds(&self, when: Duration) -> Option<Duration> {
        if self.lag_records(when)? <= 0.0 {
            return Some(Duration::ZERO);
        }
        let appended = self.ends.appended(self.position?.acknowledged)?;
        Some(when.saturating_sub(appended))
    }

    /// How long before `when` the oldest record was appended at least that was not acknowledged; zero if there was none.
    pub(super) fn waiting(&self, when: Duration) -> Option<Duration> {
        if self.lag_records(when)? <= 0.0 {
            return Some(Duration::ZERO);
        }
        let position = self.position?;
        // Of a partition of which its task has counted nothing, only a committed offset is known: what lies behind
        // that may be no records but markers of transactions.
        let is_seen = position.is_seen() || self.provisional.is_some();
        let appended = if is_seen {
            self.ends.appended_by(position.acknowledged)
        } else {
            self.ends.appended(position.acknowledged)
        };
        appended.map(|appended| when.saturating_sub(appended))
    }

    /// As of when its lag is told at `now`: while it `is_held` by a task that fetches, of the last sight; else of now,
    /// for nobody copies what the source has grown by since.
    pub(super) fn told(&self, is_held: bool, now: Duration) -> Duration {
        let fetched = self
            .position
            .filter(|_| is_held)
            .and_then(|position| position.fetched());
        fetched.unwrap_or(now)
    }

    /// How long deletion needs to reach what is not copied, if it goes on as fast as the source grows.
    pub(super) fn headroom(&self) -> Option<Duration> {
        let pace = self.ends.pace(PACE).filter(|pace| *pace > 0.0)?;
        let ahead = self.position?.acknowledged - real(self.start?);
        Duration::try_from_secs_f64((ahead / pace).max(0.0)).ok()
    }

    /// Records deleted at the source before they were copied.
    pub(super) fn gap(&self) -> f64 {
        self.gap
    }

    /// By how much offsets at the target are greater than those of the same records at the source.
    pub(super) fn shift(&self) -> Option<f64> {
        Some(real(self.target.end()?) - self.position?.acknowledged)
    }

    /// Records by which the source grew and by which the target grew.
    pub(super) fn appended(&self) -> (Option<f64>, Option<f64>) {
        (
            self.source.appended().map(real),
            self.target.appended().map(real),
        )
    }
}

#[cfg(test)]
#[path = "partition_tests.rs"]
mod tests;
