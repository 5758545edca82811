//! What a drill is bound to: the victim by its role now, and what the scenario becomes for it.

use std::time::Duration;

use super::call::Binding;
use super::schedule::{self, Step, UNDO_LIMIT};
use super::victim::{self, Choice, Roles};
use super::{Error, Options};
use crate::recovery::inventory::Inventory;
use crate::recovery::plan::{Plan, Problem, Variables};
use crate::recovery::scenario::{Event, Subject};

/// Beyond a window: until the server has seen the whole of it.
const LAST_LOOK: Duration = Duration::from_mins(2);

/// The victim, and the scenario bound to it.
#[derive(Debug)]
pub(super) struct Target {
    /// Whom to hit; nobody by name has no name.
    pub(super) victim: Choice,
    /// Whom else.
    pub(super) second: Option<Choice>,
    /// The scenario, compiled.
    pub(super) plan: Plan,
    /// Its steps.
    pub(super) steps: Vec<Step>,
    /// Who leads and who owns what.
    pub(super) roles: Roles,
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
        let victim = match scenario.subject {
            Subject::Worker => roles.choose(&options.victim)?,
            Subject::Connector => connector(&options.victim, inventory)?,
            Subject::Site => Choice {
                worker: String::new(),
                chosen_as: "site".to_owned(),
            },
        };
        let second = options.second.as_deref();
        let second = second.map(|wish| roles.choose_second(wish, &victim.worker));
        let second = second.transpose()?;
        let name = second.as_ref().map_or("", |second| &second.worker);
        let variables = Variables {
            second: name,
            ..Variables::of(inventory, &victim.worker)
        };
        let plan = Plan::compile(scenario, variables);
        let plan = plan.map_err(|problems| Error::Plan(listed(&problems)))?;
        let binding = Binding {
            inventory,
            victim: &victim.worker,
            second: name,
            fault,
        };
        Ok(Self {
            steps: schedule::steps(scenario, &plan, &binding)?,
            plan,
            victim,
            second,
            roles,
        })
    }

    /// Longest time from the first step to the end of all that follows.
    pub(super) fn longest(&self) -> Duration {
        let of_step = |step: &Step| {
            let undo = step
                .undo
                .as_ref()
                .map_or(UNDO_LIMIT.as_secs(), |undo| undo.limit_seconds);
            step.limit + Duration::from_secs(undo)
        };
        let steps: Duration = self.steps.iter().map(of_step).sum();
        let window = |event| {
            let micros = self.plan.longest_limit(event) + self.plan.hold;
            Duration::from_micros(micros.unsigned_abs()) + LAST_LOOK
        };
        let afterwards = self.plan.watch_restore.map(|_| window(Event::Restore));
        steps + window(Event::Fault) + afterwards.unwrap_or_default()
    }

    /// Whether both name the same victims.
    pub(super) fn is_same(&self, other: &Self) -> bool {
        self.victim == other.victim && self.second == other.second
    }

    /// What is going to be done to whom.
    pub(super) fn introduction(&self, options: &Options) -> String {
        let Options {
            scenario,
            inventory,
            out,
            ..
        } = options;
        let hit = self.hit(options);
        format!(
            "{} (test {}) at {}: {hit} ({})\n{}\nevidence in {}",
            scenario.name,
            scenario.test,
            inventory.site,
            self.victim.chosen_as,
            self.roles,
            out.display()
        )
    }

    /// What is asked before the fault.
    pub(super) fn question(&self, options: &Options) -> String {
        let hit = self.hit(options);
        if options.scenario.subject != Subject::Worker {
            return format!("{hit}?");
        }
        let tasks = self.roles.tasks(&self.victim.worker);
        let tasks = if tasks.is_empty() {
            "no task".to_owned()
        } else {
            tasks.join(", ")
        };
        format!("{hit} ({tasks})?")
    }

    fn hit(&self, options: &Options) -> String {
        let (fault, victim) = (&options.fault, &self.victim.worker);
        let second = self.second.as_ref();
        let second = second.map_or_else(String::new, |second| format!(" and {}", second.worker));
        match options.scenario.subject {
            Subject::Worker => format!("{fault} {victim}{second}"),
            Subject::Connector => format!("{} `{victim}`", options.scenario.title.en),
            Subject::Site => format!("{} ({fault})", options.scenario.title.en),
        }
    }
}

fn connector(wish: &str, inventory: &Inventory) -> Result<Choice, victim::Error> {
    let connectors = &inventory.connectors;
    let name = if wish == FLOW {
        &inventory.flow.connector
    } else {
        wish
    };
    if connectors.contains_key(name) {
        return Ok(Choice {
            worker: name.to_owned(),
            chosen_as: "named".to_owned(),
        });
    }
    Err(victim::Error::NoSuchConnector {
        wish: wish.to_owned(),
        known: connectors.keys().cloned().collect::<Vec<_>>().join(", "),
    })
}

/// Stands for the connector of the flow.
const FLOW: &str = "flow";

fn listed(problems: &[Problem]) -> String {
    problems
        .iter()
        .map(ToString::to_string)
        .collect::<Vec<_>>()
        .join("\n")
}
