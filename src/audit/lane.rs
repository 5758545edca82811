//! One partition on its way: both sides and the matcher between them.
//!
//! What stands at the target below an end is compared with all that stood at the source when that end was known already: it is a copy of
//! something there, or of nothing. Where the target ends is asked first, where the source ends after it, and what is behind these ends is not
//! read. A partition whose window is not at the target yet looks again: it is given later ends of both sides, in the same order.

use std::time::Duration;

use super::Error;
use super::content::Seen;
use super::matching::{Matcher, Saved};
use super::range::Plan;
use super::reading::{Cut, Reading};
use super::stream::{Records, Stream};
use super::tally::{Counts, Firsts, Place, note_by_source};

/// First records of the source by whose timestamps the target's first record is looked for.
const SAMPLE: usize = 1_000;

/// One partition.
pub(super) struct Lane<R = Stream> {
    pub(super) partition: i32,
    plan: Plan,
    matcher: Option<Matcher>,
    /// First records of the source and their timestamps, until they are compared.
    sampled: Vec<(Seen, Option<i64>)>,
    source: Reading<R>,
    /// None if the target does not have the partition.
    target: Option<Reading<R>>,
    target_is_over: bool,
    /// Up to here records of the source were counted by an earlier run.
    counted_to: i64,
    /// How far both sides were when the target last had something of the source.
    place: (u64, i64),
    /// Since when there is nothing to do at that place.
    still_since: Option<Duration>,
    /// When the present ends were asked for.
    looked: Option<Duration>,
    wants_look: bool,
    /// Records read of each side.
    read: (u64, u64),
    /// The earliest timestamp of the first records of the source.
    earliest: Option<i64>,
    /// What an earlier run kept, or this one.
    kept: Option<Box<Saved>>,
    outcome: Option<(Counts, Firsts)>,
}

impl<R: Records> Lane<R> {
    /// A partition that goes on from what an earlier run kept, or begins.
    pub(super) fn new(partition: i32, plan: Plan, source: R, saved: Option<Saved>) -> Self {
        let mut plan = plan;
        let mut from = plan.read.0;
        if let Some(saved) = &saved {
            from = saved.source_from;
            plan.read.1 = plan.read.1.max(saved.read_to);
        }
        Self {
            partition,
            plan,
            matcher: None,
            sampled: Vec::new(),
            source: Reading::new(source, from, plan.source.1),
            target: None,
            target_is_over: false,
            counted_to: saved.as_ref().map_or(i64::MIN, |saved| saved.compared_to),
            place: (0, 0),
            still_since: None,
            looked: None,
            wants_look: false,
            read: (0, 0),
            earliest: None,
            kept: saved.map(Box::new),
            outcome: None,
        }
    }

    /// Read the first records of the source. True once there are enough, or no more at the moment.
    pub(super) fn sample(&mut self) -> Result<bool, Error> {
        while self.sampled.len() < SAMPLE {
            let Some((seen, timestamp)) = self.source.take()? else {
                return Ok(self.source.is_read() || self.source.is_short());
            };
            self.sampled.push((seen, timestamp));
            // A record without a timestamp is older than all.
            let timestamp = timestamp.unwrap_or(-1);
            let earliest = self.earliest.unwrap_or(timestamp);
            self.earliest = Some(earliest.min(timestamp));
        }
        Ok(true)
    }

    /// The earliest timestamp among them, in milliseconds; negative if one has none.
    pub(super) fn earliest(&self) -> Option<i64> {
        self.earliest
    }

    /// Compare with the target, which is read from an offset on; without its partition nothing is going to come.
    pub(super) fn compare(&mut self, matcher: Matcher, target: Option<R>, from: i64) {
        let mut matcher = matcher;
        matcher.read_to(self.plan.read.1, self.plan.is_open());
        self.read.0 += self.sampled.len() as u64;
        for (seen, timestamp) in std::mem::take(&mut self.sampled) {
            self.push_source(&mut matcher, seen, timestamp);
        }
        let end = self.plan.target.map_or(from, |(_, end)| end);
        self.target = target.map(|target| Reading::new(target, from, end));
        if self.target.is_none() {
            self.target_is_over = true;
            matcher.end_target();
        }
        self.matcher = Some(matcher);
    }

    /// Read some of both sides and compare. False if there was nothing to do.
    pub(super) fn turn(&mut self, now: Duration, settle: Duration) -> Result<bool, Error> {
        let Some(mut matcher) = self.matcher.take() else {
            return Ok(false);
        };
        let room = matcher.room();
        let mut went_on = self.read_source(&mut matcher, room.0)?;
        went_on |= self.read_target(&mut matcher, room.1)?;
        matcher.advance();
        if !went_on && self.is_still(&matcher) {
            went_on = self.rest(&mut matcher, now, settle)?;
        }
        let is_through = matcher.is_through()
            || (self.target_is_over && matcher.is_drained() && self.has_read_the_window());
        if is_through {
            self.outcome = Some(self.counted(matcher));
            self.wants_look = false;
        } else {
            self.matcher = Some(matcher);
        }
        Ok(went_on || is_through)
    }

    fn read_source(&mut self, matcher: &mut Matcher, room: usize) -> Result<bool, Error> {
        let mut read = 0;
        while read < room
            && let Some((seen, timestamp)) = self.source.take()?
        {
            self.push_source(matcher, seen, timestamp);
            read += 1;
        }
        if self.source.why_cut().is_some() {
            self.cut_source(matcher)?;
        } else if self.source.is_read() {
            matcher.end_source();
        }
        self.read.0 += read as u64;
        Ok(read > 0)
    }

    fn push_source(&mut self, matcher: &mut Matcher, seen: Seen, timestamp: Option<i64>) {
        if self.plan.reach(seen.offset, timestamp) {
            matcher.read_to(self.plan.read.1, self.plan.is_open());
        }
        matcher.push_source(seen, self.plan.judges(seen.offset, timestamp));
    }

    fn read_target(&mut self, matcher: &mut Matcher, room: usize) -> Result<bool, Error> {
        let Some(target) = &mut self.target else {
            return Ok(false);
        };
        let mut read = 0;
        while read < room
            && let Some((seen, _)) = target.take()?
        {
            matcher.push_target(seen);
            read += 1;
        }
        if target.why_cut() == Some(Cut::Deleted) && !self.target_is_over {
            self.target_is_over = true;
            matcher.cut_target();
        }
        self.read.1 += read as u64;
        Ok(read > 0)
    }

    /// Whether nothing is on its way to this client that it could use: each side is read to its end, or its log ends, or there is no room.
    fn is_still(&self, matcher: &Matcher) -> bool {
        let room = matcher.room();
        let is_still = |reading: &Reading<R>| reading.is_read() || reading.is_short();
        (room.0 == 0 || is_still(&self.source))
            && (room.1 == 0 || self.target.as_ref().is_none_or(is_still))
    }

    /// Nothing comes. True if it was decided that nothing is waited for any more.
    fn rest(
        &mut self,
        matcher: &mut Matcher,
        now: Duration,
        settle: Duration,
    ) -> Result<bool, Error> {
        // What the source gets behind the window is no progress.
        let place = (matcher.place(), self.source.next().min(self.plan.read.1));
        if self.place != place {
            self.place = place;
            self.still_since = None;
        }
        let still_since = *self.still_since.get_or_insert(now);
        let is_short = !self.source.is_read() && self.source.is_short();
        let can_look = self.target.is_some() && !self.target_is_over && !is_short;
        let can_look = can_look && self.source.why_cut().is_none();
        let is_over = if can_look {
            // The last look was asked for when all that is waited for could have come.
            let looked = self.looked.unwrap_or_default();
            self.has_caught_up(matcher) || looked >= still_since + settle
        } else {
            now >= still_since + settle
        };
        self.wants_look = can_look && !is_over;
        if is_over && is_short {
            self.source.cut(Cut::Unread);
            self.cut_source(matcher)?;
            self.still_since = None;
        } else if is_over {
            self.target_is_over = true;
            matcher.end_target();
        }
        if is_over {
            matcher.advance();
        }
        Ok(is_over)
    }

    /// What cannot be read of the source is not compared; what was to be read again must be.
    fn cut_source(&self, matcher: &mut Matcher) -> Result<(), Error> {
        if matcher.reads_again() {
            return Err(Error::Overtaken {
                partition: self.partition,
            });
        }
        matcher.cut_source();
        Ok(())
    }

    /// Whether the target has had all that is judged. Of a window in time nobody knows what that is before it is read.
    fn has_caught_up(&self, matcher: &Matcher) -> bool {
        let is_known = self.plan.times.is_none() || self.has_read_the_window();
        is_known && matcher.has_caught_up()
    }

    fn has_read_the_window(&self) -> bool {
        self.source.is_read() || self.source.next() >= self.plan.read.1
    }

    /// The counts, with what could not be read of the window: behind the end that a broker found for one in time there may be more of it.
    fn counted(&self, matcher: Matcher) -> (Counts, Firsts) {
        let (mut counts, mut firsts) = matcher.finish();
        let from = self
            .source
            .next()
            .max(self.counted_to)
            .max(self.plan.judged.0);
        let unread = u64::try_from(self.plan.window_end() - from).unwrap_or(0);
        let undecided = match self.source.why_cut() {
            Some(Cut::Deleted) => &mut counts.undecided.deleted,
            Some(Cut::Unread) => &mut counts.undecided.unread,
            None => return (counts, firsts),
        };
        *undecided += unread;
        counts.source_records += unread;
        if unread > 0 {
            note_by_source(&mut firsts.undecided, Place::at_source(from));
        }
        (counts, firsts)
    }

    /// Whether it waits for later ends.
    pub(super) fn wants_look(&self) -> bool {
        self.wants_look
    }

    /// Go on to these ends, which were asked for then: that of the target first.
    pub(super) fn look(&mut self, asked: Duration, target_end: i64, source_end: i64) {
        self.wants_look = false;
        self.looked = Some(asked);
        if let Some(target) = &mut self.target {
            target.extend(target_end);
        }
        self.source.extend(source_end);
        if let Some(matcher) = &mut self.matcher
            && !self.source.is_read()
        {
            matcher.go_on();
        }
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

    /// What is needed to go on another time: the last that was kept, where nothing newer can be.
    pub(super) fn save(&mut self) -> Progress {
        if let Some((counts, firsts)) = &self.outcome {
            return Progress::Done(Box::new((counts.clone(), firsts.clone())));
        }
        if let Some(saved) = self.matcher.as_ref().and_then(Matcher::save) {
            self.kept = Some(Box::new(saved));
        }
        self.kept.clone().map_or(Progress::Begin, Progress::Half)
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
