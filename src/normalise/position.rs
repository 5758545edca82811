//! How far MM2 has copied one source partition: the source offset after the last record that the target has acknowledged.
//!
//! MM2 has no such metric. The consumer's `records-lag` gives its own position, which is ahead of the acknowledged one by
//! what is in flight; how much of that belongs to this partition, the acknowledged count since the last look says. While
//! no fetch comes back (source cut, worker frozen or dead) the last position stands: nobody copies what nobody reads.

use std::time::Duration;

use super::history::{History, real};

/// What one worker's JMX said of one partition at one read.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Sight {
    /// When it was read, on the monotonic clock.
    pub(super) at: Duration,
    /// `records-lag` of the consumer; `None` before its first fetch.
    pub(super) consumer_lag: Option<f64>,
    /// `fetch-total` of the consumer: it moves while fetches come back, with or without records.
    pub(super) fetches: Option<f64>,
    /// `source-record-active-count` of the task: polled and not yet acknowledged, all its partitions together.
    pub(super) in_flight: Option<f64>,
    /// `record-count` of the partition since its task started.
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
    /// The sight that told it; `None` if only a committed offset did.
    sight: Option<Sight>,
    /// Whether fetches came back between the last two sights.
    fetching: bool,
}

impl Position {
    /// The position that a committed offset proves: the task would go on behind it.
    pub(super) fn committed(offset: i64) -> Self {
        let next = real(offset.saturating_add(1));
        Self {
            acknowledged: next,
            consumed: next,
            sight: None,
            fetching: false,
        }
    }

    /// Whether a task has it, to which no fetch came back between the last two sights.
    pub(super) fn is_frozen(&self) -> bool {
        self.sight.is_some() && !self.fetching
    }

    /// The same, if a committed offset proves more.
    #[must_use]
    pub(super) fn at_least(self, committed: Self) -> Self {
        Self {
            acknowledged: self.acknowledged.max(committed.acknowledged),
            consumed: self.consumed.max(committed.consumed),
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
            sight: None,
            fetching: false,
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
        let earlier = before.and_then(|before| before.sight);
        let same_life = earlier.is_some_and(|earlier| sight.continues(&earlier));
        let stands = same_life && earlier.is_some_and(|earlier| earlier.fetches == sight.fetches);
        if let (true, Some(before)) = (stands, before) {
            return Some(before.without_fetch(sight));
        }
        let Some(lag) = sight.consumer_lag else {
            // Read again from the committed offset on, and not fetched yet: what was acknowledged stays so.
            return before.map(|before| Self {
                sight: None,
                fetching: false,
                ..before
            });
        };
        let consumed = ends.at(sight.at)? - lag;
        let anchor = before.filter(|_| same_life);
        let acknowledged = sight.acknowledged_at(consumed, anchor.as_ref());
        let floor = before.map_or(f64::NEG_INFINITY, |before| before.acknowledged);
        Some(Self {
            acknowledged: acknowledged.max(floor.min(ends.last().map_or(floor, real))),
            consumed,
            sight: Some(sight),
            fetching: true,
        })
    }

    /// No fetch came back, but what had been read may have been acknowledged.
    fn without_fetch(self, sight: Sight) -> Self {
        Self {
            acknowledged: sight
                .acknowledged_at(self.consumed, Some(&self))
                .max(self.acknowledged),
            sight: Some(sight),
            fetching: false,
            ..self
        }
    }
}

impl Sight {
    /// Whether the counts go on from those of `earlier`: the same life of the same task.
    fn continues(&self, earlier: &Self) -> bool {
        let goes_on = |now: Option<f64>, before: Option<f64>| {
            now.zip(before).is_some_and(|(now, before)| now >= before)
        };
        goes_on(self.acknowledged, earlier.acknowledged) && goes_on(self.fetches, earlier.fetches)
    }

    /// The acknowledged position, when the consumer is at `consumed`: between that and all that is in flight before it.
    fn acknowledged_at(&self, consumed: f64, anchor: Option<&Position>) -> f64 {
        let in_flight = self.in_flight.unwrap_or(0.0).max(0.0);
        let counted = anchor.and_then(|anchor| {
            let count = anchor.sight?.acknowledged?;
            Some(anchor.acknowledged + (self.acknowledged? - count))
        });
        // Without a count to go by, each partition of the task has its share of what is in flight.
        #[expect(clippy::cast_precision_loss, reason = "a task has few partitions")]
        let share = in_flight / self.partitions.max(1) as f64;
        counted
            .unwrap_or(consumed - share)
            .clamp(consumed - in_flight, consumed)
    }
}

#[cfg(test)]
#[expect(clippy::float_cmp, reason = "records are whole numbers")]
mod tests {
    use super::*;

    fn second(second: u32) -> Duration {
        Duration::from_secs(second.into())
    }

    fn ends(sights: &[(u32, i64)]) -> History {
        let mut history = History::default();
        for &(at, offset) in sights {
            history.note(offset, second(at));
        }
        history
    }

    fn sight(at: u32, lag: f64, in_flight: f64, acknowledged: f64) -> Sight {
        Sight {
            at: second(at),
            consumer_lag: Some(lag),
            fetches: Some(at.into()),
            in_flight: Some(in_flight),
            acknowledged: Some(acknowledged),
            partitions: 2,
        }
    }

    fn acknowledged(position: Option<Position>) -> f64 {
        position.expect("it is known").acknowledged
    }

    #[test]
    fn a_quiet_task_stands_where_its_consumer_stands() {
        let ends = ends(&[(0, 100), (10, 100)]);
        assert_eq!(
            acknowledged(Position::seen(None, sight(5, 0.0, 0.0, 7.0), &ends)),
            100.0
        );
        assert_eq!(
            acknowledged(Position::seen(None, sight(5, 30.0, 0.0, 7.0), &ends)),
            70.0
        );
    }

    #[test]
    fn before_there_is_a_count_to_go_by_each_partition_has_its_share_of_what_is_in_flight() {
        let ends = ends(&[(0, 100), (10, 100)]);
        assert_eq!(
            acknowledged(Position::seen(None, sight(5, 0.0, 20.0, 7.0), &ends)),
            90.0
        );
    }

    #[test]
    fn a_stalled_target_shows_in_the_count_of_each_partition() {
        let ends = ends(&[(0, 100), (5, 100), (10, 200)]);
        let quiet = Position::seen(None, sight(5, 0.0, 0.0, 1_000.0), &ends);
        let stalled = Position::seen(quiet, sight(10, 0.0, 150.0, 1_040.0), &ends);
        assert_eq!(acknowledged(stalled), 140.0);
        // The count cannot say more than the consumer has read, nor less than what is in flight.
        let ahead = Position::seen(quiet, sight(10, 0.0, 150.0, 1_999.0), &ends);
        assert_eq!(acknowledged(ahead), 200.0);
        let behind = Position::seen(quiet, sight(10, 0.0, 30.0, 1_000.0), &ends);
        assert_eq!(acknowledged(behind), 170.0);
    }

    #[test]
    fn a_frozen_lag_is_not_taken_for_a_fresh_one() {
        let ends = ends(&[(0, 100), (5, 100), (10, 300)]);
        let moving = Position::seen(None, sight(5, 0.0, 10.0, 40.0), &ends);
        let frozen = Sight {
            at: second(10),
            in_flight: Some(0.0),
            acknowledged: Some(45.0),
            ..sight(5, 0.0, 0.0, 0.0)
        };
        let position = Position::seen(moving, frozen, &ends);
        assert_eq!(
            acknowledged(position),
            100.0,
            "what was in flight has arrived"
        );
        assert!(position.unwrap().is_frozen());
    }

    #[test]
    fn a_task_that_begins_anew_does_not_take_back_what_was_acknowledged() {
        let ends = ends(&[(0, 100), (10, 100)]);
        let before = Position::seen(None, sight(5, 0.0, 0.0, 1_000.0), &ends);
        let no_fetch_yet = Sight {
            consumer_lag: None,
            fetches: Some(0.0),
            ..sight(6, 0.0, 0.0, 0.0)
        };
        let begun = Position::seen(before, no_fetch_yet, &ends);
        assert_eq!(acknowledged(begun), 100.0);
        let replaying = Position::seen(begun, sight(7, 60.0, 0.0, 3.0), &ends);
        assert_eq!(acknowledged(replaying), 100.0);
    }

    #[test]
    fn a_log_that_was_made_anew_is_not_measured_by_the_old_position() {
        let mut log = ends(&[(0, 5_000), (5, 5_000)]);
        let before = Position::seen(None, sight(5, 0.0, 0.0, 1_000.0), &log);
        log.note(40, second(10));
        let after = Position::seen(before, sight(11, 10.0, 0.0, 1_001.0), &log);
        assert!(acknowledged(after) <= 40.0);
    }

    #[test]
    fn a_committed_offset_is_the_last_record_that_was_acknowledged() {
        assert_eq!(Position::committed(41).acknowledged, 42.0);
    }

    #[test]
    fn what_is_deleted_before_it_was_read_is_a_gap_and_is_counted_once() {
        let position = Position::committed(99);
        assert_eq!(position.overtaken(100), (0.0, position));
        let (missed, behind) = position.overtaken(130);
        assert_eq!((missed, behind.acknowledged), (30.0, 130.0));
        assert_eq!(behind.overtaken(130).0, 0.0);
    }

    #[test]
    fn what_was_read_is_no_gap_while_its_task_holds_it() {
        let ends = ends(&[(0, 100), (5, 100), (10, 200)]);
        let quiet = Position::seen(None, sight(5, 0.0, 0.0, 1_000.0), &ends);
        let in_flight = Position::seen(quiet, sight(10, 0.0, 100.0, 1_000.0), &ends).unwrap();
        assert_eq!(in_flight.overtaken(150).0, 0.0);
        assert_eq!(in_flight.left().overtaken(150).0, 50.0);
    }

    #[test]
    fn without_a_look_at_the_source_nothing_is_known() {
        assert_eq!(
            Position::seen(None, sight(5, 0.0, 0.0, 7.0), &History::default()),
            None
        );
    }
}
