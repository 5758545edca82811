//! A drill with everything bound before anything is done: the victim, each step's call and its undo, each time-out.

use std::time::Duration;

use super::call::{self, Binding, Call};
use super::restore::Undo;
use super::victim::Choice;
use crate::promql::{self, parse_duration};
use crate::recovery::inventory::Inventory;
use crate::recovery::scenario::Scenario;

/// Time that a step may take unless the scenario says otherwise.
const STEP_LIMIT: Duration = Duration::from_mins(1);

/// Least time that an undo is given: it may have to start a worker.
const UNDO_LIMIT: Duration = Duration::from_mins(3);

/// Why a drill cannot be bound.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A step cannot be bound.
    #[error("step `{step}`: {source}")]
    Step {
        /// Its name.
        step: String,
        /// Why.
        source: call::Error,
    },
    /// A time-out cannot be read.
    #[error(transparent)]
    Duration(#[from] promql::Error),
}

/// One step, ready to be issued.
#[derive(Clone, Debug)]
pub struct Step {
    /// Its name.
    pub name: String,
    /// Whether its effect is the zero of the clock.
    pub zero: bool,
    /// What is done.
    pub call: Call,
    /// Longest time it may take.
    pub limit: Duration,
    /// What undoes it.
    pub undo: Option<Undo>,
}

/// Bind the steps of a scenario.
pub fn steps(
    scenario: &Scenario,
    inventory: &Inventory,
    victim: &Choice,
    fault: &str,
) -> Result<Vec<Step>, Error> {
    let binding = Binding {
        inventory,
        victim: &victim.worker,
        fault,
    };
    let bind = |step: &str, action| {
        binding.bind(action).map_err(|source| Error::Step {
            step: step.to_owned(),
            source,
        })
    };
    let mut steps = Vec::new();
    for step in &scenario.steps {
        let limit = step.timeout.as_deref().map(parse_duration).transpose()?;
        let limit = limit.unwrap_or(STEP_LIMIT);
        let undo = step
            .undo
            .as_ref()
            .map(|undo| bind(&step.name, undo))
            .transpose()?;
        steps.push(Step {
            name: step.name.clone(),
            zero: step.zero,
            call: bind(&step.name, &step.action)?,
            limit,
            undo: undo.map(|call| Undo {
                step: step.name.clone(),
                call,
                limit_seconds: limit.max(UNDO_LIMIT).as_secs(),
            }),
        });
    }
    Ok(steps)
}
