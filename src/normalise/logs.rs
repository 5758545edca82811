//! Where logs begin and end, as it is taken in; and what is forgotten where nobody reads them.

use std::collections::BTreeSet;

use super::look::Look;
use super::{Normaliser, fresh};
use crate::model::connect::TopicPartition;
use crate::model::snapshot::Snapshot;

impl Normaliser {
    /// Take in what was read of both sides' logs.
    pub(super) fn logs(&mut self, snapshot: &Snapshot) {
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

    /// Without the logs of its source, forget what no worker has and no task list names: a topic that is gone is in neither. A
    /// list without partitions says nothing, for a connector that is stopped has none, and its topics are there all the same.
    pub(super) fn forget(&mut self, snapshot: &Snapshot) {
        let looks: Vec<&Look> = fresh(&self.looks, snapshot).collect();
        for (index, (flow, memory)) in snapshot.flows.iter().zip(&mut self.flows).enumerate() {
            if reads_logs(snapshot, &flow.source) {
                continue;
            }
            let list = self
                .list
                .as_deref()
                .and_then(|list| list.of(&flow.connector));
            let tasks = list.into_iter().flat_map(|list| &list.tasks);
            let listed: BTreeSet<&TopicPartition> =
                tasks.flat_map(|task| &task.partitions).collect();
            let has = |look: &Look, at: &TopicPartition| {
                let seen = look.flows.get(&index);
                seen.is_some_and(|seen| seen.contains_key(at))
            };
            if !listed.is_empty() {
                memory.keep(|at| listed.contains(at) || looks.iter().any(|look| has(look, at)));
            }
        }
    }
}

/// Whether the logs of a cluster are asked for at all.
fn reads_logs(snapshot: &Snapshot, alias: &str) -> bool {
    let cluster = snapshot.cluster(alias);
    cluster.is_some_and(|cluster| cluster.offsets.is_some())
}
