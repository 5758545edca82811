//! What a drill is judged to be: the document behind every report. A function of (scenario, inventory, events, samples) alone.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::scenario::{Event, Measure, Moment, Phase, Shown, Text, Unit};
use crate::model::time::Timestamp;

/// The judgement of one drill.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Judgement {
    /// Version of this document's form.
    pub format: u32,
    /// Scenario's name, number in the plan and title.
    pub scenario: String,
    /// Number of the test in the plan.
    pub test: String,
    /// Title of the test.
    pub title: Text,
    /// Site of the inventory.
    pub site: String,
    /// The verdict of the drill as a whole.
    pub verdict: Verdict,
    /// Why it is not PASS, and what else the reader must know, most important first.
    pub remarks: Vec<Remark>,
    /// The zero of the clock; `None` when no fault was issued.
    pub zero: Option<Zero>,
    /// The zero of the restoration, where that is measured, too.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub restored: Option<Zero>,
    /// Left-open window that was judged.
    pub window: Option<(Timestamp, Timestamp)>,
    /// Who was hit.
    pub victim: Option<Victim>,
    /// What was done to what, where no worker was hit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deed: Option<Deed>,
    /// The recovery time that the known settings imply.
    pub expected: Option<Expected>,
    /// One entry per criterion, in the scenario's order.
    pub criteria: Vec<CriterionResult>,
    /// Measures beside the criteria, by name: `recovery_time`, `recovery_point_seconds`, `recovery_point_records`, `detection`, `alerted`,
    /// `lost_records`, `duplicate_records`, `catch_up`, `outage_seconds`, `flaps`.
    pub measures: BTreeMap<String, Measured>,
    /// The same from the restoration on, where that is measured.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub after_restore: BTreeMap<String, Measured>,
    /// The plan's procedure.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub procedure: Vec<StageResult>,
    /// The plan's table of metrics.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub observations: Vec<ObservationResult>,
    /// What the workers that are left can carry, where the scenario asks for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub capacity: Option<CapacityResult>,
    /// The properties of the connector that the plan gives values.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub properties: Vec<PropertyResult>,
    /// Where each task was, where a worker was hit.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub placements: Vec<PlacementResult>,
    /// The plan's grid of times.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub times: Vec<TimedResult>,
    /// What the plan expects to happen.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub expectations: Vec<ExpectationResult>,
    /// What the shipped alerts would have said; absent where their rules were not replayed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub alerts: Option<Alerting>,
    /// What the reader must know of the test whatever comes out.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<Text>,
    /// Every outage of a covered partition that touches the window, in order.
    pub outages: Vec<Outage>,
    /// The users' topics that the inventory names, in its order, beside the canary; empty where it names none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub audited: Vec<Audited>,
    /// What the judgement rests on; `None` where no canary was seen.
    pub settings: Option<Settings>,
    /// What the samples were: interval, scrapes, gaps.
    pub sampling: Sampling,
}

/// What decides what an outage and a recovery are, in microseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Settings {
    /// D: an interruption longer than this is an outage.
    pub outage_threshold: i64,
    /// H: how long the flow must stay recovered.
    pub hold: i64,
    /// Time between two records of a canary partition: how finely its outages are known.
    pub canary_period: i64,
}

/// The words of definitions.md.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Verdict {
    /// Every upper bound is below its limit, with evidence.
    Pass,
    /// Some lower bound is not below its limit.
    Fail,
    /// Something could not be evaluated.
    Error,
    /// The evidence does not decide.
    Inconclusive,
    /// The drill proves nothing about the system.
    Invalid,
}

/// An interval that certainly contains the true value. Microseconds for times, a count for counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Interval {
    /// Lower end.
    pub lower: i64,
    /// Upper end; `None` = ∞.
    pub upper: Option<i64>,
}

/// A measured value.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "snake_case")]
pub enum Measured {
    /// A time in microseconds, or a count, within bounds.
    Within {
        /// The bounds.
        interval: Interval,
        /// What the bounds are made of, in microseconds, by name: `fault_instant`, `clock_error`, `canary_period`, `canary_lateness`, `blind`, …
        #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
        parts: BTreeMap<String, i64>,
    },
    /// No outage was seen; none longer than this could have hidden (microseconds). A length, not a time from the zero.
    NoneLongerThan {
        /// That length.
        length: i64,
    },
    /// Not known, and why.
    Unknown {
        /// Why.
        because: Remark,
    },
}

impl Measured {
    /// Within plain bounds.
    pub fn between(lower: i64, upper: Option<i64>) -> Self {
        Self::Within {
            interval: Interval { lower, upper },
            parts: BTreeMap::new(),
        }
    }
}

/// The zero of the clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Zero {
    /// T_f⁻, just before the step was issued.
    pub issued: Timestamp,
    /// T_f⁺, just after its effect was acknowledged.
    pub done: Timestamp,
}

/// Who was hit, as the last readings before the zero have it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Victim {
    /// Worker id.
    pub worker: String,
    /// Zone of the inventory.
    pub zone: Option<String>,
    /// The fault: `stop`, `kill`, `freeze`.
    pub fault: String,
    /// Whether it led the Connect group; `None` = not known.
    pub leader: Option<bool>,
    /// Tasks that it owned, `mirror-source-0`, of all connectors.
    pub tasks: Vec<String>,
    /// How many of them belong to the flow.
    pub flow_tasks: usize,
}

/// What was done where no worker was hit: to a connector, a link, a task, a configuration.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Deed {
    /// The connector that was hit by its name, if one was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub connector: Option<String>,
    /// The fault: `restart`, `cut`, `stall`, `change`, …
    pub fault: String,
}

/// The recovery time that the settings imply (facts §3.6).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Expected {
    /// Longest time until tasks run again, before start-up and catch-up, in microseconds.
    pub at_most: i64,
    /// Its parts by the setting's name, in microseconds.
    pub parts: BTreeMap<String, i64>,
    /// `inventory` or `group` (the delay seen in the group's own assignments).
    pub source: String,
}

/// One criterion, judged.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CriterionResult {
    /// Stable id.
    pub id: String,
    /// The plan's words.
    pub title: Text,
    /// What was measured.
    pub measure: Measure,
    /// From which event on.
    #[serde(default, skip_serializing_if = "Event::is_fault")]
    pub after: Event,
    /// What came out.
    pub measured: Measured,
    /// The limit: microseconds or a count.
    pub limit: i64,
    /// Whether the limit is ours.
    pub limit_is_ours: bool,
    /// PASS, FAIL, INCONCLUSIVE or ERROR.
    pub verdict: Verdict,
    /// The selector or series behind it.
    pub evidence: String,
    /// Why it is not PASS by the way that MM2 works, where that is so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub explained: Option<Text>,
}

/// A row of the plan's procedure.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StageResult {
    /// The plan's words.
    pub title: Text,
    /// From when until when it was; `None` = it was not, or not by the drill.
    pub at: Option<(Timestamp, Timestamp)>,
    /// What it waited for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub moment: Option<Moment>,
    /// Said beside it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<Text>,
}

/// A row of the plan's table of metrics.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ObservationResult {
    /// Stable id.
    pub id: String,
    /// The plan's words.
    pub title: Text,
    /// What the numbers are.
    pub unit: Unit,
    /// What of a phase's numbers is shown.
    pub shown: Shown,
    /// The expression behind it.
    pub evidence: String,
    /// What was seen, phase by phase.
    pub seen: BTreeMap<Phase, Seen>,
    /// Said beside it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<Text>,
}

/// What was seen in a phase.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "snake_case")]
pub enum Seen {
    /// Numbers: between these at the phase's scrapes; for a counter, its growth lies between them.
    Between {
        /// The least.
        least: f64,
        /// The greatest.
        most: f64,
        /// At how many scrapes.
        scrapes: usize,
    },
    /// Nothing, and why.
    Unknown {
        /// Why.
        because: Remark,
    },
    /// There is nothing to be seen, and why.
    NotApplicable {
        /// Why.
        because: Text,
    },
}

/// What the workers that are left can carry. Throughputs are in records per second.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CapacityResult {
    /// What the target took before the zero.
    pub before: Seen,
    /// By how much the source grew while they carried everything.
    pub offered: Seen,
    /// What the target took then.
    pub residual: Seen,
    /// From when until when that was.
    pub span: Option<(Timestamp, Timestamp)>,
    /// The lag when it began and when it ended.
    pub lag: Option<(f64, f64)>,
    /// Whether the lag grew all that time, so that they carried as much as they can; `None` = not known.
    pub grew: Option<bool>,
    /// `residual` as a part of `before`, at least and at most.
    pub ratio: Option<(f64, f64)>,
}

/// A property of the connector, as the plan has it and as it was found.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PropertyResult {
    /// Its name.
    pub name: String,
    /// What the plan sets.
    pub planned: String,
    /// What holds where nothing is set.
    pub default: String,
    /// What was found.
    pub found: FoundProperty,
    /// Said beside it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<Text>,
}

/// What a connector's configuration has of a property.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "snake_case")]
pub enum FoundProperty {
    /// A value.
    Set {
        /// It.
        value: String,
    },
    /// Nothing: the default holds.
    Unset,
    /// Nobody knows, and why.
    Unknown {
        /// Why.
        because: Remark,
    },
}

/// Where a task was, phase by phase.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlacementResult {
    /// Its connector.
    pub connector: String,
    /// Its number.
    pub task: u32,
    /// The worker at the last scrape of each phase.
    pub on: BTreeMap<Phase, Placed>,
}

/// Where a task was at a scrape.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "snake_case")]
pub enum Placed {
    /// On the worker that its status names.
    On {
        /// The worker's id.
        worker: String,
        /// What it really did, else its status, in lower case.
        state: String,
    },
    /// Not known, and why.
    Unknown {
        /// Why.
        because: Remark,
    },
}

/// A row of the plan's grid of times.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TimedResult {
    /// Stable id.
    pub id: String,
    /// The plan's words.
    pub title: Text,
    /// From which event on.
    pub after: Event,
    /// The measure of the flow that it is; `None` where it is the time until a condition held.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub measure: Option<Measure>,
    /// How long it took.
    pub measured: Measured,
    /// The expression behind it.
    pub evidence: String,
    /// Said beside it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<Text>,
}

/// Something that the plan expects to happen.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ExpectationResult {
    /// The plan's words.
    pub text: Text,
    /// Whether it happened; `None` = not known.
    pub confirmed: Option<bool>,
    /// The first moment that decides.
    pub decided_at: Option<Timestamp>,
    /// The expression behind it.
    pub evidence: String,
    /// Said beside it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<Text>,
}

/// What the shipped alerts would have said of a fault.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Alerting {
    /// Those that would have fired, the first one first.
    pub fired: Vec<FiredAlert>,
    /// Those of which that is not known.
    pub unknown: Vec<UnknownAlert>,
}

/// An alert that fired, or would have.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FiredAlert {
    /// Its name.
    pub alert: String,
    /// Its severity.
    pub severity: String,
    /// How long after the zero it first fired.
    pub after: Interval,
    /// How long after the zero it was over for the last time; `None` = not before the samples end.
    pub ended: Option<Interval>,
    /// Whether the server ran the rule itself and stored that; else it is what a replay has.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub stored: bool,
}

/// An alert of which nothing is known.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UnknownAlert {
    /// Its name.
    pub alert: String,
    /// Its severity.
    pub severity: String,
    /// Why.
    pub because: Remark,
}

/// One outage of one canary partition.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Outage {
    /// Partition of the canary topic.
    pub partition: i32,
    /// The task that owned it before the zero.
    pub task: Option<String>,
    /// a.
    pub start: Timestamp,
    /// b; `None` = still open at the end of the window.
    pub end: Option<Timestamp>,
}

/// One of the users' topics, compared with its copy over the window of the drill.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Audited {
    /// Its name at the source.
    pub topic: String,
    /// What was found.
    pub found: Found,
}

/// What an audit found.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "snake_case")]
pub enum Found {
    /// The topic was compared with its copy.
    Compared(Compared),
    /// Not known, and why.
    Unknown {
        /// Why.
        because: Remark,
    },
}

/// How many records are of each kind, as docs/audit.md counts them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Compared {
    /// The topic's name at the target.
    pub remote_topic: String,
    /// Records that are missing or changed for certain, and at most.
    pub lost: Interval,
    /// Records of the window at the source.
    pub records: u64,
    /// Those without a copy at the target.
    pub missing: u64,
    /// Those in whose place the target has another content.
    pub changed: u64,
    /// Those of which it cannot be told.
    pub undecided: u64,
    /// Further copies at the target.
    pub duplicate: u64,
    /// Those that a later record overtook.
    pub reordered: u64,
    /// Records at the target whose content the source does not have.
    pub unexpected: u64,
}

/// What the samples were.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sampling {
    /// Nominal scrape interval in microseconds.
    pub interval: i64,
    /// Scrapes of the exporter in the window.
    pub scrapes: usize,
    /// Gaps: spans between successive good scrapes more than 1.5 intervals apart.
    pub gaps: Vec<(Timestamp, Timestamp)>,
}

/// Something said to the reader: a closed code, and what fills its blanks. The report has its sentence in both languages.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Remark {
    /// Closed code, `scheduled_delay_explains`, `task_not_covered`, `no_effect_seen`, …
    pub code: String,
    /// What fills its blanks.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub with: BTreeMap<String, String>,
}
