//! What a running canary knows, and how events and time change it. Pure: no client, no clock.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use super::anchor::{Anchor, Reading as Clocks};
use super::config::Config;
use super::event::{Content, Event, HasHeader, Seen, Side};
use super::lateness::Lateness;
use super::legs::Legs;
use super::mark::{Marks, Reading};
use super::progress::Sight;
use super::record::Record;
use super::settled::Start;
use super::tracker::{Arrival, Flaw, Place, Settings, Tracker};
use super::twin::Twin;
use super::watched::Watched;
use crate::model::canary::CanaryView;
use crate::model::filter::{ConnectorFacts, filter_problem};

/// The wall clock was stepped if it moved against the monotonic one by more than this between two readings.
const STEP_MICROS: u64 = 10_000;
/// Longer than the producer waits for a record to be taken.
pub(super) const PRODUCER_DEAF_AFTER: Duration = Duration::from_secs(35);
/// Partitions from which nothing has come for so long are said to be muted.
const MUTED_AFTER: Duration = Duration::from_secs(10);

pub(super) struct State {
    pub(super) run: String,
    pub(super) run_start: Duration,
    pub(super) anchor: Anchor,
    pub(super) settings: Settings,
    pub(super) tracker: Option<Tracker>,
    /// What the source was found to hold, until the ledger is begun with it.
    pub(super) start: Start,
    pub(super) source: Watched,
    pub(super) target: Watched,
    pub(super) twin: Twin,
    pub(super) marks: Marks,
    /// Whether the target's log is another one than was read before, or has lost what was not read yet.
    pub(super) is_broken: bool,
    /// When this life began.
    pub(super) began: Duration,
    /// Whether the run is that of an earlier life.
    pub(super) goes_on: bool,
    pub(super) topic: String,
    pub(super) instance: String,
    lateness: Lateness,
    legs: Legs,
    /// When a record was last known to stand on the source.
    last_acknowledged: Duration,
    /// Whether the producer has waited in vain since then.
    has_timed_out: bool,
    /// Since when it is this producer.
    sends_since: Duration,
    /// Why the source did not take a record, until it takes something again.
    refusal: Option<String>,
    /// Why the source did not take a settled point, until it takes one again.
    point_refusal: Option<String>,
    filter_problem: Option<String>,
    /// Partitions for the topic's creation, shared with its creator; fixed if the user gave a number.
    wanted: Option<Arc<AtomicU32>>,
}

impl State {
    pub(super) fn new(
        config: &Config,
        run: String,
        anchor: Anchor,
        start: Duration,
        wanted: Arc<AtomicU32>,
    ) -> Self {
        Self {
            run,
            run_start: start,
            anchor,
            settings: Settings {
                period: config.period,
                threshold: config.outage_threshold,
                grace: config.loss_grace,
            },
            tracker: None,
            start: Start::Anew(None),
            source: Watched::new(start),
            target: Watched::new(start),
            twin: Twin::new(start),
            marks: Marks::default(),
            is_broken: false,
            began: start,
            goes_on: false,
            topic: config.topic.clone(),
            instance: config.instance.clone(),
            lateness: Lateness::default(),
            legs: Legs::default(),
            last_acknowledged: start,
            has_timed_out: false,
            sends_since: start,
            refusal: None,
            point_refusal: None,
            filter_problem: None,
            wanted: config.partitions.is_none().then_some(wanted),
        }
    }

    pub(super) fn apply(&mut self, event: Event) {
        match event {
            Event::Start(start) => self.start = start,
            Event::Positioned(side, positions) => {
                if side == Side::Source {
                    self.track(|tracker| tracker.grow(positions.len()));
                }
                self.side(side).progress.stand(&positions);
            }
            Event::Answered(side, at) => self.side(side).pulse.beat(at),
            Event::AtEnd(side, partition, at) => {
                let side = self.side(side);
                side.reads(at);
                side.progress.is_at_end(partition);
            }
            Event::ReadRefused(side, why) => {
                let threshold = self.settings.threshold;
                self.side(side).refuses(side, &why, threshold);
            }
            Event::ReaderFailed(side, at) => self.side(side).fails(side, at),
            Event::Holds(side, partition, log, asked) => {
                let partition = index(partition);
                let is_whole = self.side(side).progress.holds(partition, log, asked);
                // What was delivered and is deleted again would be told lost.
                self.is_broken |= !is_whole && side == Side::Target;
                self.reached(side, partition);
            }
            Event::Problem(side, problem) => self.side(side).problem = problem,
            Event::Acknowledged(sent, place, at) => {
                self.last_acknowledged = self.last_acknowledged.max(at);
                (self.has_timed_out, self.refusal) = (false, None);
                let Some(tracker) = &mut self.tracker else {
                    return;
                };
                let news = tracker.acknowledged(sent.partition, sent.sequence, place, at);
                if let Some(intended) = news {
                    let appended = place.and_then(|place| place.appended);
                    self.legs.acknowledged(intended, appended, at, &self.anchor);
                }
            }
            Event::Failed(sent) => {
                self.track(|tracker| tracker.failed(sent.partition, sent.sequence));
            }
            Event::Read(seen) => self.read(&seen),
            Event::Connector(facts) => self.learn(&facts),
            Event::Committed(partition, offset, at) => {
                let partition = index(partition);
                self.track(|tracker| tracker.committed(partition, offset, at));
            }
            Event::TimedOut => self.has_timed_out = true,
            Event::Refused(why) => self.refusal = Some(why),
            Event::PointRefused(why) => self.point_refusal = Some(why),
            Event::Settled(_, true) => {
                self.has_timed_out = false;
                (self.refusal, self.point_refusal) = (None, None);
            }
            Event::Broken => self.is_broken = true,
            Event::Settled(_, false) => {}
        }
    }

    fn side(&mut self, side: Side) -> &mut Watched {
        match side {
            Side::Source => &mut self.source,
            Side::Target => &mut self.target,
        }
    }

    pub(super) fn track(&mut self, change: impl FnOnce(&mut Tracker)) {
        if let Some(tracker) = &mut self.tracker {
            change(tracker);
        }
    }

    fn read(&mut self, seen: &Seen) {
        let side = self.side(seen.side);
        side.reads(seen.at);
        if seen.side == Side::Target && !self.is_new(seen) {
            return;
        }
        let progress = &mut self.side(seen.side).progress;
        let sight = progress.read(seen.partition, seen.offset, seen.at);
        match &seen.content {
            Content::Record(record, has_header) if record.instance == self.instance => {
                self.read_own(seen, record, *has_header, sight);
            }
            Content::Corrupt if seen.side == Side::Target && sight != Sight::Again => {
                self.track(|tracker| tracker.flawed(index(seen.partition), Flaw::Corrupt));
            }
            Content::Record(..) | Content::Corrupt | Content::Other => {}
        }
        self.reached(seen.side, index(seen.partition));
    }

    /// Whether something that was read from the target is to be counted.
    fn is_new(&mut self, seen: &Seen) -> bool {
        let partition = index(seen.partition);
        match self.marks.read(partition, seen.offset, seen.checksum) {
            Reading::New => return true,
            Reading::Known => {}
            Reading::Strange => self.is_broken = true,
        }
        false
    }

    /// A partition of the target that has been read up to an end that was asked for holds nothing unseen from before.
    fn reached(&mut self, side: Side, partition: usize) {
        let reached = self.side(side).reached(partition);
        if let Some(asked) = reached.filter(|_| side == Side::Target) {
            self.track(|tracker| tracker.read_to_end(partition, asked));
        }
    }

    fn read_own(&mut self, seen: &Seen, record: &Record, has_header: HasHeader, sight: Sight) {
        let partition = index(record.partition);
        let was_there = sight == Sight::WasThere;
        let intended = self.anchor.instant(record.intended);
        if seen.side == Side::Source && sight == Sight::New {
            let is_ours = record.run == self.run && self.twin.is_ours(partition, record.sequence);
            self.twin.read(is_ours, intended, seen.at);
        }
        if record.run != self.run {
            return;
        }
        if record.topic != self.topic || record.partition != seen.partition {
            if seen.side == Side::Target && sight != Sight::Again {
                self.track(|tracker| tracker.flawed(index(seen.partition), Flaw::Misrouted));
            }
            return;
        }
        // What an earlier life sent counts wherever it is found first, and however late it came to stand.
        if was_there || intended < self.began {
            self.track(|tracker| tracker.found(partition, record.sequence, intended));
        }
        match seen.side {
            Side::Source => self.stands(seen, partition, record.sequence),
            // What the reader reads again, MM2 has not copied again.
            Side::Target if sight == Sight::Again && !self.awaits(partition, record.sequence) => {}
            Side::Target => {
                let arrival = Arrival {
                    sequence: record.sequence,
                    intended,
                    at: seen.at,
                    is_timed: !was_there,
                };
                self.arrived(seen, partition, &arrival);
                if !has_header {
                    self.track(|tracker| tracker.flawed(partition, Flaw::Mangled));
                }
            }
        }
    }

    /// Whether the record would arrive for the first time.
    fn awaits(&self, partition: usize, sequence: u64) -> bool {
        let tracker = self.tracker.as_ref();
        tracker.is_some_and(|tracker| tracker.awaits(partition, sequence))
    }

    fn stands(&mut self, seen: &Seen, partition: usize, sequence: u64) {
        self.last_acknowledged = self.last_acknowledged.max(seen.at);
        let place = Place {
            offset: seen.offset,
            appended: seen.appended,
        };
        self.track(|tracker| tracker.read_back(partition, sequence, place, seen.at));
    }

    fn arrived(&mut self, seen: &Seen, partition: usize, arrival: &Arrival) {
        let Some(tracker) = &mut self.tracker else {
            return;
        };
        if let Some(delivery) = tracker.arrived(partition, arrival)
            && arrival.is_timed
        {
            self.legs
                .delivered(delivery, seen.appended, seen.at, &self.anchor);
        }
    }

    fn learn(&mut self, facts: &ConnectorFacts) {
        self.filter_problem = filter_problem(&self.topic, facts);
        if let (Some(wanted), Some(tasks)) = (&self.wanted, facts.tasks) {
            wanted.store(tasks.saturating_mul(2), Ordering::Relaxed);
        }
    }

    /// Whether the producer hears nothing: it waits in vain, longer than it waits for any record, for a source that answers others all the
    /// time.
    pub(super) fn is_producer_deaf(&self, now: Duration) -> bool {
        let unheard = self.last_acknowledged.max(self.sends_since);
        let answers_since = self.source.pulse.answers_since(now);
        let since = answers_since.map(|since| since.max(unheard));
        self.has_timed_out
            && since.is_some_and(|since| now.saturating_sub(since) > PRODUCER_DEAF_AFTER)
    }

    /// There is another producer from `now` on.
    pub(super) fn sends_anew(&mut self, now: Duration) {
        (self.has_timed_out, self.sends_since) = (false, now);
    }

    /// The loop came round at `last` and again at `now`, and had to by `due`: if that took longer than the threshold, this
    /// very process stood still.
    pub(super) fn passed(&mut self, last: Duration, due: Duration, now: Duration) {
        self.lateness.woke(now, due);
        if now.saturating_sub(last) > self.settings.threshold {
            for side in [&mut self.source, &mut self.target] {
                side.blindness.blind_since(last);
                side.blindness.sees_since(now);
            }
        }
    }

    /// Follow the wall clock, however it is slewed or stepped; the monotonic one never is. What a reading cannot tell from
    /// its own inexactness is left alone, so that published instants move by what the clock moves, and by no noise.
    pub(super) fn follow_clocks(&mut self, reading: Clocks) {
        let step = self.anchor.step_to(&reading.anchor);
        if step.unsigned_abs() > STEP_MICROS {
            tracing::warn!(
                step_microseconds = step,
                "canary: the wall clock was stepped; published instants follow it"
            );
        }
        if step.unsigned_abs() > reading.within {
            self.anchor = reading.anchor;
        }
    }

    /// Let time pass; `due` is the intended time of the next slot, which may be overdue.
    pub(super) fn advance(&mut self, now: Duration, due: Option<Duration>) {
        self.come_back(now);
        let threshold = self.settings.threshold;
        let unanswered = self.tracker.as_ref().and_then(Tracker::oldest_unanswered);
        let stuck = unanswered.into_iter().chain(due).min();
        let stuck = stuck.filter(|since| now.saturating_sub(*since) > threshold);
        let sees_since = self.source.pulse.last().max(self.last_acknowledged);
        self.source.judge(stuck, sees_since, now, threshold);
        let sees_since = self.target.pulse.last();
        self.target.judge(None, sees_since, now, threshold);
        self.twin.advance(now, &self.instance);
        let in_sight = self.target.in_sight_since();
        self.track(|tracker| tracker.advance(now, in_sight));
    }

    /// What is wrong, the cause before its effects.
    fn problem(&self, view: &CanaryView) -> Option<String> {
        self.source
            .problem()
            .or_else(|| self.refused())
            .or_else(|| self.twin.problem(&self.instance))
            .or_else(|| self.filter_problem.clone())
            .or_else(|| self.target.problem())
            .or_else(|| view.muted_problem(MUTED_AFTER))
    }

    /// What the source does not take. Without settled points a restart cannot go on with the run.
    fn refused(&self) -> Option<String> {
        let record = self.refusal.as_ref().map(|why| ("records", why));
        let point = self.point_refusal.as_ref();
        let (what, why) = record.or(point.map(|why| ("settled points", why)))?;
        Some(format!(
            "the source cluster does not take the canary's {what}: {why}"
        ))
    }

    /// How many partitions the ledger has; `None` before it is begun.
    pub(super) fn partitions(&self) -> Option<usize> {
        self.tracker.as_ref().map(Tracker::partitions)
    }

    /// Outages of a partition so far, and whether one is open.
    pub(super) fn outages(&self, partition: usize) -> (u64, bool) {
        let tracker = self.tracker.as_ref();
        tracker.map_or((0, false), |tracker| tracker.outages(partition))
    }

    pub(super) fn view(&self, config: &Config, now: Duration) -> CanaryView {
        let (partitions, latency) = self
            .tracker
            .as_ref()
            .map(|t| t.view(now, &self.anchor))
            .unwrap_or_default();
        let mut view = CanaryView {
            source: config.source.clone(),
            target: config.target.clone(),
            topic: config.topic.clone(),
            remote_topic: config.remote_topic(),
            instance: config.instance.clone(),
            run: self
                .partitions()
                .map_or(String::new(), |_| self.run.clone()),
            period: config.period,
            outage_threshold: config.outage_threshold,
            run_start: self.anchor.wall(self.run_start),
            observed_through: self.anchor.wall(now),
            lateness: self.lateness.worst(now),
            problem: None,
            partitions,
            source_blind: self.source.blindness.view(now, &self.anchor),
            target_blind: self.target.blindness.view(now, &self.anchor),
            latency,
            legs: self.legs.view(),
        };
        view.problem = self.problem(&view);
        view
    }
}

fn index(partition: i32) -> usize {
    usize::try_from(partition).unwrap_or(usize::MAX)
}
