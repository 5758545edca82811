//! One flow over time: totals and partitions of what its connector copies.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use super::flow_state::{Delivery, Evidence};
use super::look::Look;
use super::partition::Partition;
use super::totals::{Counts, Totals};
use crate::model::canary::{CanaryFlow, CanaryView};
use crate::model::connect::TopicPartition;
use crate::model::flow::Flow;
use crate::model::normalised::{FlowView, PartitionView};
use crate::model::offsets::LogOffsets;
use crate::model::task::TaskState;

/// Over what a source that did not grow is without traffic.
const QUIET: Duration = Duration::from_mins(1);

/// What is remembered of one flow.
#[derive(Debug, Default)]
pub(super) struct Memory {
    totals: Totals<TopicPartition>,
    partitions: BTreeMap<TopicPartition, Partition>,
}

impl Memory {
    /// A worker's JMX was read; it is the flow's part of it.
    pub(super) fn looked(&mut self, worker: &Arc<str>, look: &Look, flow: usize) {
        let seen = look.flows.get(&flow);
        let counts: BTreeMap<TopicPartition, Counts> = seen
            .into_iter()
            .flatten()
            .filter_map(|(at, seen)| Some((at.clone(), seen.counts?)))
            .collect();
        let is_first = !self.totals.knows(worker);
        self.totals.observe(worker, counts);
        for (at, seen) in seen.into_iter().flatten() {
            let partition = self.partition(at);
            if is_first {
                partition.first_seen(seen.sight);
            } else {
                partition.seen(seen.sight);
            }
        }
    }

    /// The source's logs were read. Of a partition that is gone nothing stays; one that could not be read is as it was.
    pub(super) fn source(
        &mut self,
        offsets: &LogOffsets,
        at: Duration,
        is_copied: impl Fn(&TopicPartition) -> bool,
    ) {
        self.keep(|partition| {
            offsets.partitions.contains_key(partition) || offsets.unread.contains(partition)
        });
        for (partition, range) in &offsets.partitions {
            let is_copied = is_copied(partition);
            self.partition(partition).source(*range, at, is_copied);
        }
        for partition in &offsets.unread {
            // It is there, though nothing is known of it yet.
            self.partition(partition);
        }
    }

    /// Forget all partitions but those that stay.
    pub(super) fn keep(&mut self, stays: impl Fn(&TopicPartition) -> bool) {
        self.partitions.retain(|partition, _| stays(partition));
        self.totals.retain(stays);
    }

    /// The target's logs were read.
    pub(super) fn target(&mut self, offsets: &LogOffsets, flow: &Flow) {
        for (remote, range) in &offsets.partitions {
            let Some(topic) = flow.source_topic(&remote.topic) else {
                continue;
            };
            let at = TopicPartition {
                topic: topic.to_owned(),
                partition: remote.partition,
            };
            if let Some(partition) = self.partitions.get_mut(&at) {
                partition.target(*range);
            }
        }
    }

    /// What MM2 has committed as copied.
    pub(super) fn committed(&mut self, offsets: &BTreeMap<TopicPartition, i64>) {
        for (at, offset) in offsets {
            if let Some(partition) = self.partitions.get_mut(at) {
                partition.committed(*offset);
            }
        }
    }

    fn partition(&mut self, at: &TopicPartition) -> &mut Partition {
        if !self.partitions.contains_key(at) {
            self.partitions.insert(at.clone(), Partition::default());
        }
        self.partitions.get_mut(at).expect("it was just inserted")
    }

    /// How long ago the oldest record was appended at least to one of these partitions that is not copied; zero if
    /// there is none, `None` if it is not known of any.
    pub(super) fn oldest(&self, partitions: &[TopicPartition], now: Duration) -> Option<Duration> {
        let ages = partitions
            .iter()
            .filter_map(|at| self.partitions.get(at)?.waiting(now));
        ages.max()
    }

    /// By how much offsets of a partition are greater at the target than at the source.
    pub(super) fn shift(&self, at: &TopicPartition) -> Option<f64> {
        self.partitions.get(at)?.shift()
    }

    /// The flow as it is told.
    pub(super) fn view(&self, flow: &Flow, known: Known<'_>, now: Duration) -> FlowView {
        let evidence = Evidence {
            source_up: known.source_up,
            target_up: known.target_up,
            canary: known.canary_flow.and_then(delivery),
            is_blind: known.canary_flow == Some(CanaryFlow::Blind),
            tasks: known.tasks,
            is_seen: !known.held.is_empty(),
            is_told: known.is_told,
            traffic: known
                .is_read
                .source
                .then(|| self.traffic(known.canary))
                .flatten(),
        };
        FlowView {
            source: flow.source.clone(),
            target: flow.target.clone(),
            state: evidence.state(),
            partitions: self
                .partitions
                .iter()
                .map(|(at, memory)| {
                    let when = memory.told(known.held.contains_key(at), now);
                    let view = self.partition_view(at, memory, when);
                    as_far_as_read(view, known.is_read.source, known.is_read.target)
                })
                .collect(),
            doubled: known
                .has_jmx
                .then(|| known.held.values().filter(|workers| **workers > 1).count()),
            translations: Vec::new(),
        }
    }

    /// Whether the source's topics grew lately, the canary's apart: that one always does.
    fn traffic(&self, canary: Option<&CanaryView>) -> Option<bool> {
        let of_the_canary = |topic: &str| canary.is_some_and(|canary| canary.topic == topic);
        let paces = self
            .partitions
            .iter()
            .filter(|(at, _)| !of_the_canary(&at.topic))
            .filter_map(|(_, partition)| partition.ends.pace(QUIET));
        paces.map(|pace| pace > 0.0).reduce(|any, grew| any || grew)
    }

    fn partition_view(
        &self,
        at: &TopicPartition,
        memory: &Partition,
        when: Duration,
    ) -> PartitionView {
        let totals = self.totals.of(at);
        let (source_appended, target_appended) = memory.appended();
        PartitionView {
            at: at.clone(),
            records: totals.map(|totals| totals.records),
            bytes: totals.map(|totals| totals.bytes),
            lag_records: memory.lag_records(when),
            lag_seconds: memory.lag_seconds(when),
            gap_records: memory.gap(),
            headroom: memory.headroom(),
            source_appended,
            target_appended,
        }
    }
}

/// The view without what needs a log that is not read: what was seen last says nothing of now.
fn as_far_as_read(view: PartitionView, source: bool, target: bool) -> PartitionView {
    PartitionView {
        lag_records: view.lag_records.filter(|_| source),
        lag_seconds: view.lag_seconds.filter(|_| source),
        headroom: view.headroom.filter(|_| source),
        source_appended: view.source_appended.filter(|_| source),
        target_appended: view.target_appended.filter(|_| target),
        ..view
    }
}

#[test]
fn without_a_reading_of_its_log_nothing_is_said_of_a_cluster_and_totals_go_on_where_they_were() {
    use crate::model::offsets::LogRange;
    let second = Duration::from_secs;
    let at = TopicPartition {
        topic: "orders".to_owned(),
        partition: 0,
    };
    let mut memory = Memory::default();
    let mut read = |end, when| {
        let range = LogRange { start: 0, end };
        let offsets = LogOffsets {
            partitions: [(at.clone(), range)].into(),
            ..LogOffsets::default()
        };
        memory.source(&offsets, second(when), |_| true);
        memory.committed(&[(at.clone(), 99)].into());
        let partition = &memory.partitions[&at];
        memory.partition_view(&at, partition, second(when))
    };
    read(100, 0);
    let before = read(130, 5);
    assert_eq!(
        (before.lag_records, before.source_appended),
        (Some(30.0), Some(30.0))
    );
    let unread = as_far_as_read(before.clone(), false, true);
    let said = (unread.lag_records, unread.lag_seconds, unread.headroom);
    assert_eq!(said, (None, None, None));
    assert_eq!(unread.source_appended, None);
    assert_eq!(unread.records, before.records);
    let again = as_far_as_read(read(150, 60), true, true);
    assert_eq!(again.source_appended, Some(50.0));
}

/// Whether the logs of each side were read within the time to live.
#[derive(Clone, Copy)]
pub(super) struct IsRead {
    pub(super) source: bool,
    pub(super) target: bool,
}

/// What is known of a flow besides what it copies.
pub(super) struct Known<'a> {
    pub(super) source_up: Option<bool>,
    pub(super) target_up: Option<bool>,
    pub(super) is_read: IsRead,
    pub(super) canary: Option<&'a CanaryView>,
    /// What becomes of its records.
    pub(super) canary_flow: Option<CanaryFlow>,
    pub(super) tasks: Vec<TaskState>,
    pub(super) is_told: bool,
    /// Partitions that a worker has whose JMX answered the last poll, and how many of them have it.
    pub(super) held: BTreeMap<&'a TopicPartition, usize>,
    /// Whether there is such a worker.
    pub(super) has_jmx: bool,
}

/// What becomes of the canary's records; `None` while it does not see, or before its first arrival.
pub(super) fn delivery(flow: CanaryFlow) -> Option<Delivery> {
    match flow {
        CanaryFlow::Blind | CanaryFlow::NothingArrived => None,
        CanaryFlow::Told {
            flowing,
            interrupted,
        } => Some(Delivery {
            flowing,
            interrupted,
        }),
    }
}

#[test]
fn a_partition_that_could_not_be_read_keeps_what_was_counted_and_one_that_is_gone_does_not() {
    use crate::model::offsets::LogRange;
    let at = |partition| TopicPartition {
        topic: "test-orders".to_owned(),
        partition,
    };
    let mut memory = Memory::default();
    let range = LogRange { start: 0, end: 9 };
    let all = LogOffsets {
        partitions: (0..3).map(|partition| (at(partition), range)).collect(),
        ..LogOffsets::default()
    };
    memory.source(&all, Duration::ZERO, |_| true);
    let counts: BTreeMap<_, _> = (0..3)
        .map(|partition| (at(partition), Counts::default()))
        .collect();
    memory.totals.observe(&Arc::from("a"), counts);
    let in_a_fault = LogOffsets {
        partitions: [(at(0), range)].into(),
        unread: [at(1)].into(),
    };
    memory.source(&in_a_fault, Duration::from_secs(5), |_| true);
    let kept: Vec<_> = memory.partitions.keys().cloned().collect();
    assert_eq!(kept, [at(0), at(1)]);
    assert!(memory.totals.of(&at(1)).is_some() && memory.totals.of(&at(2)).is_none());
}
