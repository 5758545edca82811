//! One partition on its way: both streams and the matcher between them.

use std::time::Duration;

use super::Error;
use super::content::Seen;
use super::matching::{Matcher, Saved};
use super::range::Plan;
use super::stream::{Next, Stream};
use super::tally::{Counts, Firsts};

/// First records of the source by whose timestamps the target's first record is looked for.
const SAMPLE: usize = 1_000;

/// One partition.
pub(super) struct Lane {
    pub(super) partition: i32,
    plan: Plan,
    matcher: Option<Matcher>,
    /// First records of the source, until they are compared.
    sampled: Vec<Seen>,
    source: Stream,
    /// None if the target does not have the partition.
    target: Option<Stream>,
    source_is_read: bool,
    target_is_read: bool,
    /// Whether the target was read to where it ended at first.
    reached_end: bool,
    /// Since when nothing comes from the target any more.
    idle_since: Option<Duration>,
    /// Records read of each side.
    read: (u64, u64),
    /// The earliest timestamp of the first records of the source.
    earliest: Option<i64>,
    outcome: Option<(Counts, Firsts)>,
}

impl Lane {
    pub(super) fn new(partition: i32, plan: Plan, source: Stream) -> Self {
        Self {
            partition,
            plan,
            matcher: None,
            source,
            target: None,
            sampled: Vec::new(),
            source_is_read: plan.read.0 == plan.read.1,
            target_is_read: true,
            reached_end: false,
            idle_since: None,
            read: (0, 0),
            earliest: None,
            outcome: None,
        }
    }

    /// Read the first records of the source. True once there are enough, or no more.
    pub(super) fn sample(&mut self) -> Result<bool, Error> {
        while self.sampled.len() < SAMPLE && !self.source_is_read {
            match self.source.next()? {
                Next::Record(seen, timestamp) if seen.offset < self.plan.read.1 => {
                    // A record without a timestamp is older than all.
                    let timestamp = timestamp.unwrap_or(-1);
                    self.earliest = Some(
                        self.earliest
                            .map_or(timestamp, |earliest| earliest.min(timestamp)),
                    );
                    self.source_is_read = seen.offset + 1 == self.plan.read.1;
                    self.sampled.push(seen);
                }
                Next::Record(..) | Next::End => self.source_is_read = true,
                Next::Nothing => return Ok(false),
            }
        }
        Ok(true)
    }

    /// The earliest timestamp among them, in milliseconds; negative if one has none.
    pub(super) fn earliest(&self) -> Option<i64> {
        self.earliest
    }

    /// Compare with the target, which is read from an offset on; without its partition nothing is going to come.
    pub(super) fn compare(&mut self, matcher: Matcher, target: Option<Stream>, from: i64) {
        let mut matcher = matcher;
        self.read.0 += self.sampled.len() as u64;
        for seen in self.sampled.drain(..) {
            matcher.push_source(seen);
        }
        if self.source_is_read {
            matcher.end_source();
        }
        if target.is_none() {
            matcher.end_target();
        }
        self.reached_end = self.plan.target.is_none_or(|(_, end)| from >= end);
        self.target_is_read = target.is_none();
        self.target = target;
        self.matcher = Some(matcher);
    }

    /// Read some of both sides and compare. False if there was nothing to do.
    pub(super) fn turn(&mut self, now: Duration, settle: Duration) -> Result<bool, Error> {
        let Some(mut matcher) = self.matcher.take() else {
            return Ok(false);
        };
        let (source, target) = matcher.room();
        let mut went_on = self.read_source(&mut matcher, source)?;
        went_on |= self.read_target(&mut matcher, target)?;
        matcher.advance();
        if !self.target_is_read && self.target_is_through(&matcher, went_on, now, settle) {
            self.target_is_read = true;
            matcher.end_target();
            matcher.advance();
            went_on = true;
        }
        if self.source_is_read && self.target_is_read {
            self.outcome = Some(matcher.finish());
        } else {
            self.matcher = Some(matcher);
        }
        Ok(went_on)
    }

    fn read_source(&mut self, matcher: &mut Matcher, room: usize) -> Result<bool, Error> {
        let mut read = 0;
        while read < room as u64 && !self.source_is_read {
            match self.source.next()? {
                Next::Record(seen, _) if seen.offset < self.plan.read.1 => {
                    matcher.push_source(seen);
                    self.source_is_read = seen.offset + 1 == self.plan.read.1;
                    read += 1;
                }
                Next::Record(..) | Next::End => self.source_is_read = true,
                Next::Nothing => break,
            }
            if self.source_is_read {
                matcher.end_source();
            }
        }
        self.read.0 += read;
        Ok(read > 0)
    }

    fn read_target(&mut self, matcher: &mut Matcher, room: usize) -> Result<bool, Error> {
        let Some(target) = &mut self.target else {
            return Ok(false);
        };
        let end = self.plan.target.map_or(0, |(_, end)| end);
        let mut read = 0;
        while read < room && !self.target_is_read {
            match target.next()? {
                Next::Record(seen, _) => {
                    self.reached_end |= seen.offset + 1 >= end;
                    matcher.push_target(seen);
                    read += 1;
                }
                Next::End => self.reached_end = true,
                Next::Nothing => break,
            }
        }
        self.read.1 += read as u64;
        Ok(read > 0)
    }

    /// Whether nothing of the target is needed any more: it has all of the source, or nothing has come for as long as is waited.
    fn target_is_through(
        &mut self,
        matcher: &Matcher,
        went_on: bool,
        now: Duration,
        settle: Duration,
    ) -> bool {
        let has_all = self.source_is_read && matcher.has_all();
        if has_all && (self.reached_end || !self.plan.is_open()) {
            return true;
        }
        if !self.reached_end || went_on {
            self.idle_since = None;
            return false;
        }
        if matcher.has_caught_up() {
            return true;
        }
        let since = *self.idle_since.get_or_insert(now);
        now.saturating_sub(since) >= settle
    }

    /// The partition, and what was found.
    pub(super) fn outcome(self) -> Option<(i32, (Counts, Firsts))> {
        Some((self.partition, self.outcome?))
    }

    pub(super) fn is_done(&self) -> bool {
        self.outcome.is_some()
    }

    /// Records read of both sides.
    pub(super) fn read(&self) -> u64 {
        self.read.0 + self.read.1
    }

    /// What is needed to go on another time.
    pub(super) fn save(&self) -> Progress {
        match (&self.outcome, &self.matcher) {
            (Some((counts, firsts)), _) => {
                Progress::Done(Box::new((counts.clone(), firsts.clone())))
            }
            (None, Some(matcher)) => matcher
                .save()
                .map_or(Progress::Begin, |saved| Progress::Half(Box::new(saved))),
            (None, None) => Progress::Begin,
        }
    }
}

/// How far a partition is.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Progress {
    /// Nothing is kept of it: it begins anew.
    Begin,
    /// It goes on from here.
    Half(Box<Saved>),
    /// This is what was found.
    Done(Box<(Counts, Firsts)>),
}
