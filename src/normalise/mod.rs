//! From the latest readings to what follows from them together: totals over task moves, lags that grow while nobody
//! copies, gaps, and what tasks and flows really do. Pure: time comes with the readings.

mod address;
mod flow;
mod flow_state;
mod growth;
mod history;
mod known;
mod logs;
mod look;
mod news;
mod observed;
mod partition;
mod position;
mod probe;
mod taken_in;
mod task;
mod task_state;
mod tasks;
mod totals;
mod translation;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use crate::model::connect::{ConnectorStatus, TaskMap, TaskStatus};
use crate::model::normalised::Normalised;
use crate::model::snapshot::Snapshot;
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
        self.forget(snapshot);
        self.committed(snapshot);
        let tasks = self.task_views(snapshot);
        let addresses = self.addresses.observe(snapshot);
        let flows = snapshot.flows.iter().zip(&self.flows).enumerate();
        Normalised {
            connectors: self.connectors(snapshot),
            probes: probe::groups(snapshot),
            addresses,
            strangers: address::strangers(snapshot),
            observed: self.observed.log().clone(),
            flows: flows
                .map(|(index, (flow, memory))| {
                    let known = self.known(index, flow, snapshot, &tasks);
                    let mut view = memory.view(flow, known, snapshot.taken.monotonic);
                    view.translations = known::translations(index, flow, memory, snapshot);
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
}

/// The looks at the workers whose JMX was read within the time to live.
fn fresh<'a>(
    looks: &'a BTreeMap<Arc<str>, Look>,
    snapshot: &'a Snapshot,
) -> impl Iterator<Item = &'a Look> {
    let fresh = snapshot.workers.iter().filter(|worker| {
        worker
            .jolokia
            .as_ref()
            .is_some_and(|jolokia| jolokia.value.is_some())
    });
    fresh.filter_map(|worker| looks.get(&worker.id))
}

/// Tasks and their statuses.
fn tasks_of(connectors: &[ConnectorStatus]) -> Vec<(Task, &TaskStatus)> {
    let tasks = connectors.iter().flat_map(|connector| {
        connector
            .tasks
            .iter()
            .map(|task| ((connector.name.clone(), task.id), task))
    });
    tasks.collect()
}
