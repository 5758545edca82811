//! What one worker's JMX says that matters here, out of the mirrored attributes.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use super::position::Sight;
use super::totals::Counts;
use crate::model::connect::TopicPartition;
use crate::model::flow::Flow;
use crate::model::jmx::{JmxView, Labels};

/// The group of MBeans in which a worker counts what its source tasks do.
const SOURCE_TASK: &str = "kafka_connect_source_task";

/// A task: its connector and number.
pub(super) type Task = (String, u32);

/// What one worker's JMX says.
#[derive(Debug, Default)]
pub(super) struct Look {
    /// Tasks that the worker has an MBean of.
    pub(super) tasks: BTreeSet<Task>,
    /// For each source task, counts that move when it copies something. What it reads is not among them: while the target
    /// acknowledges nothing, a task reads on until its producer is full.
    pub(super) progress: BTreeMap<Task, f64>,
    /// By flow (its place in the configuration) and source partition.
    pub(super) flows: BTreeMap<usize, BTreeMap<TopicPartition, Seen>>,
}

/// One partition in one worker's JMX.
#[derive(Clone, Copy, Debug)]
pub(super) struct Seen {
    /// Where its copy stands.
    pub(super) sight: Sight,
    /// What was counted; `None` while MM2 has no MBean of it.
    pub(super) counts: Option<Counts>,
}

impl Look {
    /// What `view` says, read at `at`; `flows` tell which connector copies from where to where.
    pub(super) fn at(view: &JmxView, at: Duration, flows: &[Flow]) -> Self {
        let mut look = Self::default();
        let tasks = TaskCounts::of(view);
        look.tasks(view, &tasks);
        for (index, flow) in flows.iter().enumerate() {
            let counted = counted(view, flow);
            let owners = consumed(view, flow, |at, task| {
                counted.contains_key(at) || tasks.lost_mbeans(task)
            });
            let mut sizes: BTreeMap<&Task, usize> = BTreeMap::new();
            for (partition, (task, _)) in &owners {
                *sizes.entry(task).or_default() += 1;
                let progress = look.progress.get_mut(task);
                if let (Some(progress), Some(counts)) = (progress, counted.get(partition)) {
                    *progress += counts.records;
                }
            }
            let all: BTreeSet<&TopicPartition> = counted.keys().chain(owners.keys()).collect();
            let seen = all.into_iter().map(|partition| {
                let counts = counted.get(partition).copied();
                let (task, lag) = owners
                    .get(partition)
                    .map_or((None, None), |(task, lag)| (Some(task), Some(*lag)));
                let sight = Sight {
                    at,
                    consumer_lag: lag,
                    fetches: task.and_then(|task| tasks.fetches(task)),
                    in_flight: task.and_then(|task| tasks.in_flight.get(task).copied()),
                    acknowledged: counts.map(|counts| counts.records),
                    partitions: task.and_then(|task| sizes.get(task).copied()).unwrap_or(1),
                };
                (partition.clone(), Seen { sight, counts })
            });
            look.flows.insert(index, seen.collect());
        }
        look
    }

    /// The tasks that run here, and how far they are.
    fn tasks(&mut self, view: &JmxView, counts: &TaskCounts) {
        // A sink task has this one, too.
        self.tasks
            .extend(by_task(view, "kafka_connect_connector_task", "running-ratio").into_keys());
        self.tasks.extend(counts.polled.keys().cloned());
        self.progress = by_task(view, SOURCE_TASK, "source-record-write-total");
        self.tasks.extend(self.progress.keys().cloned());
    }
}

/// What tasks count, all their partitions together.
struct TaskCounts {
    in_flight: BTreeMap<Task, f64>,
    fetched: BTreeMap<Task, f64>,
    polled: BTreeMap<Task, f64>,
}

impl TaskCounts {
    fn of(view: &JmxView) -> Self {
        let of_task = |attribute| by_task(view, SOURCE_TASK, attribute);
        Self {
            in_flight: of_task("source-record-active-count"),
            fetched: by_task(view, "kafka_consumer_fetch_manager", "fetch-total"),
            polled: of_task("source-record-poll-total"),
        }
    }

    /// Whether the task runs here without MBeans of its client. One that is started before the one of its name has come to its end loses
    /// them and MM2's to that one's end: Kafka's `JmxReporter.close` unregisters by name, and only what is first told later stands
    /// again, such as the lag of each partition. Any other lag that nothing counts is left over, or that of a topic of Connect's own.
    fn lost_mbeans(&self, task: &Task) -> bool {
        self.polled.contains_key(task) && !self.fetched.contains_key(task)
    }

    /// What moves while fetches come back to a task: their number, or the records that it got by them.
    fn fetches(&self, task: &Task) -> Option<f64> {
        let fetches = self.fetched.get(task).or_else(|| self.polled.get(task));
        fetches.copied()
    }
}

/// The values of one attribute by the task that its labels name.
fn by_task(view: &JmxView, prefix: &str, attribute: &str) -> BTreeMap<Task, f64> {
    let tasks = view
        .values(prefix, attribute)
        .filter_map(|(labels, value)| Some((task_of(labels)?, value)));
    tasks.collect()
}

fn task_of(labels: Labels<'_>) -> Option<Task> {
    let connector = labels
        .get("connector")
        .filter(|connector| !connector.is_empty())?;
    Some((connector.to_owned(), labels.get("task")?.parse().ok()?))
}

/// What MM2 counts of each partition of the flow, by the partition's name at the source.
fn counted(view: &JmxView, flow: &Flow) -> BTreeMap<TopicPartition, Counts> {
    let mut counted: BTreeMap<TopicPartition, Counts> = BTreeMap::new();
    for (attribute, is_records) in [("record-count", true), ("byte-count", false)] {
        for (labels, value) in view.values("kafka_connect_mirror_source_connector", attribute) {
            let is_of_the_flow = labels.get("source") == Some(&flow.source)
                && labels.get("target") == Some(&flow.target);
            let Some(partition) = is_of_the_flow
                .then(|| source_partition(labels, flow))
                .flatten()
            else {
                continue;
            };
            let counts = counted.entry(partition).or_default();
            if is_records {
                counts.records = value;
            } else {
                counts.bytes = value;
            }
        }
    }
    counted
}

fn source_partition(labels: Labels<'_>, flow: &Flow) -> Option<TopicPartition> {
    Some(TopicPartition {
        topic: flow.source_topic(labels.get("topic")?)?.to_owned(),
        partition: labels.get("partition")?.parse().ok()?,
    })
}

/// Which task of the flow's connector consumes each source partition, and its lag, where that `is_believed` of the two.
fn consumed(
    view: &JmxView,
    flow: &Flow,
    is_believed: impl Fn(&TopicPartition, &Task) -> bool,
) -> BTreeMap<TopicPartition, (Task, f64)> {
    let lags = view.values("kafka_consumer_fetch_manager", "records-lag");
    let consumed = lags.filter_map(|(labels, lag)| {
        let task = task_of(labels).filter(|(connector, _)| *connector == flow.connector)?;
        let partition = TopicPartition {
            topic: labels.get("topic")?.to_owned(),
            partition: labels.get("partition")?.parse().ok()?,
        };
        is_believed(&partition, &task).then_some((partition, (task, lag)))
    });
    consumed.collect()
}

#[cfg(test)]
#[path = "look_tests.rs"]
mod tests;
