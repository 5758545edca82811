//! How many records of one partition became what, since the run began.

use serde::{Deserialize, Serialize};

use super::Flaw;

/// Counts of one partition. Each kind is counted apart, and a record of one kind in no other.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Counts {
    pub(super) sent: u64,
    pub(super) acknowledged: u64,
    pub(super) received: u64,
    /// Of the received, those that arrived while nobody looked.
    pub(super) untimed: u64,
    pub(super) duplicates: u64,
    pub(super) reordered: u64,
    pub(super) lost: u64,
    pub(super) late_after_loss: u64,
    pub(super) corrupt: u64,
    pub(super) misrouted: u64,
    pub(super) mangled: u64,
}

impl Counts {
    pub(super) fn add(&mut self, flaw: Flaw) {
        let count = match flaw {
            Flaw::Corrupt => &mut self.corrupt,
            Flaw::Misrouted => &mut self.misrouted,
            Flaw::Mangled => &mut self.mangled,
        };
        *count += 1;
    }
}
