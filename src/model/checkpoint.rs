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

/// What the tasks of one `MirrorCheckpointConnector` say of what it translates. Of their configurations only what is named here is ever
/// kept.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CheckpointConnector {
    /// Its name.
    pub connector: String,
    /// Alias of the cluster whose groups it translates.
    pub source: String,
    /// Alias of the cluster that it translates them for.
    pub target: String,
    /// `topics`, if set: comma-separated regular expressions.
    pub topics: Option<String>,
    /// `topics.exclude`, if set.
    pub topics_exclude: Option<String>,
    /// `groups`, if set.
    pub groups: Option<String>,
    /// `groups.exclude`, if set.
    pub groups_exclude: Option<String>,
    /// The groups of each task, comma-separated.
    pub assigned: Vec<String>,
}

impl CheckpointConnector {
    /// Whether one of its tasks has this group.
    pub fn has(&self, group: &str) -> bool {
        let mut lists = self.assigned.iter();
        lists.any(|list| list.split(',').any(|one| one.trim() == group))
    }
}
