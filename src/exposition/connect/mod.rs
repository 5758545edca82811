//! Kafka Connect: workers, connectors, tasks, the group, and which tasks the canary covers.

mod rows;

use std::collections::BTreeSet;

use super::page::Page;
use crate::model::address::AddressFault;
use crate::model::canary::CanaryView;
use crate::model::connect::{ConnectorStatus, ConnectorTasks, Health, State, TaskMap};
use crate::model::group::GroupView;
use crate::model::snapshot::{Snapshot, WorkerReadings};
use crate::model::time::Timestamp;
use rows::{
    ADDRESS, CONNECTOR_STATE, CONNECTOR_STATUS, HEALTH, LEADER_INFO, MEMBER_INFO, MEMBERS, OWNED,
    OWNER_INFO, STRANGER, TASK_PARTITIONS, TASK_STATUS, WITHHELD, WITHHELD_DELAY, WITHHELD_UNTIL,
    WORKER_INFO, WORKER_UP,
};

pub(super) use rows::METRICS;

/// The state of a connector that is configured and not there.
const MISSING: &str = "missing";

pub(super) fn write(page: &mut Page, snapshot: &Snapshot) {
    for readings in &snapshot.workers {
        worker(page, readings);
    }
    addresses(page, snapshot);
    if let Some(view) = snapshot.authority() {
        for connector in &view.connectors {
            statuses(page, connector);
        }
        for connector in missing(snapshot, &view.connectors) {
            states(page, connector, MISSING);
        }
    }
    let view = snapshot.group.as_ref();
    if let Some(view) = view.and_then(|group| group.value.as_ref()) {
        group(page, view);
    }
    if let Some(map) = &snapshot.tasks.value {
        owned(page, map);
    }
    canaries(page, snapshot);
}

fn worker(page: &mut Page, worker: &WorkerReadings) {
    let up = f64::from(u8::from(worker.rest.up));
    page.add(&WORKER_UP, &[&worker.id], up);
    let health = worker.health.value.as_deref();
    let health = health.and_then(|health| health.name());
    for status in Health::NAMES.into_iter().filter(|_| health.is_some()) {
        let is_it = f64::from(u8::from(health == Some(status)));
        page.add(&HEALTH, &[&worker.id, status], is_it);
    }
    if let Some(view) = &worker.rest.value {
        let labels = [
            &*worker.id,
            &view.version,
            &view.commit,
            &view.kafka_cluster_id,
        ];
        page.state(&WORKER_INFO, &labels);
    }
}

/// Where the configured addresses lead, and who is not configured.
fn addresses(page: &mut Page, snapshot: &Snapshot) {
    for view in &snapshot.normalised.addresses {
        for (fault, is_so) in AddressFault::ALL.into_iter().zip(view.faults) {
            let is_so = is_so.map(|is_so| f64::from(u8::from(is_so)));
            page.add_some(&ADDRESS, &[&view.worker, fault.as_str()], is_so);
        }
    }
    for worker in &snapshot.normalised.strangers {
        page.state(&STRANGER, &[worker]);
    }
}

/// How many partitions each task has.
fn owned(page: &mut Page, map: &TaskMap) {
    for list in &map.connectors {
        for task in &list.tasks {
            #[expect(
                clippy::cast_precision_loss,
                reason = "a task has less than 2^53 partitions"
            )]
            let owned = task.partitions.len() as f64;
            page.add(&OWNED, &[&list.connector, &task.id.to_string()], owned);
        }
    }
}

/// Which tasks each canary covers.
fn canaries(page: &mut Page, snapshot: &Snapshot) {
    for canary in &snapshot.canaries {
        if let Some(tasks) = snapshot.tasks_of(canary) {
            coverage(page, canary, tasks);
        }
    }
}

fn statuses(page: &mut Page, connector: &ConnectorStatus) {
    let labels = [
        &*connector.name,
        &connector.worker,
        connector.state.as_str(),
    ];
    page.state(&CONNECTOR_STATUS, &labels);
    states(page, &connector.name, connector.state.name());
    for task in &connector.tasks {
        let labels = [
            &*connector.name,
            &task.id.to_string(),
            &task.worker,
            task.state.as_str(),
        ];
        page.state(&TASK_STATUS, &labels);
    }
}

fn states(page: &mut Page, connector: &str, current: &str) {
    for state in State::NAMES.into_iter().chain([MISSING]) {
        let is_it = f64::from(u8::from(state == current));
        page.add(&CONNECTOR_STATE, &[connector, state], is_it);
    }
}

/// The connectors of flows that Connect does not have.
fn missing<'a>(snapshot: &'a Snapshot, known: &[ConnectorStatus]) -> BTreeSet<&'a str> {
    let of_flows = snapshot.flows.iter().map(|flow| flow.connector.as_str());
    of_flows
        .filter(|name| !known.iter().any(|connector| connector.name == *name))
        .collect()
}

fn group(page: &mut Page, view: &GroupView) {
    #[expect(clippy::cast_precision_loss, reason = "a group has few members")]
    page.add(&MEMBERS, &[], view.group.members as f64);
    let until = view.withheld_until.map(Timestamp::as_seconds);
    page.add_some(&WITHHELD_UNTIL, &[], until);
    let Some(assignment) = &view.group.assignment else {
        return;
    };
    for worker in &assignment.workers {
        page.state(&MEMBER_INFO, &[worker]);
    }
    if let Some(leader) = &assignment.leader {
        page.state(&LEADER_INFO, &[leader]);
    }
    let withheld = !assignment.delay.is_zero();
    page.add(&WITHHELD, &[], f64::from(u8::from(withheld)));
    page.add(&WITHHELD_DELAY, &[], assignment.delay.as_secs_f64());
}

/// A partition that the canary does not send to shows nothing of its task.
fn coverage(page: &mut Page, canary: &CanaryView, tasks: &ConnectorTasks) {
    let (source, target) = (&canary.source, &canary.target);
    let sent_to: BTreeSet<i32> = canary.partitions.iter().map(|at| at.partition).collect();
    for task in &tasks.tasks {
        let id = task.id.to_string();
        let mut covered = 0_u32;
        for at in task.partitions.iter().filter(|at| at.topic == canary.topic) {
            let labels = [
                source,
                target,
                &*at.partition.to_string(),
                &tasks.connector,
                &id,
            ];
            page.state(&OWNER_INFO, &labels);
            covered += u32::from(sent_to.contains(&at.partition));
        }
        let labels = [source, target, &*tasks.connector, &id];
        page.add(&TASK_PARTITIONS, &labels, f64::from(covered));
    }
}
