//! A scenario: the steps of one test, what must hold before, what proves the fault, and what is judged.

mod asked;
mod criterion;
mod grid;
mod step;

use serde::{Deserialize, Serialize};

pub use asked::{Capacity, Property};
pub use criterion::{Criterion, Measure};
pub use grid::{Expectation, Moment, Must, Observation, Phase, Shown, Stage, Timed, Unit};
pub use step::{Action, Configure, RestCall, Step};

/// One scenario, as its YAML file has it. Durations are written as Prometheus writes them (`1m30s`).
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scenario {
    /// Name, as given to `mirrorwatch drill`.
    pub name: String,
    /// Number of the test in the plan, `5.1`.
    pub test: String,
    /// Title in both languages.
    pub title: Text,
    /// Who is hit: what `$victim` stands for.
    #[serde(default)]
    pub subject: Subject,
    /// Whom a drill hits unless it is told: `leader`, `owner`, `idle`, or a name.
    pub victim: Option<String>,
    /// The second worker that is hit, `$second`, unless a drill is told: `leader`, `other`, or a name.
    pub second: Option<String>,
    /// The fault unless a drill is told, `$fault`.
    pub fault: Option<String>,
    /// How long the steady state must have lasted before the zero.
    pub steady_for: String,
    /// H: how long the flow must stay recovered.
    pub hold: String,
    /// How long the fault is kept after the zero before it is undone, where nothing recovers before that; else the window ends with the
    /// recovery.
    pub keep_for: Option<String>,
    /// How long after the zero the window may end where no outage is seen and all is as it should be: of a fault that need not interrupt.
    pub calm_after: Option<String>,
    /// How long the restoration is watched at most: then it is a second measured event, with a zero of its own.
    pub watch_restore: Option<String>,
    /// What must hold throughout the steady state.
    pub steady_state: Vec<Condition>,
    /// The steps, in order; exactly one is marked `zero`.
    pub steps: Vec<Step>,
    /// Evidence that the fault took effect: must hold at least once after the zero.
    pub effect: Condition,
    /// What counts as detection: the first sample after the zero at which it holds.
    pub detection: Option<Condition>,
    /// The plan's procedure, and the moment of each of its stages.
    #[serde(default)]
    pub procedure: Vec<Stage>,
    /// The plan's table of metrics: what is observed before, during and after.
    #[serde(default)]
    pub observations: Vec<Observation>,
    /// The plan's grid of times.
    #[serde(default)]
    pub times: Vec<Timed>,
    /// The properties of the flow's connector that the plan gives values.
    #[serde(default)]
    pub properties: Vec<Property>,
    /// What the workers that are left are asked to carry.
    pub capacity: Option<Capacity>,
    /// What the plan expects to happen; printed confirmed or refuted, never a verdict.
    #[serde(default)]
    pub expectations: Vec<Expectation>,
    /// What is judged.
    pub criteria: Vec<Criterion>,
    /// What the reader must know of the test whatever comes out: where the plan asks for what MM2 does not do.
    #[serde(default)]
    pub notes: Vec<Text>,
}

/// Who is hit by a drill.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Subject {
    /// A worker, chosen by its role or its id.
    #[default]
    Worker,
    /// A connector of the inventory, by its name.
    Connector,
    /// Nobody by name: a link, a cluster, a topic.
    Site,
}

/// The events that are measured, each from its own zero.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Event {
    /// The step that is marked `zero`.
    #[default]
    Fault,
    /// The undoing of what was done.
    Restore,
}

impl Event {
    /// Whether it is the first of the two.
    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks so")]
    pub(super) fn is_fault(&self) -> bool {
        *self == Self::Fault
    }
}

/// A text in both languages of the reports.
#[derive(Clone, Debug, PartialEq, Deserialize, serde::Serialize)]
#[serde(deny_unknown_fields)]
pub struct Text {
    /// English.
    pub en: String,
    /// French.
    pub fr: String,
}

/// What holds or does not at a scrape. A selector compared with a number holds iff at least `series` series match and the comparison is true
/// for every one of them; any other expression holds iff its answer has at least `series` elements.
///
/// `$victim`, `$second`, `$source`, `$target`, `$connector` are replaced, escaped, inside label values (`=`, `!=`); `$zero` and `$restore`
/// are the seconds of the measured events, for `@`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Condition {
    /// What it means, for people.
    pub text: Text,
    /// The selector and its comparison, `mm2_worker_up{worker="$victim"} == 0`.
    pub expr: String,
    /// How many series must match at least: a number, `workers`, `tasks` (of the flow's connector), `all_tasks` (of all connectors), or `victim_tasks`
    /// (of the connector that is hit).
    #[serde(default)]
    pub series: Option<String>,
    /// An expression that has an element where it is known that the other does not hold; without it, a scrape that is there is enough.
    #[serde(default)]
    pub witness: Option<String>,
}
