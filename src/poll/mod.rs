//! Each endpoint on its own clock with its own deadline, into its latest reading; on a tick the readings become one
//! immutable snapshot. One slow endpoint never holds the others or the page; a poll that is late skips, never queues.

mod clusters;
mod committed;
mod endpoint;
mod problems;
mod readers;
mod written;

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{MissedTickBehavior, interval};

use crate::clock;
use crate::model::canary::CanaryView;
use crate::model::connect::{Health, TaskMap, WorkerView};
use crate::model::flow::Flow;
use crate::model::group::GroupView;
use crate::model::jmx::JmxView;
use crate::model::limits::PageLimits;
use crate::model::normalised::Normalised;
use crate::model::offsets::ConnectOffsets;
use crate::model::snapshot::{Configurations, Loaded, Reading, Snapshot, WorkerReadings};
use crate::model::status::StatusLog;
use crate::model::time::Timestamp;
use crate::normalise::Normaliser;
use crate::{connect, jolokia, kafka};
use clusters::ClusterLatest;
use written::WrittenLatest;

/// Time between two snapshots: an age on a page is exact to this.
const TICK: Duration = Duration::from_millis(200);

/// How much rarer than others the offsets of connectors are asked for: each answer costs the worker a look into its
/// offset topic.
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

/// One worker's endpoints.
pub struct Worker {
    /// The worker's id, `host:port`.
    pub id: String,
    /// Its REST API.
    pub rest: connect::Client,
    /// Its Jolokia agent, where configured.
    pub jolokia: Option<jolokia::Client>,
}

/// The Connect cluster's group.
pub struct Group {
    /// Its `group.id`.
    pub id: String,
    /// Its reader.
    pub reader: kafka::GroupReader,
    /// The reader of the status topic, where configured.
    pub status: Option<kafka::StatusReader>,
}

/// What MM2 writes about one flow.
pub struct Written {
    /// Reads its checkpoints.
    pub checkpoints: kafka::CheckpointReader,
    /// Read its heartbeats: those that the task writes, and those that are copied from the source.
    pub heartbeats: [kafka::HeartbeatReader; 2],
}

/// One Kafka cluster.
pub struct Cluster {
    /// Its alias.
    pub alias: String,
    /// Asks whether it is there.
    pub probe: kafka::ClusterProbe,
    /// Asks where logs begin and end.
    pub offsets: kafka::OffsetsReader,
    /// Asks what consumer groups have committed, where wanted.
    pub groups: Option<kafka::ConsumerGroupsReader>,
}

/// The latest state of one flow's canary.
pub type CanaryReceiver = watch::Receiver<Option<Arc<CanaryView>>>;

/// Everything that is polled.
pub struct Endpoints {
    /// The replication flows.
    pub flows: Vec<Flow>,
    /// The workers of the Connect cluster.
    pub workers: Vec<Worker>,
    /// Its group, where configured.
    pub group: Option<Group>,
    /// The Kafka clusters.
    pub clusters: Vec<Cluster>,
    /// What MM2 writes about each flow whose target is configured, by the flow's place.
    pub written: BTreeMap<usize, Written>,
    /// The canaries, one for each flow that has one.
    pub canaries: Vec<CanaryReceiver>,
    /// What bounds the pages.
    pub limits: Arc<PageLimits>,
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
        let flows: Arc<[Flow]> = endpoints.flows.into();
        let clients: Vec<_> = endpoints
            .workers
            .iter()
            .map(|worker| worker.rest.clone())
            .collect();
        let tasks = readers::tasks(&mut loops, schedule, clients.clone(), &flows);
        let mut group = endpoints.group;
        let latest = Latest {
            workers: endpoints
                .workers
                .into_iter()
                .map(|worker| readers::worker(&mut loops, schedule, worker, &flows))
                .collect(),
            status: group
                .as_mut()
                .and_then(|group| group.status.take())
                .map(|reader| written::status(&mut loops, schedule, reader)),
            group: group.map(|group| readers::group(&mut loops, schedule, group)),
            written: endpoints
                .written
                .into_iter()
                .filter_map(|(index, written)| {
                    let flow = flows.get(index)?;
                    let latest = written::written(&mut loops, schedule, flow, written);
                    Some((index, latest))
                })
                .collect(),
            clusters: endpoints
                .clusters
                .into_iter()
                .map(|cluster| {
                    clusters::cluster(&mut loops, schedule, cluster, tasks.clone(), &flows)
                })
                .collect(),
            offsets: committed::offsets(&mut loops, schedule.rarer(RARER), clients, &flows),
            tasks,
            canaries: endpoints.canaries,
            limits: endpoints.limits,
            flows,
            started,
            time_to_live: schedule.time_to_live,
        };
        let tasks = latest.tasks.clone();
        let mut normaliser = Normaliser::default();
        let (sender, snapshots) = watch::channel(Arc::new(latest.normalised(&mut normaliser)));
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

/// Where the latest readings are found.
struct Latest {
    workers: Vec<WorkerLatest>,
    group: Option<watch::Receiver<Reading<GroupView>>>,
    status: Option<watch::Receiver<Reading<StatusLog>>>,
    written: BTreeMap<usize, WrittenLatest>,
    tasks: watch::Receiver<Reading<TaskMap>>,
    clusters: Vec<ClusterLatest>,
    offsets: watch::Receiver<Reading<ConnectOffsets>>,
    canaries: Vec<CanaryReceiver>,
    limits: Arc<PageLimits>,
    flows: Arc<[Flow]>,
    started: Timestamp,
    time_to_live: Duration,
}

struct WorkerLatest {
    id: Arc<str>,
    rest: watch::Receiver<Reading<WorkerView>>,
    health: watch::Receiver<Reading<Health>>,
    jolokia: Option<watch::Receiver<Reading<JmxView>>>,
}

impl Latest {
    /// A snapshot with what follows from it and the ones before.
    fn normalised(&self, normaliser: &mut Normaliser) -> Snapshot {
        let mut snapshot = self.snapshot();
        snapshot.normalised = derived(normaliser, |normaliser| normaliser.observe(&snapshot));
        snapshot
    }

    fn snapshot(&self) -> Snapshot {
        let taken = clock::now();
        let time_to_live = self.time_to_live;
        Snapshot {
            taken,
            started: self.started,
            time_to_live,
            flows: Arc::clone(&self.flows),
            workers: self
                .workers
                .iter()
                .map(|worker| WorkerReadings {
                    id: Arc::clone(&worker.id),
                    rest: worker.rest.borrow().fresh_at(taken, time_to_live),
                    health: worker.health.borrow().fresh_at(taken, time_to_live),
                    jolokia: worker
                        .jolokia
                        .as_ref()
                        .map(|jolokia| jolokia.borrow().fresh_at(taken, time_to_live)),
                })
                .collect(),
            group: self
                .group
                .as_ref()
                .map(|group| group.borrow().fresh_at(taken, time_to_live)),
            status: self
                .status
                .as_ref()
                .map(|status| status.borrow().fresh_at(taken, time_to_live)),
            written: self
                .written
                .iter()
                .map(|(index, written)| (*index, written.fresh_at(taken, time_to_live)))
                .collect(),
            tasks: self.tasks.borrow().fresh_at(taken, time_to_live),
            canaries: self
                .canaries
                .iter()
                .filter_map(|canary| canary.borrow().clone())
                .collect(),
            limits: Arc::clone(&self.limits),
            clusters: self
                .clusters
                .iter()
                .map(|cluster| cluster.fresh_at(taken, time_to_live))
                .collect(),
            offsets: self.offsets.borrow().fresh_at(taken, time_to_live * RARER),
            normalised: Arc::default(),
            configurations: Configurations {
                main: Loaded::at(self.started),
                web: None,
            },
        }
    }
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
        let snapshot = latest.normalised(&mut normaliser);
        problems.note(&snapshot.normalised);
        sender.send_replace(Arc::new(snapshot));
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
