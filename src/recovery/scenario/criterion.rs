//! The criteria of a scenario.

use serde::{Deserialize, Serialize};

use super::{Condition, Event, Text};

/// One criterion: a measure below a limit.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Criterion {
    /// Stable id, `recovery-time`.
    pub id: String,
    /// The plan's words.
    pub title: Text,
    /// What is measured.
    pub measure: Measure,
    /// From which event on.
    #[serde(default)]
    pub after: Event,
    /// For `measure: time`: the id of the row of `times`.
    pub time: Option<String>,
    /// `measure < limit`, strict; a duration (`60s`) for times, a number for counts.
    pub limit: String,
    /// Whether the limit is ours because the plan has none.
    #[serde(default)]
    pub limit_is_ours: bool,
    /// For `measure: samples`: the bad state, which must hold at no scrape after recovery.
    pub never: Option<Condition>,
    /// For `measure: samples`: the series that must be there at each scrape, so that absence of `never` means something.
    pub witness: Option<Condition>,
    /// Said beside what is not PASS: where it is so by the way that MM2 works.
    pub explained: Option<Text>,
}

/// What a criterion measures, by definitions.md.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Measure {
    /// Recovery time (RTA).
    RecoveryTime,
    /// Recovery point in seconds (RPA).
    RecoveryPointSeconds,
    /// Recovery point in records.
    RecoveryPointRecords,
    /// Records lost: confirmed … possibly.
    LostRecords,
    /// Records delivered more than once.
    DuplicateRecords,
    /// Scrapes after recovery at which `never` held.
    Samples,
    /// From the recovery until nothing is late any more.
    CatchUp,
    /// All outages of the flow together.
    OutageSeconds,
    /// The first sample at which the scenario's `detection` held.
    Detection,
    /// When the first of the shipped alerts would have fired.
    Alerted,
    /// A row of the scenario's `times`.
    Time,
}
