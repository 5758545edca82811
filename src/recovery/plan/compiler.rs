//! From a scenario to a plan; every mistake is noted, none ends the reading.

use std::collections::BTreeSet;

use super::{Plan, Problem, Variables};
use crate::model::time::micros;
use crate::promql::parse_duration;
use crate::recovery::scenario::Scenario;

/// A scenario being read.
pub(super) struct Compiler<'a> {
    pub(super) variables: Variables<'a>,
    problems: Vec<Problem>,
}

impl<'a> Compiler<'a> {
    pub(super) fn new(variables: Variables<'a>) -> Self {
        Self {
            variables,
            problems: Vec::new(),
        }
    }

    /// The plan, or everything that is wrong.
    pub(super) fn plan(mut self, scenario: &Scenario) -> Result<Plan, Vec<Problem>> {
        let plan = self.read(scenario);
        match plan {
            Some(plan) if self.problems.is_empty() => Ok(plan),
            _ => Err(self.problems),
        }
    }

    fn read(&mut self, scenario: &Scenario) -> Option<Plan> {
        let awaited = self.steps(scenario);
        let steady_for = self.duration("steady_for", &scenario.steady_for);
        let hold = self.duration("hold", &scenario.hold);
        let keep_for = self.longer("keep_for", scenario.keep_for.as_deref(), hold);
        let calm_after = self.longer("calm_after", scenario.calm_after.as_deref(), hold);
        let watch_restore = self.longer("watch_restore", scenario.watch_restore.as_deref(), hold);
        let conditions = scenario.steady_state.iter().enumerate();
        let steady: Vec<_> = conditions
            .map(|(i, c)| self.condition(&format!("steady_state[{i}]"), c))
            .collect();
        let effect = self.condition("effect", &scenario.effect);
        let detection = scenario.detection.as_ref();
        let detection = detection.map(|detection| self.condition("detection", detection));
        let times = self.times(scenario);
        let observations = self.observations(scenario);
        let capacity = self.capacity(scenario);
        self.properties(scenario);
        let expectations = self.expectations(scenario);
        self.procedure(scenario);
        let criteria = self.criteria(scenario);
        if scenario.steady_state.is_empty() {
            self.problem(
                "steady_state",
                "at least one condition is needed: without a steady state a drill proves nothing",
            );
        }
        Some(Plan {
            steady_for: steady_for?,
            hold: hold?,
            keep_for: keep_for?,
            calm_after: calm_after?,
            watch_restore: watch_restore?,
            awaited: awaited?,
            steady: steady.into_iter().collect::<Option<_>>()?,
            effect: effect?,
            detection: match detection {
                Some(detection) => Some(detection?),
                None => None,
            },
            times: times?,
            observations: observations?,
            capacity: capacity?,
            expectations: expectations?,
            criteria: criteria?,
        })
    }

    /// A duration that may be left out; the hold is part of it.
    #[expect(clippy::option_option, reason = "a mistake is not the same as nothing")]
    fn longer(&mut self, key: &str, text: Option<&str>, hold: Option<i64>) -> Option<Option<i64>> {
        let Some(text) = text else {
            return Some(None);
        };
        let duration = self.duration(key, text)?;
        if duration <= hold? {
            return self.refuse(key, "must be longer than `hold`, which is part of it");
        }
        Some(Some(duration))
    }

    pub(super) fn duration(&mut self, key: &str, text: &str) -> Option<i64> {
        match parse_duration(text) {
            Ok(duration) if !duration.is_zero() => Some(micros(duration)),
            Ok(_) => self.refuse(key, "must be longer than 0"),
            Err(error) => self.refuse(key, &error.to_string()),
        }
    }

    pub(super) fn unique<'b>(&mut self, key: &str, names: impl Iterator<Item = &'b str>) {
        let mut seen = BTreeSet::new();
        for name in names {
            if !seen.insert(name) {
                self.problem(key, &format!("`{name}` is there twice; names are unique"));
            }
        }
    }

    pub(super) fn refuse<T>(&mut self, key: &str, what: &str) -> Option<T> {
        self.problem(key, what);
        None
    }

    pub(super) fn problem(&mut self, key: &str, what: &str) {
        self.problems.push(Problem {
            key: key.to_owned(),
            what: what.to_owned(),
        });
    }
}
