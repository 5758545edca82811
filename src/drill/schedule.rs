//! A drill with everything bound before anything is done: the victim, each step's call and its undo, each time-out.

use std::time::Duration;

use super::call::{self, Binding};
use super::configure::Change;
use super::deed::Deed;
use super::restore::Undo;
use crate::promql::{self, parse_duration};
use crate::recovery::plan::Plan;
use crate::recovery::scenario::{self, Configure, Scenario};

/// Time that a step may take unless the scenario says otherwise.
const STEP_LIMIT: Duration = Duration::from_mins(1);

/// Least time that an undo is given: it may have to start a worker.
pub(super) const UNDO_LIMIT: Duration = Duration::from_mins(3);

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
    pub deed: Deed,
    /// Longest time it may take.
    pub limit: Duration,
    /// What undoes it.
    pub undo: Option<Undo>,
}

/// Bind the steps of a scenario.
pub fn steps(scenario: &Scenario, plan: &Plan, binding: &Binding<'_>) -> Result<Vec<Step>, Error> {
    let steps = scenario.steps.iter();
    steps.map(|step| bound(step, plan, binding)).collect()
}

fn bound(step: &scenario::Step, plan: &Plan, binding: &Binding<'_>) -> Result<Step, Error> {
    let named = |source| Error::Step {
        step: step.name.clone(),
        source,
    };
    let limit = step.timeout.as_deref().map(parse_duration).transpose()?;
    let limit = limit.unwrap_or(STEP_LIMIT);
    let action = &step.action;
    let deed = match (
        &action.wait,
        &action.configure,
        plan.awaited.get(&step.name),
    ) {
        (Some(wait), ..) => Deed::Wait(parse_duration(wait)?),
        (_, Some(configure), _) => {
            Deed::Configure(configure_bound(configure, binding).map_err(named)?)
        }
        (.., Some(until)) => Deed::Until(Box::new(until.clone())),
        _ => Deed::Call(binding.bind(action).map_err(named)?),
    };
    let undo = step.undo.as_ref().map(|undo| binding.bind(undo));
    Ok(Step {
        name: step.name.clone(),
        zero: step.zero,
        deed,
        limit,
        undo: undo.transpose().map_err(named)?.map(|call| Undo {
            step: step.name.clone(),
            call,
            limit_seconds: limit.max(UNDO_LIMIT).as_secs(),
        }),
    })
}

fn configure_bound(configure: &Configure, binding: &Binding<'_>) -> Result<Change, call::Error> {
    let connector = binding.named(&configure.connector);
    Ok(Change {
        connector,
        urls: binding.urls(&format!("/connectors/{}/config", configure.connector))?,
        set: configure.set.clone(),
    })
}
