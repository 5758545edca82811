//! How the partitions of a cluster's topics are replicated among its brokers.

use std::collections::BTreeMap;

/// One partition, as the cluster's metadata has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PartitionReplicas {
    /// Its number.
    pub partition: i32,
    /// Whether it has a leader; without one it can be neither written nor read.
    pub has_leader: bool,
    /// How many replicas it should have.
    pub assigned: usize,
    /// How many are in sync.
    pub in_sync: usize,
}

/// The partitions of each topic that a cluster lets us see.
pub type Replicas = BTreeMap<String, Vec<PartitionReplicas>>;
