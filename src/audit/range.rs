//! Which records are judged, and what is read on both sides to judge them.

use std::collections::BTreeMap;
use std::str::FromStr;

use rdkafka::Offset;
use serde::{Deserialize, Serialize};

use super::Error;
use super::client::Client;
use crate::model::time::Timestamp;

/// Records before and after what is judged that are read as well, so that their copies are known.
const CONTEXT: i64 = 10_000;

/// What is judged of a topic.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Window {
    /// Records whose timestamp lies between two instants; all that there are without them.
    Times {
        /// The first instant.
        from: Option<Timestamp>,
        /// The instant after the last.
        to: Option<Timestamp>,
    },
    /// Offsets of these partitions of the source; the other partitions are not judged.
    Offsets(Vec<OffsetRange>),
}

impl Window {
    /// The timestamps in milliseconds that belong to it, the last not included, where it has a bound in time. A record of the same
    /// millisecond is inside at the beginning and outside at the end.
    fn times(&self) -> Option<(i64, i64)> {
        match self {
            Self::Offsets(_)
            | Self::Times {
                from: None,
                to: None,
            } => None,
            Self::Times { from, to } => Some((
                from.map_or(i64::MIN, in_millis),
                to.map_or(i64::MAX, in_millis),
            )),
        }
    }
}

fn in_millis(instant: Timestamp) -> i64 {
    instant.as_micros().div_euclid(1_000)
}

/// Offsets of one partition of the source.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OffsetRange {
    /// The partition.
    pub partition: i32,
    /// The first offset.
    pub from: i64,
    /// The offset after the last; the end of the log if there is none.
    pub to: Option<i64>,
}

impl FromStr for OffsetRange {
    type Err = String;

    /// `3:1000-2000`, the last one not included, or `3:1000-`.
    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || {
            format!(
                "`{text}` is no range; write PARTITION:FROM-TO, as `3:1000-2000` (2000 not included), or `3:1000-`"
            )
        };
        let (partition, offsets) = text.split_once(':').ok_or_else(wrong)?;
        let (from, to) = offsets.split_once('-').ok_or_else(wrong)?;
        let to = Some(to)
            .filter(|to| !to.is_empty())
            .map(str::parse)
            .transpose();
        let range = Self {
            partition: partition.parse().map_err(|_| wrong())?,
            from: from.parse().map_err(|_| wrong())?,
            to: to.map_err(|_| wrong())?,
        };
        if range.partition < 0 || range.to.is_some_and(|to| to <= range.from) {
            return Err(format!("`{text}` holds no record; FROM must be below TO"));
        }
        Ok(range)
    }
}

/// What is read of one partition.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Plan {
    /// Offsets of the source that are judged. Of a window in time: from the first record that is not before it to the first that is behind
    /// it. Nothing before these offsets belongs to the window; records behind them may.
    pub judged: (i64, i64),
    /// Timestamps in milliseconds of the records that are judged, wherever they stand: a single record of a clock that is ahead makes
    /// both of these offsets. `None` for a window without a bound in time.
    pub times: Option<(i64, i64)>,
    /// Offsets of the source that are read.
    pub read: (i64, i64),
    /// Whether the window begins before the first record that the source still has.
    pub begins_below_source_start: bool,
    /// Where the source's log begins and ends, open transactions included.
    pub source: (i64, i64),
    /// Where the target's log began and ended before that; `None` if the target does not have the partition.
    pub target: Option<(i64, i64)>,
}

impl Plan {
    /// Whether the source is read to its end.
    pub fn is_open(&self) -> bool {
        self.read.1 == self.source.1
    }

    /// Whether a record belongs to the window: by its own timestamp, or, without one, by its place.
    pub(super) fn judges(&self, offset: i64, timestamp: Option<i64>) -> bool {
        match self.times.zip(timestamp) {
            Some(((from, to), at)) => (from..to).contains(&at),
            None => (self.judged.0..self.judged.1).contains(&offset),
        }
    }

    /// Read on behind a record that is not too late for the window: others may follow. True if more is read than before.
    pub(super) fn reach(&mut self, offset: i64, timestamp: Option<i64>) -> bool {
        let times = self.times.zip(timestamp);
        if times.is_none_or(|((_, to), at)| at >= to) {
            return false;
        }
        let to = offset.saturating_add(1 + CONTEXT).min(self.source.1);
        let is_further = to > self.read.1;
        self.read.1 = self.read.1.max(to);
        is_further
    }

    /// The end of the offsets in which records of the window may stand.
    pub(super) fn window_end(&self) -> i64 {
        if self.times.is_some() {
            self.read.1
        } else {
            self.judged.1
        }
    }
}

/// Ask both clusters for their logs. The target is asked first: all that it has then was at the source before the source is asked.
pub(super) fn plan(
    (source, of_source): (&Client, &[i32]),
    (target, of_target): (&Client, &[i32]),
    window: &Window,
) -> Result<BTreeMap<i32, Plan>, Error> {
    let both = of_target.iter().copied();
    let both: Vec<i32> = both
        .filter(|partition| of_source.contains(partition))
        .collect();
    let target_starts = target.edges(&both, Offset::Beginning)?;
    let target_ends = target.edges(&both, Offset::End)?;
    let starts = source.edges(of_source, Offset::Beginning)?;
    // This client reads all records: what an open transaction holds is part of the window, though it may not be read yet.
    let ends = source.edges(of_source, Offset::End)?;
    let logs = starts
        .into_iter()
        .map(|(partition, start)| (partition, (start, ends[&partition])));
    let logs: BTreeMap<i32, (i64, i64)> = logs.collect();
    let judged = judged(source, window, &logs)?;
    let plans = judged.into_iter().map(|(partition, (from, to))| {
        let log = logs[&partition];
        let judged = (from.clamp(log.0, log.1), to.clamp(log.0, log.1));
        let target = target_starts
            .get(&partition)
            .zip(target_ends.get(&partition));
        let plan = Plan {
            judged,
            times: window.times(),
            read: (
                (judged.0 - CONTEXT).max(log.0),
                (judged.1.saturating_add(CONTEXT)).min(log.1),
            ),
            begins_below_source_start: from < log.0,
            source: log,
            target: target.map(|(start, end)| (*start, *end)),
        };
        (partition, plan)
    });
    Ok(plans.collect())
}

type Ranges = BTreeMap<i32, (i64, i64)>;

fn judged(source: &Client, window: &Window, logs: &Ranges) -> Result<Ranges, Error> {
    match window {
        Window::Offsets(ranges) => of_offsets(ranges, logs),
        Window::Times { from, to } => {
            let at = |instant: Option<Timestamp>| match instant {
                None => Ok(None),
                Some(instant) => {
                    let at = Offset::Offset(in_millis(instant));
                    source
                        .offsets(&logs.keys().map(|partition| (*partition, at)).collect())
                        .map(Some)
                }
            };
            let (first, last) = (at(*from)?, at(*to)?);
            let range = |(partition, log): (&i32, &(i64, i64))| {
                // A time after the last record has no offset.
                let edge = |found: &Option<BTreeMap<i32, i64>>, without| match found {
                    None => without,
                    Some(found) => found
                        .get(partition)
                        .copied()
                        .filter(|at| *at >= 0)
                        .unwrap_or(log.1),
                };
                let (from, to) = (edge(&first, log.0), edge(&last, log.1));
                // The first record that is left is in the window, and others were there before it: so may some of those.
                let is_cut = first.is_some() && from == log.0 && log.0 > 0;
                (*partition, (from - i64::from(is_cut), to.max(from)))
            };
            Ok(logs.iter().map(range).collect())
        }
    }
}

fn of_offsets(ranges: &[OffsetRange], logs: &Ranges) -> Result<Ranges, Error> {
    let mut judged = Ranges::new();
    for range in ranges {
        let wrong = |why: String| Error::Offsets {
            partition: range.partition,
            why,
        };
        let Some((_, end)) = logs.get(&range.partition) else {
            return Err(wrong(format!(
                "there is no such partition, only 0 to {}",
                logs.len() - 1
            )));
        };
        let to = range.to.unwrap_or(*end);
        if to > *end || range.from > to {
            return Err(wrong(format!("the log ends at offset {end}")));
        }
        if judged.insert(range.partition, (range.from, to)).is_some() {
            return Err(wrong("it is named twice; name it once".to_owned()));
        }
    }
    Ok(judged)
}

#[test]
fn a_range_of_offsets_is_read_and_a_wrong_one_says_how_to_write_it() {
    let range = |partition, from, to| {
        Ok(OffsetRange {
            partition,
            from,
            to,
        })
    };
    assert_eq!("3:1000-2000".parse(), range(3, 1_000, Some(2_000)));
    assert_eq!("0:5-".parse(), range(0, 5, None));
    for wrong in [
        "3", "3:", "3:5", "3:-5", "a:1-2", "3:1-b", "-1:1-2", "3:5-5",
    ] {
        let error = wrong.parse::<OffsetRange>().unwrap_err();
        assert!(
            error.contains(wrong) && (error.contains("write") || error.contains("below")),
            "{error}"
        );
    }
}

#[test]
fn offsets_that_the_log_does_not_have_are_refused() {
    let logs = Ranges::from([(0, (100, 200)), (1, (0, 10))]);
    let ranges = |text: &str| {
        let ranges: Vec<OffsetRange> = text.split(' ').map(|one| one.parse().unwrap()).collect();
        of_offsets(&ranges, &logs).map_err(|error| error.to_string())
    };
    assert_eq!(
        ranges("0:50-150 1:0-"),
        Ok(Ranges::from([(0, (50, 150)), (1, (0, 10))]))
    );
    for (text, why) in [
        ("0:1-201", "ends at offset 200"),
        ("2:0-1", "no such partition"),
        ("1:0-1 1:2-3", "twice"),
    ] {
        assert!(
            ranges(text).is_err_and(|error| error.contains(why)),
            "{text}"
        );
    }
}

#[cfg(test)]
fn in_time(from: Option<i64>, to: Option<i64>) -> Plan {
    let at = |millis: i64| Timestamp::from_micros(millis * 1_000 + 999);
    let window = Window::Times {
        from: from.map(at),
        to: to.map(at),
    };
    Plan {
        judged: (10, 20),
        times: window.times(),
        read: (0, 30),
        begins_below_source_start: false,
        source: (0, 50_000),
        target: None,
    }
}

#[test]
fn a_record_belongs_to_a_window_in_time_by_its_own_timestamp_and_by_its_place_without_one() {
    for (from, to, offset, timestamp, is_judged) in [
        (Some(100), Some(200), 15, Some(99), false),
        (Some(100), Some(200), 15, Some(100), true),
        (Some(100), Some(200), 15, Some(200), false),
        (Some(100), Some(200), 29, Some(199), true),
        (Some(100), Some(200), 29, Some(200), false),
        (Some(100), Some(200), 15, None, true),
        (Some(100), Some(200), 20, None, false),
        (Some(100), None, 15, Some(99), false),
        (Some(100), None, 15, Some(1_000_000), true),
        (None, Some(200), 15, Some(0), true),
        (None, Some(200), 15, Some(200), false),
        (None, None, 15, Some(-5), true),
        (None, None, 20, Some(150), false),
    ] {
        assert_eq!(
            in_time(from, to).judges(offset, timestamp),
            is_judged,
            "{from:?} {to:?} {offset} {timestamp:?}"
        );
    }
}

#[test]
fn a_window_in_time_is_read_on_behind_each_record_that_is_not_too_late_for_it() {
    let mut plan = in_time(Some(100), Some(200));
    assert!(!plan.reach(29, Some(200)) && !plan.reach(29, None));
    // What is before the window may have the window behind it.
    assert!(plan.reach(29, Some(5)));
    assert_eq!((plan.read, plan.is_open()), ((0, 10_030), false));
    assert!(!plan.reach(28, Some(150)));
    assert!(plan.reach(49_000, Some(150)));
    assert_eq!((plan.read, plan.is_open()), ((0, 50_000), true));
    assert!(!in_time(None, None).reach(29, Some(5)));
}
