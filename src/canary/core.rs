//! The heart of a running canary: one thread that sends what is due, counts what comes back, and publishes the view.
//!
//! All state is here and only here; the clients' threads send events. Nothing in this loop waits for a broker.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::Duration;

use tokio::sync::watch;

use super::anchor;
use super::config::Config;
use super::event::{Event, Sent, Side};
use super::producer::{Handed, Producer};
use super::record::Record;
use super::running::Running;
use super::schedule::{Schedule, Slot};
use super::state::State;
use super::tracker::Tracker;
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

pub(super) struct Core {
    pub(super) config: Config,
    pub(super) producer: Producer,
    pub(super) events: Receiver<Event>,
    pub(super) view: watch::Sender<Option<Arc<CanaryView>>>,
    pub(super) schedule: Option<Schedule>,
    pub(super) state: State,
    pub(super) held_until: Duration,
    pub(super) running: Running,
}

impl Core {
    pub(super) fn run(mut self) {
        let mut last = clock::monotonic();
        let (mut tick, mut due) = (last, last);
        while !self.running.is_stopped() {
            // Taken before the queue is emptied: the ledger is complete up to here.
            let now = clock::monotonic();
            self.state.passed(last, due, now);
            last = now;
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
            let pause = due.saturating_sub(clock::monotonic());
            match self.events.recv_timeout(pause) {
                Ok(event) => self.handle(event),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => break,
            }
        }
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
                return false;
            }
        }
        if let (Some(schedule), Some(tracker)) = (&mut self.schedule, &mut self.state.tracker) {
            schedule.take(slot);
            tracker.sent(slot.partition, slot.sequence, slot.intended);
        }
        true
    }

    fn handle(&mut self, event: Event) {
        match event {
            // Sending begins when the reader stands: a record that it could not have read would stay undecided.
            Event::Positioned(Side::Source, partitions) if self.schedule.is_none() => {
                self.begin(partitions);
            }
            event => self.state.apply(event),
        }
    }

    fn begin(&mut self, partitions: usize) {
        let start = clock::monotonic() + RUN_UP;
        self.schedule = Some(Schedule::new(start, self.config.period, partitions));
        self.state.tracker = Some(Tracker::new(self.state.settings, partitions));
        tracing::info!(topic = %self.config.topic, partitions, run = %self.state.run, "canary: sending begins");
    }

    fn publish(&mut self, now: Duration) {
        if let Some(reading) = anchor::read(clock::monotonic, clock::wall) {
            self.state.follow_clocks(reading);
        }
        let due = self
            .schedule
            .as_ref()
            .and_then(|schedule| schedule.peek(|_| true));
        self.state.advance(now, due.map(|slot| slot.intended));
        self.view
            .send_replace(Some(Arc::new(self.state.view(&self.config, now))));
    }
}
