//! Where the offsets that the probe commits at the source land on the target.

use std::collections::BTreeMap;

use super::time::Timestamp;

/// What the probe of one flow has found.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ProbeView {
    /// Its topic at the source.
    pub topic: String,
    /// Its group.
    pub group: String,
    /// Whether MM2 has written a checkpoint of the group and topic, however old.
    pub has_checkpoint: bool,
    /// When it last committed; `None` before the first time.
    pub committed_at: Option<Timestamp>,
    /// By partition of that topic.
    pub partitions: BTreeMap<i32, ProbePartition>,
}

/// One partition.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct ProbePartition {
    /// The offset at the source that the group has committed.
    pub committed: i64,
    /// Where MM2's checkpoint puts the group; `None` while that is not known.
    pub by_checkpoint: Option<Landing>,
    /// Where the group's own offset on the target puts it, which MM2 writes with `sync.group.offsets.enabled`.
    pub by_group: Option<Landing>,
}

/// What a consumer of the group would do that began at an offset of the target.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Landing {
    /// That offset.
    pub offset: i64,
    /// Records of the target that it would read before it comes to the one it had to read next at the source.
    pub reread_records: u64,
    /// How much older than that one the first of them is.
    pub reread_seconds: f64,
    /// Records of the source that it would never read, because that one stands before the offset.
    pub skipped_records: u64,
}
