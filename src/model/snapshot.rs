//! What the exporter knows at one instant: the latest reading of each endpoint; immutable once published.

mod endpoints;
mod error_kind;
mod reading;
mod readings;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

pub use endpoints::Polled;
pub use error_kind::ErrorKind;
pub use reading::Reading;
pub use readings::{ClusterReadings, FlowReadings, WorkerReadings};

use super::canary::{CanaryFlow, CanaryView};
use super::checkpoint::CheckpointConnector;
use super::connect::{ConnectorTasks, TaskMap, TopicPartition, WorkerView};
use super::flow::Flow;
use super::group::{GroupAssignment, GroupView};
use super::limits::PageLimits;
use super::normalised::Normalised;
use super::offsets::ConnectOffsets;
use super::probe::ProbeView;
use super::status::StatusLog;
use super::time::Timestamp;

/// One instant on both clocks: the wall clock for comparing with others, the monotonic one for ages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moment {
    /// On the wall clock.
    pub wall: Timestamp,
    /// On the monotonic clock.
    pub monotonic: Duration,
}

/// How a configuration was read last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Loaded {
    /// Whether the last reading is in force; if not, the one before it is.
    pub is_successful: bool,
    /// When the one in force was read.
    pub since: Timestamp,
}

impl Loaded {
    /// Read at `since`, and in force.
    pub fn at(since: Timestamp) -> Self {
        Self {
            is_successful: true,
            since,
        }
    }
}

/// How the exporter's own files were read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Configurations {
    /// What is polled, and how.
    pub main: Loaded,
    /// Who may ask the server, where there is such a file.
    pub web: Option<Loaded>,
}

/// Everything the exporter knows at one instant.
#[derive(Clone, Debug)]
pub struct Snapshot {
    /// When it was taken.
    pub taken: Moment,
    /// When the exporter started.
    pub started: Timestamp,
    /// Age at which a reading is no longer shown.
    pub time_to_live: Duration,
    /// The replication flows.
    pub flows: Arc<[Flow]>,
    /// The workers, in the order of the configuration.
    pub workers: Vec<WorkerReadings>,
    /// The Connect group, where configured.
    pub group: Option<Reading<GroupView>>,
    /// Connect's status topic, where configured.
    pub status: Option<Reading<StatusLog>>,
    /// What MM2 has written about each flow whose target is configured, by the flow's place.
    pub written: BTreeMap<usize, FlowReadings>,
    /// The task → partition map.
    pub tasks: Reading<TaskMap>,
    /// The Kafka clusters, in the order of their aliases.
    pub clusters: Vec<ClusterReadings>,
    /// What MM2 has committed as copied.
    pub offsets: Reading<ConnectOffsets>,
    /// What the probes of the offset translation have found, by the flow's place.
    pub probes: BTreeMap<usize, Reading<ProbeView>>,
    /// The connectors that translate groups, where there is a probe.
    pub translators: Option<Reading<Vec<CheckpointConnector>>>,
    /// The canaries that have something to say.
    pub canaries: Vec<Arc<CanaryView>>,
    /// What follows from all readings so far.
    pub normalised: Arc<Normalised>,
    /// What bounds its page.
    pub limits: Arc<PageLimits>,
    /// How the exporter's own files were read.
    pub configurations: Configurations,
}

impl Snapshot {
    /// What is known at `taken`, when nothing has been polled yet.
    pub fn unpolled(taken: Moment, time_to_live: Duration) -> Self {
        Self {
            taken,
            started: taken.wall,
            time_to_live,
            flows: Arc::from([]),
            workers: Vec::new(),
            group: None,
            status: None,
            written: BTreeMap::new(),
            tasks: Reading::none("tasks"),
            clusters: Vec::new(),
            offsets: Reading::none("connect_offsets"),
            probes: BTreeMap::new(),
            translators: None,
            canaries: Vec::new(),
            normalised: Arc::default(),
            limits: Arc::default(),
            configurations: Configurations {
                main: Loaded::at(taken.wall),
                web: None,
            },
        }
    }

    /// The worker whose view of the statuses counts. Every worker has a cache of its own, and one that lost the cluster
    /// keeps an old one: so the last poll must have succeeded, then members of the group go first, and the leader before.
    pub fn authority(&self) -> Option<&WorkerView> {
        let assignment = self.assignment();
        let rank = |worker: &WorkerReadings| {
            let member =
                assignment.is_some_and(|group| group.workers.iter().any(|id| **id == *worker.id));
            let leader =
                assignment.is_some_and(|group| group.leader.as_deref() == Some(&*worker.id));
            (!worker.rest.up, !member, !leader)
        };
        let answered = self
            .workers
            .iter()
            .filter(|worker| worker.rest.value.is_some());
        // Of equals the first stays, so that the view does not jump between workers.
        answered
            .min_by_key(|worker| rank(worker))?
            .rest
            .value
            .as_deref()
    }

    fn assignment(&self) -> Option<&GroupAssignment> {
        let view = self.group.as_ref()?.value.as_ref()?;
        view.group.assignment.as_ref()
    }

    /// Whether a worker lives: it answers, over REST or Jolokia; one that is not configured, if it is in the group. The group
    /// has a killed worker until its session ends, so that a configured one is not taken for alive by its word; one that
    /// only the exporter does not reach therefore counts as dead. `None` if nothing is known yet.
    pub fn is_alive(&self, id: &str) -> Option<bool> {
        let Some(worker) = self.workers.iter().find(|worker| *worker.id == *id) else {
            let assignment = self.assignment()?;
            return Some(assignment.workers.iter().any(|member| member == id));
        };
        let jolokia = worker.jolokia.as_ref();
        let is_polled = worker.rest.duration.is_some()
            && jolokia.is_none_or(|jolokia| jolokia.duration.is_some());
        is_polled.then(|| worker.rest.up || jolokia.is_some_and(|jolokia| jolokia.up))
    }

    /// Whether the leader of the group withholds tasks.
    pub fn withholds(&self) -> bool {
        self.assignment()
            .is_some_and(|assignment| !assignment.delay.is_zero())
    }

    /// Whether a cluster answered the last probe; `None` if it is not probed.
    pub fn reaches(&self, alias: &str) -> Option<bool> {
        let cluster = self.cluster(alias)?;
        cluster.probe.duration.is_some().then_some(cluster.probe.up)
    }

    /// Whether the source of a flow no longer has a partition: its logs were read, and this one's is not among them. Only the
    /// partitions of task lists are looked for; while there are none, as of a connector that is stopped, that says nothing.
    pub fn is_gone(&self, flow: &Flow, at: &TopicPartition) -> bool {
        let lists = self.tasks.value.as_ref();
        let list = lists.and_then(|lists| lists.of(&flow.connector));
        let is_listed = list.is_some_and(|list| {
            let mut tasks = list.tasks.iter();
            tasks.any(|task| !task.partitions.is_empty())
        });
        let source = self.cluster(&flow.source);
        let logs = source.and_then(|cluster| cluster.offsets.as_ref()?.value.as_deref());
        is_listed
            && logs
                .is_some_and(|logs| !logs.partitions.contains_key(at) && !logs.unread.contains(at))
    }

    /// The task list of the connector that carries a canary's records, while it is known.
    pub fn tasks_of(&self, canary: &CanaryView) -> Option<&ConnectorTasks> {
        let mut flows = self.flows.iter();
        let is_its =
            |flow: &&Flow| (&flow.source, &flow.target) == (&canary.source, &canary.target);
        let flow = flows.find(is_its)?;
        self.tasks.value.as_ref()?.of(&flow.connector)
    }

    /// What becomes of a canary's records, by the task list as well, while it is known.
    pub fn canary_flow(&self, canary: &CanaryView) -> CanaryFlow {
        canary.flow(self.tasks_of(canary))
    }

    /// The readings of a cluster, if it is configured.
    pub fn cluster(&self, alias: &str) -> Option<&ClusterReadings> {
        let mut clusters = self.clusters.iter();
        clusters.find(|cluster| *cluster.alias == *alias)
    }

    /// What readings can come from, and whether it is configured.
    pub fn sources(&self) -> Vec<(String, bool)> {
        let jolokia = self.workers.iter().map(|worker| {
            let source = format!("jolokia:{}", worker.id);
            (source, worker.jolokia.is_some())
        });
        let aliases: BTreeSet<&str> = self
            .flows
            .iter()
            .flat_map(|flow| [&*flow.source, &*flow.target])
            .collect();
        let clusters = aliases.into_iter().map(|alias| {
            let is_there = self.cluster(alias).is_some();
            (format!("cluster:{alias}"), is_there)
        });
        let groups = self.clusters.iter().any(|cluster| cluster.groups.is_some());
        let others = [
            ("group".to_owned(), self.group.is_some()),
            ("status_topic".to_owned(), self.status.is_some()),
            ("consumer_groups".to_owned(), groups),
        ];
        jolokia.chain(clusters).chain(others).collect()
    }
}

#[cfg(test)]
mod whose_view;
