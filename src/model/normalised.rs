//! What follows from several readings together: the series that no peer of Connect, JMX or Kafka has by itself.

use std::time::Duration;

use super::address::{AddressFault, AddressView};
use super::connect::TopicPartition;
use super::flow::FlowState;
use super::status::StatusLog;
use super::task::TaskState;

/// All that follows from the readings at one instant.
#[derive(Clone, Debug, Default)]
pub struct Normalised {
    /// The flows, in the order of the configuration.
    pub flows: Vec<FlowView>,
    /// The tasks of all connectors, by connector and number.
    pub tasks: Vec<TaskView>,
    /// Nothing was derived, because mirrorwatch itself is at fault.
    pub failed: bool,
    /// The connectors of the flows.
    pub connectors: Vec<ConnectorView>,
    /// Whether MM2 translates the groups of the probes of which that is known.
    pub probes: Vec<ProbedGroup>,
    /// Whether each configured worker is where the configuration says.
    pub addresses: Vec<AddressView>,
    /// Workers that the group or a status names, and that are not configured.
    pub strangers: Vec<String>,
    /// Transitions as REST shows them.
    pub observed: StatusLog,
}

impl Normalised {
    /// What is wrong with the configuration of the workers, and what keeps probes' groups from being translated, each in a sentence.
    pub fn problems(&self) -> Vec<String> {
        let faults = self.addresses.iter().flat_map(|view| {
            let faults = AddressFault::ALL.into_iter().zip(view.faults);
            faults
                .filter(|(_, is_so)| *is_so == Some(true))
                .map(|(fault, _)| fault.sentence(&view.worker))
        });
        let strangers = self.strangers.iter().map(|worker| {
            format!(
                "worker {worker} is in the Connect group or owns a task, but is not under `connect.workers`: whether it \
                 lives is told by the group only, and its JMX is not read"
            )
        });
        let probes = self.probes.iter().filter_map(ProbedGroup::sentence);
        faults.chain(strangers).chain(probes).collect()
    }
}

/// The group of one flow's probe.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProbedGroup {
    /// Alias of the source cluster.
    pub source: String,
    /// Alias of the target cluster.
    pub target: String,
    /// Why MM2 does not translate its offsets, in a sentence; `None` if it does.
    pub problem: Option<String>,
}

impl ProbedGroup {
    fn sentence(&self) -> Option<String> {
        let problem = self.problem.as_ref()?;
        Some(format!(
            "translation probe of {} → {}: {problem}",
            self.source, self.target
        ))
    }
}

/// One connector.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConnectorView {
    /// Its name.
    pub connector: String,
    /// Tasks that it has by Connect's task list.
    pub tasks: usize,
    /// Tasks of it that run by the JMX of all workers, each as often as it runs; `None` if no worker's JMX is fresh.
    pub running: Option<usize>,
}

/// One flow.
#[derive(Clone, Debug)]
pub struct FlowView {
    /// Alias of the source cluster.
    pub source: String,
    /// Alias of the target cluster.
    pub target: String,
    /// How it does.
    pub state: FlowState,
    /// What it copies, by source partition.
    pub partitions: Vec<PartitionView>,
    /// Partitions that the JMX of more than one worker has; `None` if no worker's JMX is fresh.
    pub doubled: Option<usize>,
    /// What consumer groups would read again after a failover.
    pub translations: Vec<TranslationView>,
}

/// One source partition of a flow.
#[derive(Clone, Debug, PartialEq)]
pub struct PartitionView {
    /// The partition, under its name at the source.
    pub at: TopicPartition,
    /// Records acknowledged by the target since the exporter started, over task moves; `None` before one was counted.
    pub records: Option<f64>,
    /// Bytes of record values read from the source in the same way.
    pub bytes: Option<f64>,
    /// Records at the source that the target has not acknowledged.
    pub lag_records: Option<f64>,
    /// How long ago the oldest of them was appended; zero if there is none, `None` if it is older than what was seen.
    pub lag_seconds: Option<Duration>,
    /// Records that were deleted at the source before they were copied, since the exporter started.
    pub gap_records: f64,
    /// How long it takes at the present growth of the source until deletion reaches what has not been copied.
    pub headroom: Option<Duration>,
    /// Records that the source partition grew by since the exporter started.
    pub source_appended: Option<f64>,
    /// Records that the target partition grew by since the exporter started, what MM2 copied twice included.
    pub target_appended: Option<f64>,
}

/// One task.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TaskView {
    /// Its connector.
    pub connector: String,
    /// Its number.
    pub task: u32,
    /// What it really does.
    pub state: TaskState,
    /// Workers that have an MBean of it; more than one is a task that runs twice. `None` if no worker's JMX is fresh.
    pub workers: Option<usize>,
}

/// One consumer group's place in one partition.
#[derive(Clone, Debug, PartialEq)]
pub struct TranslationView {
    /// The group.
    pub group: String,
    /// The partition, under its name at the source.
    pub at: TopicPartition,
    /// Records that it has read since its newest checkpoint: after a failover it would read them again.
    pub behind: i64,
    /// Records at the target between the offset that the checkpoint gives it and the one where it stood then; `None`
    /// if it is not known how far the partition is copied.
    pub distance: Option<f64>,
}
