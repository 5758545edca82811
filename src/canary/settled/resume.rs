//! Whether a canary goes on from the settled points that were found, or begins a new run; pure.

use super::search::Found;
use super::{Log, SettledPoint, is_whole_from};
use crate::model::time::{Timestamp, micros};

use std::time::Duration;

/// What a canary begins with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Start {
    /// A new run, and why the one before cannot be gone on with, if there was one.
    Anew(Option<&'static str>),
    /// The run goes on.
    Resumed(Resumed),
}

/// A run that goes on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Resumed {
    pub(crate) run: String,
    pub(crate) run_start: Timestamp,
    /// By partition; one without a point has no record of this run.
    pub(crate) points: Vec<Option<Box<SettledPoint>>>,
}

impl Resumed {
    /// The point that was written last.
    pub(crate) fn newest(&self) -> Option<&SettledPoint> {
        let points = self.points.iter().flatten();
        points
            .max_by_key(|point| point.ledger.through)
            .map(|point| &**point)
    }

    /// Up to here the ledger of every partition was complete.
    pub(crate) fn through(&self) -> Option<Timestamp> {
        let points = self.points.iter().flatten();
        points.map(|point| point.ledger.through).min()
    }
}

/// How far a settled point may lie ahead of the clock: what a clock that is kept right is set back by.
const AHEAD: Duration = Duration::from_secs(1);

/// What to begin with at `now`, where these were found in logs that hold so much; `period` is the time between two records.
pub(crate) fn decide(found: Vec<Found>, logs: &[Log], period: Duration, now: Timestamp) -> Start {
    if found.contains(&Found::NotWithinBound) {
        return Start::Anew(Some(
            "no settled point is near enough to the end of the topic",
        ));
    }
    let points = found.into_iter().map(|found| match found {
        Found::Point(point) => Some(point),
        Found::Nothing | Found::NotWithinBound => None,
    });
    let mut resumed = Resumed {
        run: String::new(),
        run_start: Timestamp::from_micros(0),
        points: points.collect(),
    };
    let Some(newest) = resumed.newest().cloned() else {
        return Start::Anew(None);
    };
    if newest.ledger.through > now.plus(AHEAD) {
        return Start::Anew(Some(
            "it lies ahead of the clock, which was set back: its instants cannot be told any more",
        ));
    }
    if newest.period != micros(period).unsigned_abs() {
        return Start::Anew(Some("its records had another period"));
    }
    for point in &mut resumed.points {
        // A run writes its point before its first record: where it wrote none, it has no records either.
        *point = point.take().filter(|point| point.run == newest.run);
    }
    let is_whole = |(point, log): (&Option<Box<SettledPoint>>, &Log)| {
        let next = point.as_ref().map(|point| point.source_next);
        next.is_none_or(|next| is_whole_from(next, *log))
    };
    if !resumed.points.iter().zip(logs).all(is_whole) {
        return Start::Anew(Some(
            "the topic was made anew, or retention has taken what was not read yet",
        ));
    }
    resumed.run = newest.run;
    resumed.run_start = newest.run_start;
    Start::Resumed(resumed)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::canary::settled::tests::example;

    const LOG: Log = Log { low: 0, high: 100 };
    const PERIOD: Duration = Duration::from_secs(1);
    const NOW: Timestamp = Timestamp::from_millis(60_000);

    fn point(run: &str, second: i64) -> Found {
        let mut point = example();
        point.run = run.into();
        point.ledger.through = Timestamp::from_millis(second * 1_000);
        Found::Point(Box::new(point))
    }

    fn runs(start: Start) -> Vec<Option<String>> {
        let Start::Resumed(resumed) = start else {
            panic!("{start:?}");
        };
        let points = resumed.points.into_iter();
        points.map(|point| point.map(|point| point.run)).collect()
    }

    #[test]
    fn the_run_of_the_newest_point_goes_on_and_partitions_of_an_older_run_begin_anew() {
        let found = vec![point("old", 10), point("new", 20), Found::Nothing];
        let start = decide(found, &[LOG; 3], PERIOD, NOW);
        assert_eq!(runs(start), [None, Some("new".into()), None]);
    }

    #[test]
    fn without_a_point_that_can_be_gone_on_from_a_new_run_begins_and_says_why() {
        let anew = |found, log| match decide(vec![found], &[log], PERIOD, NOW) {
            Start::Anew(why) => why.map(ToOwned::to_owned),
            Start::Resumed(_) => panic!("it goes on"),
        };
        assert_eq!(anew(Found::Nothing, LOG), None);
        let too_far = anew(Found::NotWithinBound, LOG).unwrap();
        assert!(too_far.contains("near enough"), "{too_far}");
        for log in [Log { low: 78, high: 100 }, Log { low: 0, high: 76 }] {
            assert!(anew(point("run", 1), log).unwrap().contains("made anew"));
        }
        let other_pace = decide(vec![point("run", 1)], &[LOG], PERIOD * 2, NOW);
        assert_eq!(
            other_pace,
            Start::Anew(Some("its records had another period"))
        );
    }

    #[test]
    fn a_point_ahead_of_the_clock_is_gone_on_from_only_within_what_a_clock_is_kept_right_by() {
        let begun = |second| decide(vec![point("run", second)], &[LOG], PERIOD, NOW);
        assert!(matches!(begun(61), Start::Resumed(_)));
        let Start::Anew(Some(why)) = begun(62) else {
            panic!("it goes on");
        };
        assert!(why.contains("set back"), "{why}");
    }
}
