//! What a running canary knows, and how events and time change it. Pure: no client, no clock.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use super::anchor::{Anchor, Reading};
use super::blind::{Blindness, Pulse};
use super::config::Config;
use super::event::{Event, Side};
use super::lateness::Lateness;
use super::preflight::{ConnectorFacts, filter_problem};
use super::record::Record;
use super::tracker::{Settings, Tracker};
use crate::model::canary::CanaryView;

/// The wall clock was stepped if it moved against the monotonic one by more than this between two readings.
const STEP_MICROS: u64 = 10_000;

pub(super) struct State {
    pub(super) run: String,
    pub(super) run_start: Duration,
    pub(super) anchor: Anchor,
    pub(super) settings: Settings,
    pub(super) tracker: Option<Tracker>,
    topic: String,
    instance: String,
    source: Watched,
    target: Watched,
    lateness: Lateness,
    /// When a record was last known to stand on the source.
    last_acknowledged: Duration,
    filter_problem: Option<String>,
    /// Partitions for the topic's creation, shared with its creator; fixed if the user gave a number.
    wanted: Option<Arc<AtomicU32>>,
}

/// One side's reachability.
struct Watched {
    pulse: Pulse,
    blindness: Blindness,
    problem: Option<String>,
}

impl Watched {
    fn new(start: Duration) -> Self {
        Self {
            pulse: Pulse::new(start),
            blindness: Blindness::default(),
            problem: None,
        }
    }

    fn judge(&mut self, blind_since: Option<Duration>, sees_since: Duration) {
        match blind_since {
            Some(since) => self.blindness.blind_since(since),
            None => self.blindness.sees_since(sees_since),
        }
    }
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
            topic: config.topic.clone(),
            instance: config.instance.clone(),
            source: Watched::new(start),
            target: Watched::new(start),
            lateness: Lateness::default(),
            last_acknowledged: start,
            filter_problem: None,
            wanted: config.partitions.is_none().then_some(wanted),
        }
    }

    pub(super) fn apply(&mut self, event: Event) {
        match event {
            Event::Answered(side, at) => self.side(side).pulse.beat(at),
            Event::Problem(side, problem) => self.side(side).problem = problem,
            Event::Acknowledged(sent, at) => {
                self.last_acknowledged = self.last_acknowledged.max(at);
                self.track(|tracker| tracker.acknowledged(sent.partition, sent.sequence, at));
            }
            Event::Failed(sent) => {
                self.track(|tracker| tracker.failed(sent.partition, sent.sequence));
            }
            Event::Read(side, record, at) => self.read(side, &record, at),
            Event::Corrupt(Side::Target, partition) => {
                let partition = usize::try_from(partition).unwrap_or(usize::MAX);
                self.track(|tracker| tracker.corrupt(partition));
            }
            Event::Connector(facts) => self.learn(&facts),
            Event::Corrupt(Side::Source, _) | Event::Positioned(..) | Event::Stop => {}
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

    fn read(&mut self, side: Side, record: &Record, at: Duration) {
        self.side(side).pulse.beat(at);
        if record.run != self.run || record.instance != self.instance {
            return;
        }
        let partition = usize::try_from(record.partition).unwrap_or(usize::MAX);
        match side {
            Side::Source => {
                self.last_acknowledged = self.last_acknowledged.max(at);
                self.track(|tracker| tracker.read_back(partition, record.sequence, at));
            }
            Side::Target => self.track(|tracker| tracker.arrived(partition, record.sequence, at)),
        }
    }

    fn learn(&mut self, facts: &ConnectorFacts) {
        self.filter_problem = filter_problem(&self.topic, facts);
        if let (Some(wanted), Some(tasks)) = (&self.wanted, facts.tasks) {
            wanted.store(tasks.saturating_mul(2), Ordering::Relaxed);
        }
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
    pub(super) fn follow_clocks(&mut self, reading: Reading) {
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
        let threshold = self.settings.threshold;
        self.track(|tracker| tracker.advance(now));
        let unanswered = self.tracker.as_ref().and_then(Tracker::oldest_unanswered);
        let stuck = unanswered.into_iter().chain(due).min();
        let stuck = stuck.filter(|since| now.saturating_sub(*since) > threshold);
        let silent = self.source.pulse.silent_since(now, threshold);
        let sees_since = self.source.pulse.last().max(self.last_acknowledged);
        self.source
            .judge(stuck.into_iter().chain(silent).min(), sees_since);
        let silent = self.target.pulse.silent_since(now, threshold);
        self.target.judge(silent, self.target.pulse.last());
    }

    /// What is wrong, the cause before its effects.
    fn problem(&self) -> Option<String> {
        let problems = [
            &self.source.problem,
            &self.filter_problem,
            &self.target.problem,
        ];
        problems.into_iter().flatten().next().cloned()
    }

    pub(super) fn view(&self, config: &Config, now: Duration) -> CanaryView {
        let (partitions, latency) = self
            .tracker
            .as_ref()
            .map(|t| t.view(now, &self.anchor))
            .unwrap_or_default();
        CanaryView {
            source: config.source.clone(),
            target: config.target.clone(),
            topic: config.topic.clone(),
            remote_topic: config.remote_topic(),
            instance: config.instance.clone(),
            run: self.run.clone(),
            period: config.period,
            outage_threshold: config.outage_threshold,
            run_start: self.anchor.wall(self.run_start),
            observed_through: self.anchor.wall(now),
            lateness: self.lateness.worst(now),
            problem: self.problem(),
            partitions,
            source_blind: self.source.blindness.view(now, &self.anchor),
            target_blind: self.target.blindness.view(now, &self.anchor),
            latency,
        }
    }
}
