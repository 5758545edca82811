//! The heart of a running canary: one thread that sends what is due, counts what comes back, and publishes the view.
//!
//! All state is here and only here; the clients' threads send events. Nothing in this loop waits for a broker.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::mpsc::Receiver;
use std::thread;
use std::time::Duration;

use tokio::sync::watch;

use super::anchor;
use super::config::Config;
use super::event::{Event, Sent, Side};
use super::instant;
use super::launch::random_run;
use super::producer::{Handed, Producer};
use super::record::Record;
use super::running::Running;
use super::schedule::{Schedule, Slot};
use super::settled::Pace;
use super::state::{PRODUCER_DEAF_AFTER, State};
use crate::clock;
use crate::model::canary::CanaryView;
use crate::model::time::micros;

/// How often time passes for the ledger and the view is published, at least.
const TICK: Duration = Duration::from_millis(100);
/// Most records sent in one pass: catching up must not keep arrivals waiting.
const BURST: usize = 500;
/// After a refused send (queue full, client replaced) the next attempt waits this long.
const HOLD: Duration = Duration::from_millis(50);
/// Between the decision to begin and the first slot.
const RUN_UP: Duration = Duration::from_millis(10);

/// A life of the canary before its first record, or partitions that its topic was given later before theirs. A run writes where it stands
/// before its first record, so that no record of it is ever without a settled point before it.
pub(super) struct Founding {
    /// Since when.
    since: Duration,
    /// When settled points that are missing are written again.
    again_at: Duration,
    /// The first sequence of each of these partitions.
    first: Vec<u64>,
    /// Partitions whose settled point does not stand yet, and whether it is under way.
    missing: BTreeMap<usize, bool>,
}

/// What came of writing a settled point.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Settling {
    /// Whether it stands will be told.
    UnderWay,
    /// It has to wait.
    Held,
    /// More is open than a point holds.
    TooScattered,
}

pub(super) struct Core {
    pub(super) config: Config,
    pub(super) producer: Producer,
    pub(super) events: Receiver<Event>,
    pub(super) view: watch::Sender<Option<Arc<CanaryView>>>,
    pub(super) schedule: Option<Schedule>,
    pub(super) pace: Pace,
    /// What sending is to begin with, until the first settled points stand.
    pub(super) founding: Option<Founding>,
    pub(super) state: State,
    pub(super) held_until: Duration,
    pub(super) running: Running,
}

impl Core {
    pub(super) fn run(mut self) {
        let mut last = instant::now();
        let (mut tick, mut due) = (last, last);
        while !self.running.is_stopped() {
            // Taken before the queue is emptied: the ledger is complete up to here.
            let now = instant::now();
            self.state.passed(last, due, now);
            last = now;
            self.begin(now);
            self.send_due(now);
            while let Ok(event) = self.events.try_recv() {
                self.handle(event);
            }
            if now >= tick {
                tick = now + TICK;
                self.publish(now);
            }
            // What is overdue already waits for no longer than this pass takes.
            due = self.due(tick).max(now);
            // Events bring their own instants, so that they can wait: to wake up for each of them costs more than all else.
            thread::sleep(due.saturating_sub(instant::now()));
        }
        self.settle_due(instant::now(), true);
        self.producer.close();
    }

    /// When there is something to do even if no event comes.
    fn due(&self, tick: Duration) -> Duration {
        let send = self
            .next_slot()
            .map(|slot| slot.intended.max(self.held_until));
        send.map_or(tick, |send| send.min(tick))
    }

    fn next_slot(&self) -> Option<Slot> {
        let tracker = self.state.tracker.as_ref()?;
        self.schedule
            .as_ref()?
            .peek(|partition| tracker.has_room(partition))
    }

    fn send_due(&mut self, now: Duration) {
        if now < self.held_until {
            return;
        }
        for _ in 0..BURST {
            let Some(slot) = self.next_slot().filter(|slot| slot.intended <= now) else {
                return;
            };
            if !self.send(slot) {
                self.held_until = now + HOLD;
                return;
            }
        }
    }

    /// Hand one slot's record over; `false` if it has to wait.
    fn send(&mut self, slot: Slot) -> bool {
        let record = Record {
            instance: self.config.instance.clone(),
            run: self.state.run.clone(),
            topic: self.config.topic.clone(),
            partition: i32::try_from(slot.partition).expect("partitions are counted in 31 bits"),
            sequence: slot.sequence,
            intended: self.state.anchor.wall(slot.intended),
            intended_monotonic: micros(slot.intended).unsigned_abs(),
        };
        let sent = Sent {
            partition: slot.partition,
            sequence: slot.sequence,
        };
        match self.producer.send(&record, sent) {
            Ok(Handed::Over) => {}
            Ok(Handed::Later) => return false,
            Err(error) => {
                tracing::warn!(
                    partition = slot.partition,
                    "canary: the producer refuses a record: {error}"
                );
                self.state.apply(Event::Refused(error.to_string()));
                return false;
            }
        }
        if let (Some(schedule), Some(tracker)) = (&mut self.schedule, &mut self.state.tracker) {
            schedule.take(slot);
            tracker.sent(slot.partition, slot.sequence, slot.intended);
            self.state.twin.sent(slot.partition, slot.sequence);
        }
        true
    }

    fn handle(&mut self, event: Event) {
        match event {
            // Sending begins when the reader stands: a record that it could not have read would stay undecided.
            Event::Positioned(Side::Source, positions) if self.state.tracker.is_none() => {
                self.state.take_up(positions.len());
                self.state.apply(Event::Positioned(Side::Source, positions));
            }
            Event::Settled(partition, stands) => {
                self.settled(partition, stands);
                self.state.apply(Event::Settled(partition, stands));
            }
            event => self.state.apply(event),
        }
        if self.state.is_broken {
            self.begin_anew();
        }
    }

    /// Begin to send to each partition as soon as the source stands and what a run that goes on has there is known.
    fn begin(&mut self, now: Duration) {
        let is_new = self.state.partitions().unwrap_or(0) > self.sends_to();
        let is_held = self
            .founding
            .as_ref()
            .is_some_and(|founding| now < founding.again_at);
        if !is_new || is_held || !self.state.source.progress.are_all_through() {
            return;
        }
        let mut founding = self.founding.take().unwrap_or_else(|| self.found_life(now));
        founding.missing.retain(|partition, is_under_way| {
            if *is_under_way {
                return true;
            }
            let settling = self.settle(*partition, now);
            *is_under_way = settling == Settling::UnderWay;
            // The point before it stays the one to go on from: a life that goes on has one, and a new one is never so scattered.
            settling != Settling::TooScattered
        });
        if !founding.missing.is_empty() {
            founding.again_at = now + RUN_UP;
            self.founding = Some(founding);
            return;
        }
        let start = instant::now() + RUN_UP;
        self.state.begins(&founding.first, start);
        self.pace.extend(now, founding.first.len());
        match &mut self.schedule {
            Some(schedule) => schedule.extend(start, &founding.first),
            None => self.schedule = Some(Schedule::new(start, self.config.period, &founding.first)),
        }
        let partitions = self.sends_to();
        tracing::info!(topic = %self.config.topic, partitions, run = %self.state.run, "canary: sending begins");
    }

    /// How many partitions records are sent to, from the first on.
    fn sends_to(&self) -> usize {
        self.schedule.as_ref().map_or(0, Schedule::partitions)
    }

    fn found_life(&mut self, now: Duration) -> Founding {
        let known = self.sends_to();
        let sequence = self.state.anchor.wall(now).as_micros().unsigned_abs();
        let first = self.state.resume(sequence);
        Founding {
            since: now,
            again_at: now,
            missing: (known..known + first.len()).map(|n| (n, false)).collect(),
            first,
        }
    }

    fn settled(&mut self, partition: usize, stands: bool) {
        let Some(founding) = &mut self.founding else {
            return;
        };
        if stands {
            founding.missing.remove(&partition);
        } else if let Some(is_under_way) = founding.missing.get_mut(&partition) {
            *is_under_way = false;
        }
    }

    fn begin_anew(&mut self) {
        let Some(partitions) = self.state.partitions() else {
            return;
        };
        tracing::warn!(
            "canary: the remote topic was made anew, or retention has taken what was not read yet; a new run begins"
        );
        self.state
            .begin_anew(random_run(), partitions, instant::now());
        (self.schedule, self.founding) = (None, None);
        self.pace = Pace::new(Duration::ZERO, 0);
    }

    /// Write the settled points that are due, or all of them.
    fn settle_due(&mut self, now: Duration, all: bool) {
        if self.schedule.is_none() {
            return;
        }
        for partition in 0..self.state.partitions().unwrap_or(0) {
            let outages = self.state.outages(partition);
            let due = all || self.pace.is_due(partition, now, outages);
            if due && self.settle(partition, now) != Settling::Held {
                self.pace.settled(partition, now, outages);
            }
        }
    }

    /// Write where a partition stands.
    fn settle(&mut self, partition: usize, now: Duration) -> Settling {
        let Some(point) = self.state.settle(partition, now) else {
            tracing::debug!(partition, "canary: too much is open to be settled");
            return Settling::TooScattered;
        };
        match self.producer.settle(&point) {
            Ok(Handed::Over) => Settling::UnderWay,
            Ok(Handed::Later) => Settling::Held,
            Err(error) => {
                tracing::warn!(
                    partition,
                    "canary: the producer refuses a settled point: {error}"
                );
                self.state.apply(Event::PointRefused(error.to_string()));
                Settling::Held
            }
        }
    }

    /// Send through another producer: this one has lost its brokers.
    fn replace_producer(&mut self, now: Duration) {
        self.state.sends_anew(now);
        match self.producer.replace() {
            Ok(()) => tracing::warn!(
                "canary: for {} s the source has answered and taken nothing: another producer goes on",
                PRODUCER_DEAF_AFTER.as_secs()
            ),
            Err(error) => tracing::warn!("canary: there is no other producer: {error}"),
        }
    }

    fn publish(&mut self, now: Duration) {
        if let Some(reading) = anchor::read(instant::now, clock::wall) {
            self.state.follow_clocks(reading);
        }
        let slot = self
            .schedule
            .as_ref()
            .and_then(|schedule| schedule.peek(|_| true));
        // A source that does not take the first settled points keeps records from being sent as one that does not take records does.
        let founding = self.founding.as_ref().map(|founding| founding.since);
        let due = slot.map(|slot| slot.intended).or(founding);
        self.state.advance(now, due);
        if self.state.is_producer_deaf(now) {
            self.replace_producer(now);
        }
        self.settle_due(now, false);
        self.view
            .send_replace(Some(Arc::new(self.state.view(&self.config, now))));
    }
}
