//! What a drill is bound to: the victim by its role now, and what the scenario becomes for it.

use super::schedule::{self, Step};
use super::victim::{Choice, Roles};
use super::{Error, Options};
use crate::recovery::plan::{Plan, Problem, Variables};

/// The victim, and the scenario bound to it.
#[derive(Debug)]
pub(super) struct Target {
    /// Whom to hit.
    pub(super) victim: Choice,
    /// The scenario, compiled.
    pub(super) plan: Plan,
    /// Its steps.
    pub(super) steps: Vec<Step>,
    /// Who leads and who owns what.
    roles: Roles,
}

impl Target {
    /// Bind the scenario to who has the role that is asked for.
    pub(super) fn choose(options: &Options, roles: Roles) -> Result<Self, Error> {
        let Options {
            scenario,
            inventory,
            fault,
            ..
        } = options;
        let victim = roles.choose(&options.victim)?;
        let variables = Variables {
            inventory,
            victim: &victim.worker,
        };
        Ok(Self {
            steps: schedule::steps(scenario, inventory, &victim, fault)?,
            plan: Plan::compile(scenario, variables)
                .map_err(|problems| Error::Plan(listed(&problems)))?,
            victim,
            roles,
        })
    }

    /// What is going to be done to whom.
    pub(super) fn introduction(&self, options: &Options) -> String {
        let Options {
            scenario,
            inventory,
            fault,
            out,
            ..
        } = options;
        format!(
            "{} (test {}) at {}: {fault} {} ({})\n{}\nevidence in {}",
            scenario.name,
            scenario.test,
            inventory.site,
            self.victim.worker,
            self.victim.chosen_as,
            self.roles,
            out.display()
        )
    }

    /// What is asked before the fault.
    pub(super) fn question(&self, fault: &str) -> String {
        let tasks = self.roles.tasks(&self.victim.worker);
        let tasks = if tasks.is_empty() {
            "no task".to_owned()
        } else {
            tasks.join(", ")
        };
        format!("{fault} {} ({tasks})?", self.victim.worker)
    }
}

fn listed(problems: &[Problem]) -> String {
    problems
        .iter()
        .map(ToString::to_string)
        .collect::<Vec<_>>()
        .join("\n")
}
