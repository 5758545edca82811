//! The readings that belong together: those of a worker, of a cluster, of a flow.

use std::sync::Arc;

use super::Reading;
use crate::model::checkpoint::{Checkpoints, Heartbeat};
use crate::model::connect::{Health, WorkerView};
use crate::model::jmx::JmxView;
use crate::model::offsets::{ClusterView, GroupOffsets, LogOffsets};

/// One worker's readings.
#[derive(Clone, Debug)]
pub struct WorkerReadings {
    /// The worker's id, `host:port`.
    pub id: Arc<str>,
    /// Its REST API.
    pub rest: Reading<WorkerView>,
    /// What it says of its health: asked apart, for that may hang.
    pub health: Reading<Health>,
    /// Its JMX over Jolokia, where configured.
    pub jolokia: Option<Reading<JmxView>>,
}

/// One Kafka cluster's readings.
#[derive(Clone, Debug)]
pub struct ClusterReadings {
    /// Its alias.
    pub alias: Arc<str>,
    /// Whether it is there.
    pub probe: Reading<ClusterView>,
    /// Where the logs of the replicated topics begin and end.
    pub offsets: Option<Reading<LogOffsets>>,
    /// What consumer groups have committed there, where asked for.
    pub groups: Option<Reading<GroupOffsets>>,
}

/// What MM2 itself has written about one flow.
#[derive(Clone, Debug)]
pub struct FlowReadings {
    /// Checkpoints of consumer groups.
    pub checkpoints: Reading<Checkpoints>,
    /// The newest heartbeat, by topic: the one into which the task writes, and the one into which that is copied.
    pub heartbeats: Vec<(Arc<str>, Reading<Heartbeat>)>,
}
