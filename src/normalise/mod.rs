//! From the latest readings to what follows from them together: totals over task moves, lags that grow while nobody
//! copies, gaps, and what tasks and flows really do. Pure: time comes with the readings.

mod address;
mod flow;
mod flow_state;
mod growth;
mod history;
mod look;
mod news;
mod observed;
mod partition;
mod position;
mod taken_in;
mod task;
mod task_state;
mod totals;
mod translation;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use crate::model::canary::CanaryView;
use crate::model::connect::{ConnectorStatus, ConnectorTasks, TaskMap, TaskStatus, TopicPartition};
use crate::model::flow::Flow;
use crate::model::normalised::{ConnectorView, Normalised, TaskView, TranslationView};
use crate::model::snapshot::{Snapshot, WorkerReadings};
use crate::model::task::TaskState;
use address::Addresses;
use look::{Look, Task};
use news::News;
use observed::Observed;
use taken_in::TakenIn;

/// Turns one snapshot after the other into what follows from all of them.
#[derive(Debug, Default)]
pub struct Normaliser {
    flows: Vec<flow::Memory>,
    tasks: BTreeMap<Task, task::Memory>,
    /// The last look at each worker's JMX.
    looks: BTreeMap<Arc<str>, Look>,
    taken_in: TakenIn,
    addresses: Addresses,
    observed: Observed,
    /// The last task list: while no worker's herder answers, no task is given other partitions.
    list: Option<Arc<TaskMap>>,
    /// What was said last, when, and by what.
    said: Option<(Duration, News, Arc<Normalised>)>,
}

/// How long what was said stands if nothing new is read: ages grow by themselves.
const STANDS: Duration = Duration::from_secs(1);

impl Normaliser {
    /// Take in what is new in a snapshot, and say what follows from all snapshots so far.
    pub fn observe(&mut self, snapshot: &Snapshot) -> Arc<Normalised> {
        let now = snapshot.taken.monotonic;
        let news = News::of(snapshot);
        match &self.said {
            Some((when, old, said)) if now.saturating_sub(*when) < STANDS && *old == news => {
                Arc::clone(said)
            }
            _ => {
                let said = Arc::new(self.say(snapshot));
                self.said = Some((now, news, Arc::clone(&said)));
                said
            }
        }
    }

    fn say(&mut self, snapshot: &Snapshot) -> Normalised {
        self.flows
            .resize_with(snapshot.flows.len(), flow::Memory::default);
        if let Some(list) = &snapshot.tasks.value {
            self.list = Some(Arc::clone(list));
        }
        self.statuses(snapshot);
        self.workers(snapshot);
        self.logs(snapshot);
        self.committed(snapshot);
        let tasks = self.task_views(snapshot);
        let addresses = self.addresses.observe(snapshot);
        let flows = snapshot.flows.iter().zip(&self.flows).enumerate();
        Normalised {
            connectors: self.connectors(snapshot),
            addresses,
            strangers: address::strangers(snapshot),
            observed: self.observed.log().clone(),
            flows: flows
                .map(|(index, (flow, memory))| {
                    let known = self.known(index, flow, snapshot, &tasks);
                    let mut view = memory.view(flow, known, snapshot.taken.monotonic);
                    view.translations = translations(index, flow, memory, snapshot);
                    view
                })
                .collect(),
            tasks,
            failed: false,
        }
    }

    fn statuses(&mut self, snapshot: &Snapshot) {
        let now = snapshot.taken.monotonic;
        let Some(view) = snapshot.authority() else {
            return;
        };
        self.observed.told(&view.connectors, snapshot.taken.wall);
        for (task, status) in tasks_of(&view.connectors) {
            self.tasks.entry(task).or_default().told(status, now);
        }
    }

    fn workers(&mut self, snapshot: &Snapshot) {
        for worker in &snapshot.workers {
            let Some((view, at)) = worker
                .jolokia
                .as_ref()
                .and_then(|jolokia| self.taken_in.take(jolokia))
            else {
                continue;
            };
            let look = Look::at(&view, at, &snapshot.flows);
            for (index, memory) in self.flows.iter_mut().enumerate() {
                memory.looked(&worker.id, &look, index);
            }
            for (task, status) in snapshot
                .authority()
                .map_or(Vec::new(), |view| tasks_of(&view.connectors))
            {
                if status.worker == *worker.id
                    && let Some(memory) = self.tasks.get_mut(&task)
                {
                    let has_it = look.tasks.contains(&task);
                    memory.looked(at, has_it, look.progress.get(&task).copied());
                }
            }
            self.looks.insert(Arc::clone(&worker.id), look);
        }
    }

    fn logs(&mut self, snapshot: &Snapshot) {
        let copied = self.copied(snapshot);
        for cluster in &snapshot.clusters {
            let Some(reading) = &cluster.offsets else {
                continue;
            };
            let Some((offsets, begun)) = self.taken_in.take(reading) else {
                continue;
            };
            // The offsets are as of somewhere between the question and the last answer.
            let at = begun + reading.duration.unwrap_or_default() / 2;
            for (index, (flow, memory)) in snapshot.flows.iter().zip(&mut self.flows).enumerate() {
                if flow.source == *cluster.alias {
                    let is_copied = |partition: &TopicPartition| {
                        copied
                            .as_ref()
                            .is_none_or(|copied| copied.contains(&(index, partition.clone())))
                    };
                    memory.source(&offsets, at, is_copied);
                }
                if flow.target == *cluster.alias {
                    memory.target(&offsets, flow);
                }
            }
        }
    }

    /// By flow the partitions that a worker may be copying; `None` while a worker is not seen that may.
    fn copied(&self, snapshot: &Snapshot) -> Option<BTreeSet<(usize, TopicPartition)>> {
        let mut copied = BTreeSet::new();
        for worker in &snapshot.workers {
            let fresh = worker
                .jolokia
                .as_ref()
                .is_some_and(|jolokia| jolokia.up && jolokia.value.is_some());
            match self.looks.get(&worker.id).filter(|_| fresh) {
                Some(look) => {
                    for (flow, partitions) in &look.flows {
                        copied.extend(
                            partitions
                                .keys()
                                .map(|partition| (*flow, partition.clone())),
                        );
                    }
                }
                None if snapshot.is_alive(&worker.id) == Some(false) => {}
                None => return None,
            }
        }
        Some(copied)
    }

    fn committed(&mut self, snapshot: &Snapshot) {
        let Some((offsets, _)) = self.taken_in.take(&snapshot.offsets) else {
            return;
        };
        for (flow, memory) in snapshot.flows.iter().zip(&mut self.flows) {
            if let Some(offsets) = offsets.connectors.get(&flow.connector) {
                memory.committed(offsets);
            }
        }
    }

    fn task_views(&mut self, snapshot: &Snapshot) -> Vec<TaskView> {
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
        let looks: Vec<&Look> = self.fresh_looks(snapshot).collect();
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

    /// What is known of a flow besides what it copies.
    fn known<'a>(
        &'a self,
        index: usize,
        flow: &Flow,
        snapshot: &'a Snapshot,
        tasks: &[TaskView],
    ) -> flow::Known<'a> {
        let is_of_the_flow = |canary: &&Arc<CanaryView>| {
            (&canary.source, &canary.target) == (&flow.source, &flow.target)
        };
        let canary = snapshot.canaries.iter().find(is_of_the_flow);
        let answers =
            |worker: &&WorkerReadings| worker.jolokia.as_ref().is_some_and(|jolokia| jolokia.up);
        let looks = snapshot
            .workers
            .iter()
            .filter(answers)
            .filter_map(|worker| self.looks.get(&worker.id));
        let (mut held, mut has_jmx) = (BTreeMap::new(), false);
        for look in looks {
            has_jmx = true;
            for partition in look.flows.get(&index).into_iter().flat_map(BTreeMap::keys) {
                *held.entry(partition).or_default() += 1;
            }
        }
        flow::Known {
            source_up: snapshot.reaches(&flow.source),
            target_up: snapshot.reaches(&flow.target),
            is_read: flow::IsRead {
                source: is_read(snapshot, &flow.source),
                target: is_read(snapshot, &flow.target),
            },
            canary: canary.map(|canary| &**canary),
            tasks: tasks
                .iter()
                .filter(|task| task.connector == flow.connector)
                .map(|task| task.state)
                .collect(),
            is_told: snapshot.authority().is_some(),
            held,
            has_jmx,
        }
    }

    /// The connectors whose tasks are listed, and how many of their tasks run.
    fn connectors(&self, snapshot: &Snapshot) -> Vec<ConnectorView> {
        let listed = snapshot
            .tasks
            .value
            .as_deref()
            .map_or(&[][..], |map| &map.connectors);
        let looks: Vec<&Look> = self.fresh_looks(snapshot).collect();
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

    fn fresh_looks<'a>(&'a self, snapshot: &'a Snapshot) -> impl Iterator<Item = &'a Look> {
        let fresh = snapshot.workers.iter().filter(|worker| {
            worker
                .jolokia
                .as_ref()
                .is_some_and(|jolokia| jolokia.value.is_some())
        });
        fresh.filter_map(|worker| self.looks.get(&worker.id))
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

/// Whether the logs of a cluster were read within the time to live.
fn is_read(snapshot: &Snapshot, alias: &str) -> bool {
    let mut clusters = snapshot.clusters.iter();
    clusters
        .find(|cluster| *cluster.alias == *alias)
        .and_then(|cluster| cluster.offsets.as_ref())
        .is_some_and(|offsets| offsets.value.is_some())
}

/// What consumer groups of a flow would read again after a failover.
fn translations(
    index: usize,
    flow: &Flow,
    memory: &flow::Memory,
    snapshot: &Snapshot,
) -> Vec<TranslationView> {
    let checkpoints = snapshot
        .written
        .get(&index)
        .and_then(|written| written.checkpoints.value.as_deref());
    let source = snapshot
        .clusters
        .iter()
        .find(|cluster| *cluster.alias == *flow.source);
    let groups = source.and_then(|source| source.groups.as_ref()?.value.as_deref());
    match (checkpoints, groups) {
        (Some(checkpoints), Some(groups)) => {
            let is_read = is_read(snapshot, &flow.source) && is_read(snapshot, &flow.target);
            let shift = |at: &TopicPartition| memory.shift(at).filter(|_| is_read);
            translation::translations(flow, checkpoints, groups, shift)
        }
        _ => Vec::new(),
    }
}

fn tasks_of(connectors: &[ConnectorStatus]) -> Vec<(Task, &TaskStatus)> {
    let tasks = connectors.iter().flat_map(|connector| {
        connector
            .tasks
            .iter()
            .map(|task| ((connector.name.clone(), task.id), task))
    });
    tasks.collect()
}
