//! `audit.json`: what the audits of a drill found in the users' topics. docs/audit.md defines what is counted; of each report only what
//! is judged is read back.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// Version of the form of `audit.json`.
pub const FORMAT: u32 = 1;

/// The audits of a drill, in the order of the inventory. `R` is a report: whole where it is written, what is judged where it is read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Audits<R = Report> {
    /// Version of this form.
    pub format: u32,
    /// One entry for each topic.
    pub topics: Vec<Topic<R>>,
}

/// The audit of one topic.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Topic<R = Report> {
    /// Its name at the source.
    pub topic: String,
    /// What came of it.
    pub outcome: Outcome<R>,
}

/// What came of an audit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome<R = Report> {
    /// It went through.
    Report(R),
    /// A signal ended it.
    Interrupted,
    /// It could not do its work: why.
    Failed(String),
}

/// A report of `mirrorwatch audit`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Report {
    /// Whether all is there.
    pub verdict: Verdict,
    /// The target.
    pub target: End,
    /// All partitions together.
    pub total: Counts,
    /// Each partition.
    pub partitions: Vec<Partition>,
}

/// The audit's own verdict.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Nothing is missing or changed.
    Complete,
    /// Something is.
    Incomplete,
    /// Not decidable yet.
    Undecided,
}

/// One side.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct End {
    /// The topic.
    pub topic: String,
}

/// How many records are of each kind.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
pub struct Counts {
    /// Records of the window at the source.
    pub source_records: u64,
    /// Those without a copy.
    pub missing: u64,
    /// Those in whose place the target has another content.
    pub changed: u64,
    /// Further copies.
    pub duplicate: u64,
    /// Those that a later one overtook.
    pub reordered: u64,
    /// Records at the target whose content the source does not have.
    pub unexpected: u64,
    /// Records of the window of which it cannot be told whether they are missing, by the reason. A reason that a later version has counts
    /// as well.
    pub undecided: BTreeMap<String, u64>,
}

/// One partition.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Partition {
    /// Its number.
    pub partition: i32,
    /// Whether the window begins before the first record that the source still has.
    pub begins_below_source_start: bool,
    /// Where the first of each kind are.
    pub first: Firsts,
}

/// The first places of the kinds that decide.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
pub struct Firsts {
    /// Of `missing`.
    pub missing: Vec<Place>,
    /// Of `changed`.
    pub changed: Vec<Place>,
    /// Of all that is `undecided`.
    pub undecided: Vec<Place>,
}

/// Where a record stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub struct Place {
    /// Its offset at the source.
    pub source: Option<i64>,
}
