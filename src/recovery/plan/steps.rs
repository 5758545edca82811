//! The steps of a scenario.

use std::collections::BTreeMap;

use super::bound::Bound;
use super::compiler::Compiler;
use crate::recovery::scenario::{Action, Scenario, Step};

impl Compiler<'_> {
    /// What the steps wait for.
    pub(super) fn steps(&mut self, scenario: &Scenario) -> Option<BTreeMap<String, Bound>> {
        let steps = &scenario.steps;
        match steps.iter().filter(|step| step.zero).count() {
            1 => {}
            n => self.problem(
                "steps",
                &format!("{n} are marked `zero: true`; exactly one must be"),
            ),
        }
        self.unique("steps", steps.iter().map(|step| step.name.as_str()));
        let mut awaited = BTreeMap::new();
        for (i, step) in steps.iter().enumerate() {
            self.step(&format!("steps[{i}]"), step);
            if let Some(until) = &step.action.until {
                let until = self.condition(&format!("steps[{i}].do.until"), until)?;
                awaited.insert(step.name.clone(), until);
            }
        }
        Some(awaited)
    }

    fn step(&mut self, key: &str, step: &Step) {
        self.action(&format!("{key}.do"), &step.action);
        if let Some(undo) = &step.undo {
            self.action(&format!("{key}.undo"), undo);
        } else if step.zero && step.action.needs_undo() {
            self.problem(
                &format!("{key}.undo"),
                "missing: the step at the zero changes the system, so say what undoes it",
            );
        }
        if step.zero && !step.action.changes_something() {
            self.problem(
                &format!("{key}.do"),
                "the step at the zero must change the system",
            );
        }
        if let Some(timeout) = &step.timeout {
            self.duration(&format!("{key}.timeout"), timeout);
        }
    }

    fn action(&mut self, key: &str, action: &Action) {
        if action.given() != 1 {
            self.problem(
                key,
                "exactly one of `command`, `second`, `site`, `shell`, `rest`, `configure`, `wait`, `until` must be given",
            );
        }
        if let Some(rest) = &action.rest {
            if !["GET", "POST", "PUT", "DELETE", "PATCH"].contains(&rest.method.as_str()) {
                self.problem(
                    &format!("{key}.rest.method"),
                    &format!("`{}` is not GET, POST, PUT, DELETE or PATCH", rest.method),
                );
            }
            if !rest.path.starts_with('/') {
                self.problem(
                    &format!("{key}.rest.path"),
                    &format!("`{}` must begin with `/`", rest.path),
                );
            }
        }
        if action
            .configure
            .as_ref()
            .is_some_and(|configure| configure.set.is_empty())
        {
            self.problem(
                &format!("{key}.configure.set"),
                "nothing is set: name a property",
            );
        }
        if let Some(wait) = &action.wait {
            self.duration(&format!("{key}.wait"), wait);
        }
    }
}
