//! What is known of a flow besides what it copies: clusters, canary, tasks, consumer groups.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{Normaliser, flow, translation};
use crate::model::canary::CanaryView;
use crate::model::connect::TopicPartition;
use crate::model::flow::Flow;
use crate::model::normalised::{TaskView, TranslationView};
use crate::model::snapshot::{Snapshot, WorkerReadings};

impl Normaliser {
    /// What is known of a flow besides what it copies.
    pub(super) fn known<'a>(
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
        let held = self.held(index, snapshot);
        flow::Known {
            source_up: snapshot.reaches(&flow.source),
            target_up: snapshot.reaches(&flow.target),
            is_read: flow::IsRead {
                source: is_read(snapshot, &flow.source),
                target: is_read(snapshot, &flow.target),
            },
            canary: canary.map(|canary| &**canary),
            canary_flow: canary.map(|canary| snapshot.canary_flow(canary)),
            tasks: tasks
                .iter()
                .filter(|task| task.connector == flow.connector)
                .map(|task| task.state)
                .collect(),
            is_told: snapshot.authority().is_some(),
            has_jmx: held.is_some(),
            held: held.unwrap_or_default(),
        }
    }

    /// The partitions of a flow that the workers have whose JMX answered the last poll, and how many have each; `None` if there is
    /// no such worker.
    fn held(&self, index: usize, snapshot: &Snapshot) -> Option<BTreeMap<&TopicPartition, usize>> {
        let answers =
            |worker: &&WorkerReadings| worker.jolokia.as_ref().is_some_and(|jolokia| jolokia.up);
        let workers = snapshot.workers.iter().filter(answers);
        let mut held = None;
        for look in workers.filter_map(|worker| self.looks.get(&worker.id)) {
            let held = held.get_or_insert_with(BTreeMap::new);
            for partition in look.flows.get(&index).into_iter().flat_map(BTreeMap::keys) {
                *held.entry(partition).or_default() += 1;
            }
        }
        held
    }
}

/// Whether the logs of a cluster were read within the time to live.
fn is_read(snapshot: &Snapshot, alias: &str) -> bool {
    snapshot
        .cluster(alias)
        .and_then(|cluster| cluster.offsets.as_ref())
        .is_some_and(|offsets| offsets.value.is_some())
}

/// What consumer groups of a flow would read again after a failover.
pub(super) fn translations(
    index: usize,
    flow: &Flow,
    memory: &flow::Memory,
    snapshot: &Snapshot,
) -> Vec<TranslationView> {
    let checkpoints = snapshot
        .written
        .get(&index)
        .and_then(|written| written.checkpoints.value.as_deref());
    let source = snapshot.cluster(&flow.source);
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
