//! What the tasks and the connectors do.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use super::look::{Look, Task};
use super::{Normaliser, fresh, tasks_of};
use crate::model::connect::{ConnectorTasks, TaskStatus};
use crate::model::normalised::{ConnectorView, TaskView};
use crate::model::snapshot::Snapshot;
use crate::model::task::TaskState;

impl Normaliser {
    /// The tasks that a status or a task list names.
    pub(super) fn task_views(&mut self, snapshot: &Snapshot) -> Vec<TaskView> {
        let told: BTreeMap<Task, &TaskStatus> = snapshot
            .authority()
            .map_or(Vec::new(), |view| tasks_of(&view.connectors))
            .into_iter()
            .collect();
        let listed = snapshot
            .tasks
            .value
            .as_deref()
            .map_or(&[][..], |map| &map.connectors);
        let listed = listed.iter().flat_map(|connector| {
            connector
                .tasks
                .iter()
                .map(|task| (connector.connector.clone(), task.id))
        });
        let all: BTreeSet<Task> = told.keys().cloned().chain(listed).collect();
        if snapshot.authority().is_some() {
            self.tasks.retain(|task, _| all.contains(task));
        }
        all.into_iter()
            .map(|task| self.task_view(task, &told, snapshot))
            .collect()
    }

    fn task_view(
        &self,
        task: Task,
        told: &BTreeMap<Task, &TaskStatus>,
        snapshot: &Snapshot,
    ) -> TaskView {
        let status = told.get(&task).copied();
        let state = match (self.tasks.get(&task), snapshot.authority()) {
            (_, None) => TaskState::Unknown,
            (None, Some(_)) => TaskState::Missing,
            (Some(memory), Some(_)) => memory.state(
                status,
                status.and_then(|status| snapshot.is_alive(&status.worker)),
                snapshot.withholds(),
                self.oldest(&task, snapshot),
                snapshot.taken.monotonic,
            ),
        };
        let looks: Vec<&Look> = fresh(&self.looks, snapshot).collect();
        let has_it = |look: &&&Look| look.tasks.contains(&task);
        let workers = (!looks.is_empty()).then(|| looks.iter().filter(has_it).count());
        let (connector, task) = task;
        TaskView {
            connector,
            task,
            state,
            workers,
        }
    }

    /// The connectors whose tasks are listed, and how many of their tasks run.
    pub(super) fn connectors(&self, snapshot: &Snapshot) -> Vec<ConnectorView> {
        let listed = snapshot
            .tasks
            .value
            .as_deref()
            .map_or(&[][..], |map| &map.connectors);
        let looks: Vec<&Look> = fresh(&self.looks, snapshot).collect();
        let of = |connector: &str| {
            let running = looks.iter().flat_map(|look| &look.tasks);
            running.filter(|(name, _)| name == connector).count()
        };
        let view = |list: &ConnectorTasks| ConnectorView {
            connector: list.connector.clone(),
            tasks: list.tasks.len(),
            running: (!looks.is_empty()).then(|| of(&list.connector)),
        };
        listed.iter().map(view).collect()
    }

    /// How long ago the oldest record was appended that the task has yet to copy.
    fn oldest(&self, (connector, number): &Task, snapshot: &Snapshot) -> Option<Duration> {
        let map = self.list.as_deref()?.of(connector)?;
        let task = map.tasks.iter().find(|task| task.id == *number)?;
        let memories = snapshot
            .flows
            .iter()
            .zip(&self.flows)
            .filter(|(flow, _)| flow.connector == *connector);
        memories
            .filter_map(|(_, memory)| memory.oldest(&task.partitions, snapshot.taken.monotonic))
            .max()
    }
}
