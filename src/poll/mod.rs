//! Each endpoint on its own clock with its own deadline, into its latest reading; on a tick the readings become one
//! immutable snapshot. One slow endpoint never holds the others or the page; a poll that is late skips, never queues.

mod checkpoints;
mod clusters;
mod committed;
mod endpoint;
mod endpoints;
mod latest;
mod problems;
mod readers;
mod written;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{MissedTickBehavior, interval};

use crate::clock;
use crate::model::connect::TaskMap;
use crate::model::normalised::Normalised;
use crate::model::snapshot::{Reading, Snapshot};
use crate::model::time::Timestamp;
use crate::normalise::Normaliser;
use latest::Latest;

pub use endpoints::{CanaryReceiver, Cluster, Endpoints, Group, Worker, Written};

/// Time between two snapshots: an age on a page is exact to this.
const TICK: Duration = Duration::from_millis(200);

/// How much rarer than others the offsets of connectors are asked for: each answer costs the worker a look into its
/// offset topic. So are the task lists of all connectors.
const RARER: u32 = 6;

/// When endpoints are polled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Schedule {
    /// Time between the starts of two polls of one endpoint.
    pub interval: Duration,
    /// Longest that a poll may take.
    pub deadline: Duration,
    /// Age at which a reading is no longer shown.
    pub time_to_live: Duration,
}

impl Schedule {
    /// The same, `factor` times rarer.
    fn rarer(self, factor: u32) -> Self {
        Self {
            interval: self.interval * factor,
            time_to_live: self.time_to_live * factor,
            ..self
        }
    }
}

/// The running polls; dropping it stops them.
pub struct Polls {
    /// The latest snapshot.
    pub snapshots: watch::Receiver<Arc<Snapshot>>,
    /// The latest task → partition map.
    pub tasks: watch::Receiver<Reading<TaskMap>>,
    loops: JoinSet<()>,
}

impl Polls {
    /// Start polling.
    pub fn start(endpoints: Endpoints, schedule: Schedule, started: Timestamp) -> Self {
        let mut loops = JoinSet::new();
        let latest = Latest::start(&mut loops, endpoints, schedule, started);
        let tasks = latest.tasks.clone();
        let mut normaliser = Normaliser::default();
        let (sender, snapshots) = watch::channel(taken(&latest, &mut normaliser));
        loops.spawn(publish(latest, normaliser, sender));
        Self {
            snapshots,
            tasks,
            loops,
        }
    }

    /// Stop all polls.
    pub async fn stop(mut self) {
        self.loops.shutdown().await;
    }
}

/// A snapshot with what follows from it and the ones before.
fn taken(latest: &Latest, normaliser: &mut Normaliser) -> Arc<Snapshot> {
    let mut snapshot = latest.snapshot(clock::now());
    snapshot.normalised = derived(normaliser, |normaliser| normaliser.observe(&snapshot));
    Arc::new(snapshot)
}

/// What follows, or word that nothing could be derived; the readings are shown all the same. What a panic leaves in the
/// memory nobody knows, so it starts anew.
fn derived(
    normaliser: &mut Normaliser,
    observe: impl FnOnce(&mut Normaliser) -> Arc<Normalised>,
) -> Arc<Normalised> {
    let observed = catch_unwind(AssertUnwindSafe(|| observe(normaliser)));
    observed.unwrap_or_else(|_| {
        *normaliser = Normaliser::default();
        Arc::new(Normalised {
            failed: true,
            ..Normalised::default()
        })
    })
}

async fn publish(latest: Latest, mut normaliser: Normaliser, sender: watch::Sender<Arc<Snapshot>>) {
    problems::missing(&sender.borrow());
    let mut problems = problems::Problems::default();
    let mut ticks = interval(TICK);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Skip);
    while !sender.is_closed() {
        ticks.tick().await;
        let snapshot = taken(&latest, &mut normaliser);
        problems.note(&snapshot.normalised);
        sender.send_replace(snapshot);
    }
}

#[test]
fn a_panic_in_what_is_derived_is_told_and_the_next_look_starts_anew() {
    let mut normaliser = Normaliser::default();
    let failed = derived(&mut normaliser, |_| panic!("within"));
    assert!(failed.failed && failed.flows.is_empty());
    let well = derived(&mut normaliser, |_| Arc::default());
    assert!(!well.failed);
}
