//! Where the logs of a cluster's partitions begin and end, and what else is read from the clusters themselves.

use std::collections::{BTreeMap, BTreeSet};

use super::connect::TopicPartition;

/// Log start and end offsets of one cluster's partitions at one read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LogOffsets {
    /// By partition; one that could not be read is not there.
    pub partitions: BTreeMap<TopicPartition, LogRange>,
    /// Partitions that could not be read, and of which the cluster does not say that they do not exist: they may have
    /// no leader.
    pub unread: BTreeSet<TopicPartition>,
}

/// What a log holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LogRange {
    /// Offset of its oldest record.
    pub start: i64,
    /// Offset of the next record to be written, as far as it is replicated: the high watermark.
    pub end: i64,
}

/// What MM2 has committed as copied: the source offset of the last record that was acknowledged and flushed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ConnectOffsets {
    /// By connector and source partition.
    pub connectors: BTreeMap<String, BTreeMap<TopicPartition, i64>>,
}

/// What a cluster says of itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ClusterView {
    /// Its brokers.
    pub brokers: usize,
    /// Its id.
    pub id: Option<String>,
}

/// What consumer groups have committed on one cluster.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GroupOffsets {
    /// By group and partition, under its name on that cluster.
    pub groups: BTreeMap<String, BTreeMap<TopicPartition, i64>>,
}

/// An offset, or a difference of two, to reckon with.
#[expect(
    clippy::cast_precision_loss,
    reason = "offsets beyond 2^53 do not occur"
)]
pub fn real(offset: i64) -> f64 {
    offset as f64
}
