//! The latest readings of all endpoints, and one snapshot of them.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::JoinSet;

use super::clusters::{self, ClusterLatest};
use super::written::{self, WrittenLatest};
use super::{CanaryReceiver, Endpoints, RARER, Schedule, checkpoints, committed, readers};
use crate::model::checkpoint::CheckpointConnector;
use crate::model::connect::{Health, TaskMap, WorkerView};
use crate::model::flow::Flow;
use crate::model::group::GroupView;
use crate::model::jmx::JmxView;
use crate::model::limits::PageLimits;
use crate::model::offsets::ConnectOffsets;
use crate::model::probe::ProbeView;
use crate::model::snapshot::{Configurations, Loaded, Moment, Reading, Snapshot, WorkerReadings};
use crate::model::status::StatusLog;
use crate::model::time::Timestamp;

/// Where the latest reading of one endpoint is found.
type Receiver<T> = watch::Receiver<Reading<T>>;

/// Where the latest readings are found.
pub(super) struct Latest {
    workers: Vec<WorkerLatest>,
    group: Option<Receiver<GroupView>>,
    status: Option<Receiver<StatusLog>>,
    written: BTreeMap<usize, WrittenLatest>,
    /// The task → partition map.
    pub(super) tasks: Receiver<TaskMap>,
    clusters: Vec<ClusterLatest>,
    probes: BTreeMap<usize, Receiver<ProbeView>>,
    /// Asked for where there is a probe.
    translators: Option<Receiver<Vec<CheckpointConnector>>>,
    offsets: Receiver<ConnectOffsets>,
    canaries: Vec<CanaryReceiver>,
    limits: Arc<PageLimits>,
    flows: Arc<[Flow]>,
    started: Timestamp,
    time_to_live: Duration,
}

/// Where one worker's latest readings are found.
pub(super) struct WorkerLatest {
    pub(super) id: Arc<str>,
    pub(super) rest: Receiver<WorkerView>,
    pub(super) health: Receiver<Health>,
    pub(super) jolokia: Option<Receiver<JmxView>>,
}

impl WorkerLatest {
    fn fresh_at(&self, now: Moment, time_to_live: Duration) -> WorkerReadings {
        WorkerReadings {
            id: Arc::clone(&self.id),
            rest: self.rest.borrow().fresh_at(now, time_to_live),
            health: self.health.borrow().fresh_at(now, time_to_live),
            jolokia: fresh(self.jolokia.as_ref(), now, time_to_live),
        }
    }
}

fn fresh<T>(
    latest: Option<&Receiver<T>>,
    now: Moment,
    time_to_live: Duration,
) -> Option<Reading<T>> {
    latest.map(|latest| latest.borrow().fresh_at(now, time_to_live))
}

impl Latest {
    /// Start to poll everything.
    pub(super) fn start(
        loops: &mut JoinSet<()>,
        endpoints: Endpoints,
        schedule: Schedule,
        started: Timestamp,
    ) -> Self {
        let flows: Arc<[Flow]> = endpoints.flows.into();
        let workers = endpoints.workers.iter();
        let clients: Vec<_> = workers.map(|worker| worker.rest.clone()).collect();
        let tasks = readers::tasks(loops, schedule, clients.clone(), &flows);
        let workers = endpoints.workers.into_iter();
        let workers = workers.map(|worker| readers::worker(loops, schedule, worker, &flows));
        let workers = workers.collect();
        let mut group = endpoints.group;
        let status = group.as_mut().and_then(|group| group.status.take());
        let status = status.map(|reader| written::status(loops, schedule, reader));
        let group = group.map(|group| readers::group(loops, schedule, group));
        let written = endpoints
            .written
            .into_iter()
            .filter_map(|(index, written)| {
                let flow = flows.get(index)?;
                Some((index, written::written(loops, schedule, flow, written)))
            });
        let written = written.collect();
        let translators = (!endpoints.probes.is_empty()).then(|| {
            checkpoints::translators(loops, schedule.rarer(RARER), clients.clone(), &flows)
        });
        let clusters = endpoints.clusters.into_iter();
        let clusters =
            clusters.map(|one| clusters::cluster(loops, schedule, one, tasks.clone(), &flows));
        Self {
            workers,
            group,
            status,
            written,
            clusters: clusters.collect(),
            probes: written::probes(loops, schedule, endpoints.probes, &flows),
            translators,
            offsets: committed::offsets(loops, schedule.rarer(RARER), clients, &flows),
            tasks,
            canaries: endpoints.canaries,
            limits: endpoints.limits,
            flows,
            started,
            time_to_live: schedule.time_to_live,
        }
    }

    /// What is known now; nothing of what follows from it.
    pub(super) fn snapshot(&self, now: Moment) -> Snapshot {
        let time_to_live = self.time_to_live;
        let workers = self.workers.iter();
        let written = self.written.iter();
        let clusters = self.clusters.iter();
        let probes = self.probes.iter();
        let canaries = self.canaries.iter();
        Snapshot {
            taken: now,
            started: self.started,
            time_to_live,
            flows: Arc::clone(&self.flows),
            workers: workers.map(|one| one.fresh_at(now, time_to_live)).collect(),
            group: fresh(self.group.as_ref(), now, time_to_live),
            status: fresh(self.status.as_ref(), now, time_to_live),
            written: written
                .map(|(index, one)| (*index, one.fresh_at(now, time_to_live)))
                .collect(),
            tasks: self.tasks.borrow().fresh_at(now, time_to_live),
            clusters: clusters
                .map(|one| one.fresh_at(now, time_to_live))
                .collect(),
            probes: probes
                .map(|(index, probe)| (*index, probe.borrow().fresh_at(now, time_to_live)))
                .collect(),
            translators: fresh(self.translators.as_ref(), now, time_to_live * RARER),
            offsets: self.offsets.borrow().fresh_at(now, time_to_live * RARER),
            canaries: canaries
                .filter_map(|canary| canary.borrow().clone())
                .collect(),
            normalised: Arc::default(),
            limits: Arc::clone(&self.limits),
            configurations: Configurations {
                main: Loaded::at(self.started),
                web: None,
            },
        }
    }
}
