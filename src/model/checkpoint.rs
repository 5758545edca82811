//! What MM2 writes about a flow besides the records: checkpoints of consumer groups, and heartbeats.

use std::collections::BTreeMap;

use super::connect::TopicPartition;
use super::time::Timestamp;

/// The checkpoints of one flow.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Checkpoints {
    /// The newest of each group and partition, under the partition's name on the target.
    pub groups: BTreeMap<String, BTreeMap<TopicPartition, Checkpoint>>,
    /// Records that were not understood.
    pub malformed: u64,
}

/// Where a group stands, on both sides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Checkpoint {
    /// The group's offset at the source when it was written.
    pub upstream: i64,
    /// The offset at the target that stands for it.
    pub downstream: i64,
    /// When it was written; `None` if the record had no time stamp.
    pub written: Option<Timestamp>,
}

/// The newest heartbeat in one topic.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Heartbeat {
    /// The time that it carries: when its task sent it.
    pub sent: Option<Timestamp>,
    /// Records that were not understood.
    pub malformed: u64,
}
