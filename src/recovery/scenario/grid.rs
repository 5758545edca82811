//! The grids of the plan: procedure, metrics before, during and after, times, expected behaviour.

use serde::{Deserialize, Serialize};

use super::{Condition, Event, Measure, Text};

/// A row of the plan's procedure.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Stage {
    /// The plan's words.
    pub title: Text,
    /// When it was.
    pub at: Moment,
    /// Said beside the time.
    pub note: Option<Text>,
}

/// A moment of a drill.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Moment {
    /// The steady state had been proved.
    SteadyState,
    /// A step, by its name.
    Step(String),
    /// A row of `times`, by its id.
    Time(String),
    /// The window of the fault was closed.
    WindowClosed,
    /// The undoing.
    Restore,
    /// The drill ended.
    DrillEnded,
    /// Before the drill and not by it.
    Beforehand,
}

/// Where in a drill something is observed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// In the steady state.
    Before,
    /// From the zero to the restoration, or to the end of the window.
    #[default]
    During,
    /// From the restoration on.
    After,
}

/// A row of the plan's table of metrics.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Observation {
    /// Stable id, unique in the scenario.
    pub id: String,
    /// The plan's words.
    pub title: Text,
    /// `PromQL`, asked at each scrape; its answer has one element. Left out where `not_applicable` says why there is nothing to ask.
    #[serde(default)]
    pub expr: String,
    /// Why nobody can observe it.
    pub not_applicable: Option<Text>,
    /// What the number is.
    #[serde(default)]
    pub unit: Unit,
    /// What of a phase's numbers is shown.
    #[serde(default)]
    pub shown: Shown,
    /// Whose readings the number rests on, by the beginning of the endpoint's name (`offsets:`, `jolokia:`); of all unless given.
    pub read_from: Option<String>,
    /// Said beside the row.
    pub note: Option<Text>,
}

/// Units of observations.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Unit {
    /// A number of something.
    #[default]
    Count,
    /// Records.
    Records,
    /// Records per second.
    RecordsPerSecond,
    /// Seconds.
    Seconds,
    /// Parts of one, shown as per cent.
    Ratio,
}

/// What of the numbers of a phase is shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Shown {
    /// The least and the greatest.
    #[default]
    Range,
    /// The greatest.
    Most,
    /// The last one.
    Last,
    /// The expression is a counter: how much it grew in a second, from the first scrape of the phase to its last.
    Rate,
    /// The expression is a counter: how much it grew.
    Increase,
}

/// A row of the plan's grid of times: either `until` or `measure`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Timed {
    /// Stable id, unique in the scenario.
    pub id: String,
    /// The plan's words.
    pub title: Text,
    /// From which event on.
    #[serde(default)]
    pub after: Event,
    /// It ends with the first reading of which this holds, after one of which it did not.
    pub until: Option<Condition>,
    /// Whose readings `until` rests on, by the beginning of the endpoint's name (`rest:`, `jolokia:`, `group:`); of all unless given.
    pub read_from: Option<String>,
    /// One of the measures of the flow.
    pub measure: Option<Measure>,
    /// Said beside the row: where MM2 does not do what the plan waits for.
    pub note: Option<Text>,
}

/// Something that the plan expects to happen.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Expectation {
    /// The plan's words.
    pub text: Text,
    /// What shows it.
    pub shows: Condition,
    /// When.
    #[serde(default)]
    pub when: Phase,
    /// At how many of the phase's scrapes.
    #[serde(default)]
    pub must: Must,
    /// Said where it is refuted, or beside it.
    pub note: Option<Text>,
}

/// At how many scrapes of a phase an expectation must hold.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Must {
    /// At one at least.
    #[default]
    Once,
    /// At the last one.
    InTheEnd,
    /// At every one.
    Always,
    /// At none.
    Never,
}
