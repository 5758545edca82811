//! A scenario: the steps of one test, what must hold before, what proves the fault, and what is judged.

use serde::Deserialize;

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
    /// How long the steady state must have lasted before the zero.
    pub steady_for: String,
    /// H: how long the flow must stay recovered.
    pub hold: String,
    /// What must hold throughout the steady state.
    pub steady_state: Vec<Condition>,
    /// The steps, in order; exactly one is marked `zero`.
    pub steps: Vec<Step>,
    /// Evidence that the fault took effect: must hold at least once after the zero.
    pub effect: Condition,
    /// What counts as detection: the first sample after the zero at which it holds.
    pub detection: Condition,
    /// What is judged.
    pub criteria: Vec<Criterion>,
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

/// A selector compared with a number. It holds at a scrape iff at least `series` series match and the comparison is true for every one of them.
/// `$victim`, `$source`, `$target`, `$connector` are replaced, escaped, inside label values.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Condition {
    /// What it means, for people.
    pub text: Text,
    /// The selector and its comparison, `mm2_worker_up{worker="$victim"} == 0`.
    pub expr: String,
    /// How many series must match at least: a number, `workers`, or `tasks` (of the flow's connector).
    #[serde(default)]
    pub series: Option<String>,
}

/// One step; exactly one of `command`, `shell`, `rest` says what is done.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Step {
    /// Name, unique in the scenario.
    pub name: String,
    /// What it does, for people.
    pub title: Text,
    /// Whether its effect is the zero of the clock.
    #[serde(default)]
    pub zero: bool,
    /// What is done.
    #[serde(rename = "do")]
    pub action: Action,
    /// What undoes it; written to disk before the step is issued.
    pub undo: Option<Action>,
    /// Longest time it may take.
    pub timeout: Option<String>,
}

/// Something done to the system under test.
#[derive(Clone, Debug, Deserialize, serde::Serialize)]
#[serde(deny_unknown_fields)]
pub struct Action {
    /// A command of the victim in the inventory, `$fault` for the one chosen on the command line, `$unfault` for its opposite.
    pub command: Option<String>,
    /// A shell command.
    pub shell: Option<String>,
    /// A call to Connect's REST API.
    pub rest: Option<RestCall>,
}

/// A call to Connect's REST API.
#[derive(Clone, Debug, Deserialize, serde::Serialize)]
#[serde(deny_unknown_fields)]
pub struct RestCall {
    /// `GET`, `POST`, `PUT`, `DELETE`, `PATCH`.
    pub method: String,
    /// Path under the first worker that answers, `/connectors/$connector/pause`.
    pub path: String,
    /// JSON body.
    pub body: Option<String>,
}

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
    /// `measure < limit`, strict; a duration (`60s`) for times, a number for counts.
    pub limit: String,
    /// Whether the limit is ours because the plan has none.
    #[serde(default)]
    pub limit_is_ours: bool,
    /// For `measure: samples`: the bad state, which must hold at no scrape after recovery.
    pub never: Option<Condition>,
    /// For `measure: samples`: the series that must be there at each scrape, so that absence of `never` means something.
    pub witness: Option<Condition>,
}

/// What a criterion measures, by definitions.md.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, serde::Serialize)]
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
}
