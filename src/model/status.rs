//! What Connect has written into its status topic: every transition of every connector and task, with the broker's time.

use std::collections::BTreeMap;

use super::time::Timestamp;

/// The transitions by what they are of.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StatusLog {
    /// Of connectors, and of tasks by their numbers.
    pub transitions: BTreeMap<(String, Option<u32>), Transitions>,
    /// Records that were not understood.
    pub malformed: u64,
}

/// The transitions of one connector or task.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Transitions {
    /// Worker that wrote the last one.
    pub worker: String,
    /// The group's generation in which it was written.
    pub generation: i64,
    /// By state, in lower case: when it was last entered, and how often since the exporter began to look.
    pub states: BTreeMap<String, Entered>,
    /// The last state.
    pub state: String,
}

/// How a state was entered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Entered {
    /// When last, by the time stamp of the record; `None` if it had none.
    pub last: Option<Timestamp>,
    /// How often since the exporter began to look.
    pub count: u64,
}
