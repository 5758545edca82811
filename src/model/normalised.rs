//! What follows from several readings together: the series that no peer of Connect, JMX or Kafka has by itself.

use std::time::Duration;

use super::connect::TopicPartition;
use super::flow::FlowState;
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
    /// Workers that have an MBean of it; more than one is a task that runs twice.
    pub workers: usize,
}

/// One consumer group's place in one partition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TranslationView {
    /// The group.
    pub group: String,
    /// The partition, under its name at the source.
    pub at: TopicPartition,
    /// Records that it has read since its newest checkpoint: after a failover it would read them again.
    pub behind: i64,
}
