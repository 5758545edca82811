//! What is polled, as it is handed over.

use std::collections::BTreeMap;
use std::sync::Arc;

use tokio::sync::watch;

use crate::model::canary::CanaryView;
use crate::model::flow::Flow;
use crate::model::limits::PageLimits;
use crate::{connect, jolokia, kafka};

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
    /// The probes of the offset translation, by the flow's place.
    pub probes: BTreeMap<usize, kafka::TranslationProbe>,
    /// The canaries, one for each flow that has one.
    pub canaries: Vec<CanaryReceiver>,
    /// What bounds the pages.
    pub limits: Arc<PageLimits>,
}
