//! Where each task was before, during and after: as the last good scrape of a phase shows it.

use std::collections::{BTreeMap, BTreeSet};

use super::Spans;
use crate::promql::Labels;
use crate::recovery::inventory::Inventory;
use crate::recovery::judgement::{Placed, PlacementResult, Remark};
use crate::recovery::remark::remark;
use crate::recovery::scenario::Phase;
use crate::recovery::scrapes::{Scrape, Scrapes};
use crate::recovery::watch::{Watch, present};

const PHASES: [Phase; 3] = [Phase::Before, Phase::During, Phase::After];

/// A task by its connector and number.
type Task = (String, u32);

/// One row for each task that a phase shows, the flow's first.
pub(super) fn placements(
    inventory: &Inventory,
    spans: &Spans,
    watch: &Watch<'_>,
) -> Vec<PlacementResult> {
    let shown = PHASES.map(|phase| (phase, shown(inventory, spans, watch, phase)));
    let seen = shown.iter().filter_map(|(_, tasks)| tasks.as_ref().ok());
    let tasks: BTreeSet<&Task> = seen.flat_map(BTreeMap::keys).collect();
    let mut tasks: Vec<_> = tasks.into_iter().collect();
    tasks.sort_by_key(|(connector, _)| *connector != inventory.flow.connector);
    tasks
        .into_iter()
        .map(|task| PlacementResult {
            connector: task.0.clone(),
            task: task.1,
            on: shown
                .iter()
                .map(|(phase, tasks)| (*phase, placed(task, tasks)))
                .collect(),
        })
        .collect()
}

fn placed(task: &Task, shown: &Result<BTreeMap<Task, Placed>, Remark>) -> Placed {
    let unknown = |because: Remark| Placed::Unknown { because };
    match shown {
        Ok(tasks) => {
            let placed = tasks.get(task).cloned();
            placed.unwrap_or_else(|| unknown(remark("task_not_shown", &[])))
        }
        Err(because) => unknown(because.clone()),
    }
}

/// Every task of the inventory's connectors at the last good scrape of a phase.
fn shown(
    inventory: &Inventory,
    spans: &Spans,
    watch: &Watch<'_>,
    phase: Phase,
) -> Result<BTreeMap<Task, Placed>, Remark> {
    let scrapes = spans.scrapes(watch, phase);
    let scrapes = scrapes.ok_or_else(|| remark("phase_missing", &[]))?;
    let last = scrapes.iter().rev().find(|scrape| scrape.up);
    let last = last.ok_or_else(|| remark("not_observed", &[]))?;
    Ok(at(inventory, watch.scrapes, *last))
}

/// What its status names, and what it really does where the page tells that.
fn at(inventory: &Inventory, scrapes: &Scrapes<'_>, scrape: Scrape) -> BTreeMap<Task, Placed> {
    let named = |name: &str| present(scrapes, scrape, name);
    let states: BTreeMap<Task, &str> = named("mm2_task_state")
        .into_iter()
        .filter_map(|labels| Some((task(inventory, labels)?, labels.get("state"))))
        .collect();
    let statuses = named("kafka_connect_connector_task_status").into_iter();
    let placed = statuses.filter_map(|labels| {
        let task = task(inventory, labels)?;
        let state = states.get(&task).copied();
        let worker = labels.get("worker");
        let placed = if worker.is_empty() {
            Placed::Unknown {
                because: remark("task_without_worker", &[]),
            }
        } else {
            Placed::On {
                worker: worker.to_owned(),
                state: state.unwrap_or_else(|| labels.get("status")).to_owned(),
            }
        };
        Some((task, placed))
    });
    placed.collect()
}

fn task(inventory: &Inventory, labels: &Labels) -> Option<Task> {
    let connector = labels.get("connector");
    let is_ours =
        inventory.connectors.contains_key(connector) || inventory.flow.connector == connector;
    let number = labels.get("task").parse().ok()?;
    is_ours.then(|| (connector.to_owned(), number))
}

#[cfg(test)]
mod tests;
