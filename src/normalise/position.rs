//! How far MM2 has copied one source partition: the source offset after the last record that the target has acknowledged.
//!
//! MM2 has no such metric. The consumer's `records-lag` gives its own position, which is ahead of the acknowledged one by
//! what is in flight; how much of that belongs to this partition, the acknowledged count since the last look says. While
//! no fetch comes back (source cut, worker frozen or dead) the last position stands: nobody copies what nobody reads.

use std::time::Duration;

use super::history::History;
use crate::model::offsets::real;

/// What one worker's JMX said of one partition at one read.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Sight {
    /// When it was read, on the monotonic clock.
    pub(super) at: Duration,
    /// `records-lag` of the consumer; `None` before its first fetch.
    pub(super) consumer_lag: Option<f64>,
    /// `fetch-total` of the consumer: it moves while fetches come back, with or without records. Of a task without that MBean what it has
    /// polled, which moves with records alone.
    pub(super) fetches: Option<f64>,
    /// `source-record-active-count` of the task: polled and not yet acknowledged, all its partitions together.
    pub(super) in_flight: Option<f64>,
    /// `record-count` of the partition since its task started; `None` while its MBean is gone.
    pub(super) acknowledged: Option<f64>,
    /// Partitions of the task.
    pub(super) partitions: usize,
}

/// Where the copy of one partition stands.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Position {
    /// Source offset after the last acknowledged record.
    pub(super) acknowledged: f64,
    /// Source offset of the next record to be read.
    consumed: f64,
    /// The acknowledged position by the count alone, which goes on from an earlier one; `None` without such a count.
    counted: Option<f64>,
    /// The sight that told it; `None` if only a committed offset did.
    sight: Option<Sight>,
    /// Whether fetches came back between the last two sights.
    fetching: bool,
    /// Whether its task began anew and nothing yet proves that the lag it shows is its own.
    is_doubted: bool,
}

impl Position {
    /// The position that a committed offset proves: the task would go on behind it.
    pub(super) fn committed(offset: i64) -> Self {
        let next = real(offset.saturating_add(1));
        Self {
            acknowledged: next,
            consumed: next,
            counted: None,
            sight: None,
            fetching: false,
            is_doubted: false,
        }
    }

    /// Whether a task has it, to which no fetch came back between the last two sights.
    pub(super) fn is_frozen(&self) -> bool {
        self.sight.is_some() && !self.fetching
    }

    /// Whether the JMX of its task told it.
    pub(super) fn is_seen(&self) -> bool {
        self.sight.is_some()
    }

    /// The same, if a committed offset proves more.
    #[must_use]
    pub(super) fn at_least(self, committed: Self) -> Self {
        Self {
            acknowledged: self.acknowledged.max(committed.acknowledged),
            consumed: self.consumed.max(committed.consumed),
            counted: self
                .counted
                .map(|counted| counted.max(committed.acknowledged)),
            ..self
        }
    }

    /// When its task was last seen to fetch; `None` if it was not at the last sight.
    pub(super) fn fetched(&self) -> Option<Duration> {
        self.sight.filter(|_| self.fetching).map(|sight| sight.at)
    }

    /// Nobody has the partition any more: what its task had in flight is gone with it.
    #[must_use]
    pub(super) fn left(self) -> Self {
        Self {
            consumed: self.acknowledged,
            counted: None,
            sight: None,
            fetching: false,
            is_doubted: false,
            ..self
        }
    }

    /// Records that were deleted at the source before they were read, now that nobody reads and the log begins at
    /// `start`; and the position behind them.
    pub(super) fn overtaken(self, start: i64) -> (f64, Self) {
        let start = real(start);
        let missed = start - self.consumed.max(self.acknowledged);
        if missed <= 0.0 {
            return (0.0, self);
        }
        let behind = Self {
            acknowledged: start,
            consumed: start,
            ..self
        };
        (missed, behind)
    }

    /// Records that were deleted before they were read, and that the task has passed on its way to `now` without
    /// copying them; the log begins at `start`, and positions may be off by `doubt`.
    pub(super) fn skipped(&self, now: &Self, start: i64, doubt: f64) -> f64 {
        let (Some(sight), true) = (now.sight, now.fetching) else {
            return 0.0;
        };
        let counted = |sight: &Sight| sight.acknowledged;
        let earlier = self.sight.filter(|earlier| sight.continues(earlier));
        // Another life of the task has counted from zero on.
        let before = earlier.as_ref().and_then(counted).unwrap_or(0.0);
        let Some(copied) = counted(&sight).map(|count| count - before) else {
            return 0.0;
        };
        let passed = now.consumed - sight.in_flight.unwrap_or(0.0).max(0.0);
        let jumped = passed - self.acknowledged - copied;
        if jumped > doubt {
            jumped.min(real(start) - self.acknowledged).max(0.0)
        } else {
            0.0
        }
    }

    /// The position after one more sight; `None` while it is not known. `before` is that of an earlier sight, of this
    /// task or another; `ends` is where the source partition ended.
    pub(super) fn seen(before: Option<Self>, sight: Sight, ends: &History) -> Option<Self> {
        if let Some(before) = before.filter(|before| before.is_doubtful(&sight)) {
            return Some(before.doubted(sight));
        }
        if let Some(before) = before.filter(|before| before.is_stood_by(&sight)) {
            return Some(before.without_fetch(sight));
        }
        let Some(lag) = sight.consumer_lag else {
            return before.map(Self::unseen);
        };
        let consumed = ends.at_or_first(sight.at)? - lag;
        let counted = before.and_then(|before| before.counted_at(&sight));
        let Some(acknowledged) = sight.acknowledged_at(consumed, counted) else {
            return before.map(Self::unseen);
        };
        let floor = before.map_or(f64::NEG_INFINITY, |before| before.acknowledged);
        Some(Self {
            acknowledged: acknowledged.max(floor.min(ends.last().map_or(floor, real))),
            consumed,
            counted,
            sight: Some(sight),
            fetching: true,
            is_doubted: false,
        })
    }

    /// Whether the task that `sight` is of began anew and may still show the `records-lag` of its life before: the MBean of a partition is
    /// replaced when the new consumer first hands out records of it, later than those of its client and of the task. One that was
    /// acknowledged proves that this has happened; so do two sights between which fetches came back and nothing was in flight.
    fn is_doubtful(&self, sight: &Sight) -> bool {
        let begins = !self.is_continued_by(sight);
        let is_idle = |sight: &Sight| sight.in_flight.is_some_and(|in_flight| in_flight <= 0.0);
        let has_settled = self.sight.is_some_and(|earlier| {
            is_idle(&earlier) && is_idle(sight) && !sight.is_frozen(&earlier)
        });
        (begins || (self.is_doubted && !has_settled)) && sight.acknowledged == Some(0.0)
    }

    /// Nothing that it does not show to have acknowledged is believed of a task that began anew.
    fn doubted(self, sight: Sight) -> Self {
        Self {
            consumed: self.acknowledged,
            counted: None,
            sight: Some(sight),
            fetching: true,
            is_doubted: true,
            ..self
        }
    }

    /// Whether no fetch came back to the same task between the sight that told this and `sight`: where it stands now does
    /// not depend on where the log ends.
    pub(super) fn is_stood_by(&self, sight: &Sight) -> bool {
        // Where a doubted one stands is not known from before.
        !self.is_doubted && self.sight.is_some_and(|earlier| sight.is_frozen(&earlier))
    }

    /// Whether `sight` is of the same life of the same task as the sight that told this.
    pub(super) fn is_continued_by(&self, sight: &Sight) -> bool {
        self.sight.is_some_and(|earlier| sight.continues(&earlier))
    }

    /// The task begins anew and has not fetched, or how much it has in flight is not known: what was acknowledged stays so.
    fn unseen(self) -> Self {
        Self {
            counted: None,
            sight: None,
            fetching: false,
            is_doubted: false,
            ..self
        }
    }

    /// No fetch came back, but what had been read may have been acknowledged.
    fn without_fetch(self, sight: Sight) -> Self {
        let before = if self.fetching { self.by_count() } else { self };
        let counted = before.counted_at(&sight);
        let acknowledged = sight.acknowledged_at(before.consumed, counted);
        Self {
            acknowledged: acknowledged.map_or(before.acknowledged, |acknowledged| {
                acknowledged.max(before.acknowledged)
            }),
            counted,
            sight: Some(sight),
            fetching: false,
            ..before
        }
    }

    /// The same by the count alone. The lag that the last sight had was as of the last fetch, and that came before the
    /// sight by up to a poll: the source may have grown meanwhile.
    fn by_count(self) -> Self {
        let (Some(counted), Some(sight)) = (self.counted, self.sight) else {
            return self;
        };
        let read = sight
            .in_flight
            .map_or(self.consumed, |in_flight| counted + in_flight.max(0.0));
        Self {
            acknowledged: self.acknowledged.min(counted),
            consumed: self.consumed.min(read),
            ..self
        }
    }

    /// The acknowledged position at a later sight of the same task, by its count.
    fn counted_at(&self, sight: &Sight) -> Option<f64> {
        let earlier = self.sight.filter(|earlier| sight.continues(earlier))?;
        Some(self.acknowledged + (sight.acknowledged? - earlier.acknowledged?))
    }
}

impl Sight {
    /// Whether no fetch came back to the same task since `earlier`.
    pub(super) fn is_frozen(&self, earlier: &Self) -> bool {
        self.continues(earlier) && earlier.fetches == self.fetches
    }

    /// Whether the counts go on from those of `earlier`: the same life of the same task.
    pub(super) fn continues(&self, earlier: &Self) -> bool {
        let goes_on = |now: Option<f64>, before: Option<f64>| {
            now.zip(before).is_some_and(|(now, before)| now >= before)
        };
        let is_uncounted = self.acknowledged.is_none() && earlier.acknowledged.is_none();
        (is_uncounted || goes_on(self.acknowledged, earlier.acknowledged))
            && goes_on(self.fetches, earlier.fetches)
    }

    /// The acknowledged position, when the consumer is at `consumed`: between that and all that is in flight before it, and at the least of
    /// it where nothing counts the partition.
    /// `None` if neither a count nor what is in flight is known: a task that is being stopped loses its MBeans one by one.
    fn acknowledged_at(&self, consumed: f64, counted: Option<f64>) -> Option<f64> {
        let Some(in_flight) = self.in_flight.map(|in_flight| in_flight.max(0.0)) else {
            return counted.map(|counted| counted.min(consumed));
        };
        if self.acknowledged.is_none() {
            return Some(consumed - in_flight);
        }
        // Before there is an earlier count to go by, each partition of the task has its share of what is in flight.
        #[expect(clippy::cast_precision_loss, reason = "a task has few partitions")]
        let share = in_flight / self.partitions.max(1) as f64;
        let acknowledged = counted.unwrap_or(consumed - share);
        Some(acknowledged.clamp(consumed - in_flight, consumed))
    }
}

#[cfg(test)]
#[path = "position_tests.rs"]
mod tests;
