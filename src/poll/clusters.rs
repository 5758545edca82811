//! The Kafka clusters: whether they are there, and where the logs of the replicated topics begin and end.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::{JoinSet, spawn_blocking};

use super::endpoint::{self, Answer, Failure};
use super::readers::{kafka_failure, whole};
use super::{Cluster, Schedule};
use crate::kafka;
use crate::model::connect::{TaskMap, TopicPartition};
use crate::model::flow::Flow;
use crate::model::offsets::{ClusterView, GroupOffsets, LogOffsets};
use crate::model::snapshot::{ClusterReadings, Moment, Reading};

/// Where one cluster's latest readings are found.
pub(super) struct ClusterLatest {
    alias: Arc<str>,
    probe: watch::Receiver<Reading<ClusterView>>,
    offsets: watch::Receiver<Reading<LogOffsets>>,
    groups: Option<watch::Receiver<Reading<GroupOffsets>>>,
}

impl ClusterLatest {
    pub(super) fn fresh_at(&self, now: Moment, time_to_live: Duration) -> ClusterReadings {
        ClusterReadings {
            alias: Arc::clone(&self.alias),
            probe: self.probe.borrow().fresh_at(now, time_to_live),
            offsets: Some(self.offsets.borrow().fresh_at(now, time_to_live)),
            groups: self
                .groups
                .as_ref()
                .map(|groups| groups.borrow().fresh_at(now, time_to_live)),
        }
    }
}

/// Start the polls of one cluster.
pub(super) fn cluster(
    loops: &mut JoinSet<()>,
    schedule: Schedule,
    cluster: Cluster,
    tasks: watch::Receiver<Reading<TaskMap>>,
    flows: &Arc<[Flow]>,
) -> ClusterLatest {
    let alias: Arc<str> = cluster.alias.into();
    // The read has to come back before the poll gives up, else the next one finds it still under way.
    let deadline = schedule.deadline.mul_f64(0.9);
    ClusterLatest {
        probe: asked(loops, schedule, &format!("cluster:{alias}"), move || {
            cluster.probe.read(deadline)
        }),
        offsets: replicated(
            loops,
            schedule,
            Replicated::on(&alias, flows, tasks.clone()),
            "offsets",
            move |partitions| cluster.offsets.read(partitions, deadline),
        ),
        groups: cluster.groups.map(|reader| {
            let of = Replicated::on(&alias, flows, tasks);
            replicated(loops, schedule, of, "consumer_groups", move |partitions| {
                reader.read(partitions, deadline)
            })
        }),
        alias,
    }
}

/// Ask a question about the replicated partitions again and again, from when the task lists have been asked for: before
/// that there is nothing to ask about.
fn replicated<T: Send + Sync + 'static>(
    loops: &mut JoinSet<()>,
    schedule: Schedule,
    mut replicated: Replicated,
    kind: &str,
    question: impl Fn(&[TopicPartition]) -> Result<T, kafka::Error> + Send + Sync + 'static,
) -> watch::Receiver<Reading<T>> {
    let (sender, receiver) = endpoint::channel(&format!("{kind}:{}", replicated.alias));
    let question = Arc::new(question);
    let mut lists = replicated.tasks.clone();
    loops.spawn(async move {
        // They are gone only when all polls stop.
        let _ = lists.wait_for(|lists| lists.duration.is_some()).await;
        let ask = move || {
            let (question, partitions) = (Arc::clone(&question), replicated.partitions());
            blocking(move || question(&partitions))
        };
        endpoint::run(schedule, sender, ask).await;
    });
    receiver
}

/// Ask the same question again and again, each on a thread of its own: librdkafka blocks.
pub(super) fn asked<T: Send + Sync + 'static>(
    loops: &mut JoinSet<()>,
    schedule: Schedule,
    endpoint: &str,
    question: impl Fn() -> Result<T, kafka::Error> + Send + Sync + 'static,
) -> watch::Receiver<Reading<T>> {
    let (sender, receiver) = endpoint::channel(endpoint);
    let question = Arc::new(question);
    loops.spawn(endpoint::run(schedule, sender, move || {
        let question = Arc::clone(&question);
        blocking(move || question())
    }));
    receiver
}

/// Ask on a thread of its own: librdkafka blocks.
async fn blocking<T: Send + 'static>(
    question: impl FnOnce() -> Result<T, kafka::Error> + Send + 'static,
) -> Result<Answer<T>, Failure> {
    let answer = spawn_blocking(question).await;
    let answer = answer.map_err(endpoint::lost)?;
    answer.map(whole).map_err(|error| kafka_failure(&error))
}

/// The partitions of one cluster that flows copy from it or to it, by the task lists.
struct Replicated {
    alias: Arc<str>,
    flows: Arc<[Flow]>,
    tasks: watch::Receiver<Reading<TaskMap>>,
    /// The last ones of each flow. A connector that is stopped has no tasks, and its topics grow all the same.
    known: Vec<Vec<TopicPartition>>,
}

impl Replicated {
    fn on(alias: &Arc<str>, flows: &Arc<[Flow]>, tasks: watch::Receiver<Reading<TaskMap>>) -> Self {
        Self {
            alias: Arc::clone(alias),
            flows: Arc::clone(flows),
            tasks,
            known: vec![Vec::new(); flows.len()],
        }
    }

    fn partitions(&mut self) -> Vec<TopicPartition> {
        let tasks = self.tasks.borrow();
        for (flow, known) in self.flows.iter().zip(&mut self.known) {
            let listed = tasks.value.as_ref().and_then(|map| map.of(&flow.connector));
            let assigned: Vec<TopicPartition> = listed
                .into_iter()
                .flat_map(|connector| &connector.tasks)
                .flat_map(|task| &task.partitions)
                .cloned()
                .collect();
            if !assigned.is_empty() {
                *known = assigned;
            }
        }
        let named = self
            .flows
            .iter()
            .zip(&self.known)
            .flat_map(|(flow, known)| {
                let here = |alias: &str| *alias == *self.alias;
                let at_source = known.iter().filter(move |_| here(&flow.source)).cloned();
                let at_target =
                    known
                        .iter()
                        .filter(move |_| here(&flow.target))
                        .map(|at| TopicPartition {
                            topic: flow.remote_topic(&at.topic),
                            partition: at.partition,
                        });
                at_source.chain(at_target)
            });
        // In order, and each once: several flows may copy the same topic.
        named.collect::<BTreeSet<_>>().into_iter().collect()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::*;
    use crate::model::connect::{AssignedTask, ConnectorTasks};
    use crate::model::flow::ReplicationPolicy;

    const SCHEDULE: Schedule = Schedule {
        interval: Duration::from_mins(1),
        deadline: Duration::from_mins(1),
        time_to_live: Duration::from_mins(2),
    };

    fn list(at: &TopicPartition) -> TaskMap {
        let task = AssignedTask {
            id: 0,
            partitions: vec![at.clone()],
        };
        let list = ConnectorTasks {
            connector: "mirror".to_owned(),
            tasks: vec![task],
            ..ConnectorTasks::default()
        };
        TaskMap {
            connectors: vec![list],
        }
    }

    #[tokio::test]
    async fn the_first_question_is_about_the_partitions_of_the_task_lists() {
        let flow = Flow {
            source: "source".to_owned(),
            target: "target".to_owned(),
            connector: "mirror".to_owned(),
            policy: ReplicationPolicy::default(),
        };
        let at = TopicPartition {
            topic: "orders".to_owned(),
            partition: 3,
        };
        let (lists, tasks) = endpoint::channel("tasks");
        let of = Replicated::on(&"source".into(), &Arc::from([flow]), tasks);
        let asked = Arc::new(Mutex::new(Vec::new()));
        let noted = Arc::clone(&asked);
        let question = move |partitions: &[TopicPartition]| {
            noted.lock().unwrap().push(partitions.to_vec());
            Ok(())
        };
        let mut loops = JoinSet::new();
        let mut receiver = replicated(&mut loops, SCHEDULE, of, "offsets", question);
        tokio::task::yield_now().await;
        lists.send_modify(|reading| {
            reading.duration = Some(Duration::ZERO);
            reading.value = Some(Arc::new(list(&at)));
        });
        receiver.changed().await.unwrap();
        assert_eq!(*asked.lock().unwrap(), [vec![at]]);
    }
}
