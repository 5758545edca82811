//! A scenario compiled: durations, limits and expressions read once, variables bound. What is invalid does not get past here;
//! [`problems`] is what `mirrorwatch check` prints.

mod asked;
mod bound;
mod compiler;
mod conditions;
mod criteria;
mod grids;
mod polarity;
mod resolution;
mod steps;

use std::collections::BTreeMap;

use super::inventory::{Flow, Inventory, Prometheus, Worker};
use super::scenario::{self, Criterion, Event, Measure, Scenario};
use crate::promql::{Millis, Query, Selector};
pub use bound::{Bound, Test};
use compiler::Compiler;
pub use resolution::ByScrape;

/// Something wrong in a scenario or an inventory.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{key}: {what}")]
pub struct Problem {
    /// The key, `criteria[1].limit`.
    pub key: String,
    /// What is wrong, and the remedy.
    pub what: String,
}

/// A compiled scenario.
#[derive(Clone, Debug)]
pub struct Plan {
    /// How long the steady state must have lasted, in microseconds.
    pub steady_for: i64,
    /// H, in microseconds.
    pub hold: i64,
    /// How long the fault is kept, in microseconds; `None` = until the flow has recovered or the limit is over.
    pub keep_for: Option<i64>,
    /// How long after the zero the window may end without an outage, in microseconds; `None` = not before the limit.
    pub calm_after: Option<i64>,
    /// How long the restoration is watched, in microseconds; `None` = it is not measured.
    pub watch_restore: Option<i64>,
    /// What steps wait for, by the step's name.
    pub awaited: BTreeMap<String, Bound>,
    /// What must hold before.
    pub steady: Vec<Bound>,
    /// What proves the fault.
    pub effect: Bound,
    /// What counts as detection.
    pub detection: Option<Bound>,
    /// The grid of times.
    pub times: Vec<Timed>,
    /// What is observed.
    pub observations: Vec<Observed>,
    /// What the workers that are left are asked to carry.
    pub capacity: Option<Capacity>,
    /// What the plan expects.
    pub expectations: Vec<Expected>,
    /// What is judged.
    pub criteria: Vec<Judged>,
}

/// A criterion with its limit read.
#[derive(Clone, Debug)]
pub struct Judged {
    /// As written.
    pub criterion: Criterion,
    /// Limit: microseconds or a count.
    pub limit: i64,
    /// For `samples`: the bad state and its witness.
    pub samples: Option<(Bound, Bound)>,
}

/// A row of the grid of times.
#[derive(Clone, Debug)]
pub struct Timed {
    /// As written.
    pub row: scenario::Timed,
    /// What ends the time, if it is not one of the measures.
    pub until: Option<Bound>,
}

/// A row of the table of metrics.
#[derive(Clone, Debug)]
pub struct Observed {
    /// As written.
    pub row: scenario::Observation,
    /// What is asked; `None` where the row says why there is nothing to ask.
    pub query: Option<Query>,
}

/// What the workers that are left are asked to carry.
#[derive(Clone, Debug)]
pub struct Capacity {
    /// As written.
    pub row: scenario::Capacity,
    /// What is offered.
    pub offered: Query,
    /// What they take.
    pub taken: Query,
    /// What stays behind.
    pub lag: Query,
}

/// An expectation.
#[derive(Clone, Debug)]
pub struct Expected {
    /// As written.
    pub row: scenario::Expectation,
    /// What shows it.
    pub shows: Bound,
}

/// What the variables of a scenario stand for.
#[derive(Clone, Copy, Debug)]
pub struct Variables<'a> {
    /// The site.
    pub inventory: &'a Inventory,
    /// Worker id of the victim, or the connector's name; empty where nobody is hit by name.
    pub victim: &'a str,
    /// Worker id of the second victim; empty where there is none.
    pub second: &'a str,
    /// The measured events, on the clock of the samples; before they happen, 0.
    pub moments: Moments,
}

impl<'a> Variables<'a> {
    /// Of a site, before anything has happened.
    pub fn of(inventory: &'a Inventory, victim: &'a str) -> Self {
        Self {
            inventory,
            victim,
            second: "",
            moments: Moments::default(),
        }
    }
}

/// The measured events on the clock of the samples, in milliseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Moments {
    /// Certainly before the zero.
    pub zero: Millis,
    /// Certainly before the restoration.
    pub restore: Millis,
}

impl Plan {
    /// Compile a scenario for a victim at a site.
    pub fn compile(scenario: &Scenario, variables: Variables<'_>) -> Result<Self, Vec<Problem>> {
        Compiler::new(variables).plan(scenario)
    }

    /// The recovery-time limit that bounds the window of an event, in microseconds: the longest of the criteria that measure times after it.
    pub fn longest_limit(&self, after: Event) -> i64 {
        let times = self
            .criteria
            .iter()
            .filter(|c| c.criterion.after == after && is_time(c.criterion.measure))
            .map(|c| c.limit);
        let longest = times.max().unwrap_or(60_000_000);
        match after {
            Event::Fault => self.keep_for.map_or(longest, |kept| kept - self.hold),
            Event::Restore => self
                .watch_restore
                .map_or(longest, |watched| watched - self.hold),
        }
    }

    /// The shortest limit of a time, in microseconds, and whose it is.
    pub fn shortest_limit(&self) -> Option<(i64, &str)> {
        let times = self.criteria.iter();
        let times = times.filter(|c| is_time(c.criterion.measure));
        times.map(|c| (c.limit, c.criterion.id.as_str())).min()
    }

    /// Every condition.
    pub fn conditions(&self) -> impl Iterator<Item = &Bound> {
        let criteria = self.criteria.iter().filter_map(|c| c.samples.as_ref());
        let criteria = criteria.flat_map(|(never, witness)| [never, witness]);
        let times = self.times.iter().filter_map(|timed| timed.until.as_ref());
        let expected = self.expectations.iter().map(|expected| &expected.shows);
        self.steady
            .iter()
            .chain([&self.effect])
            .chain(&self.detection)
            .chain(criteria)
            .chain(times)
            .chain(expected)
    }

    /// Every selector of it.
    pub fn selectors(&self) -> Vec<Selector> {
        let asked = self.asked().flat_map(Query::selectors);
        self.conditions()
            .flat_map(Bound::selectors)
            .chain(asked.map(|footprint| footprint.selector))
            .collect()
    }

    /// Every query: of conditions, of their witnesses, and of what is observed.
    pub fn queries(&self) -> impl Iterator<Item = &Query> {
        let conditions = self.conditions().flat_map(Bound::queries);
        conditions.chain(self.asked())
    }

    /// What is asked for its number.
    fn asked(&self) -> impl Iterator<Item = &Query> {
        let observed = self.observations.iter();
        let observed = observed.filter_map(|observed| observed.query.as_ref());
        let capacity = self.capacity.iter();
        let capacity = capacity.flat_map(|asked| [&asked.offered, &asked.taken, &asked.lag]);
        observed.chain(capacity)
    }
}

/// Everything that is wrong in a scenario, whatever the site.
pub fn problems(scenario: &Scenario) -> Vec<Problem> {
    let inventory = anywhere();
    Plan::compile(scenario, Variables::of(&inventory, "w:1"))
        .err()
        .unwrap_or_default()
}

/// Conditions of a scenario that hold, or do not, whatever there is; nothing of one that is not valid. A judgement of what was saved does
/// not ask this.
pub fn polarity(scenario: &Scenario) -> Vec<Problem> {
    let inventory = anywhere();
    let plan = Plan::compile(scenario, Variables::of(&inventory, "w:1"));
    plan.map(|plan| polarity::problems(&plan))
        .unwrap_or_default()
}

/// Everything that a scenario selects, whatever the site; nothing of one that is not valid.
pub fn selectors(scenario: &Scenario) -> Vec<Selector> {
    let inventory = anywhere();
    let plan = Plan::compile(scenario, Variables::of(&inventory, "w:1"));
    plan.map(|plan| plan.selectors()).unwrap_or_default()
}

/// Whether a measure is a time (else it is a count).
pub fn is_time(measure: Measure) -> bool {
    matches!(
        measure,
        Measure::RecoveryTime
            | Measure::RecoveryPointSeconds
            | Measure::CatchUp
            | Measure::OutageSeconds
            | Measure::Detection
            | Measure::Alerted
            | Measure::Time
    )
}

/// A site that every scenario fits.
fn anywhere() -> Inventory {
    let flow = Flow {
        source: "a".into(),
        target: "b".into(),
        connector: "c".into(),
    };
    let prometheus = Prometheus {
        url: String::new(),
        access: None,
        scrape_interval: String::new(),
        job: String::new(),
    };
    Inventory {
        site: String::new(),
        prometheus,
        exporter: None,
        alertmanager: None,
        config: None,
        connect_topics: Vec::new(),
        connectors: [(flow.connector.clone(), 1)].into(),
        flow,
        workers: vec![Worker {
            id: "w:1".into(),
            zone: None,
            url: None,
            commands: BTreeMap::new(),
        }],
        access: super::inventory::Access::default(),
        settings: BTreeMap::new(),
        audit: None,
        commands: BTreeMap::new(),
    }
}
