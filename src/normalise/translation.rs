//! What a consumer group would read again if it went over to the target now.

use crate::model::checkpoint::{Checkpoint, Checkpoints};
use crate::model::connect::TopicPartition;
use crate::model::flow::Flow;
use crate::model::normalised::TranslationView;
use crate::model::offsets::{GroupOffsets, real};

/// For each group and partition of the flow that has a checkpoint: how far the group has gone on since, and how exact
/// the checkpoint is. `shift` is by how much offsets are greater at the target than at the source.
pub(super) fn translations(
    flow: &Flow,
    checkpoints: &Checkpoints,
    at_the_source: &GroupOffsets,
    shift: impl Fn(&TopicPartition) -> Option<f64>,
) -> Vec<TranslationView> {
    let mut views = Vec::new();
    for (group, partitions) in &checkpoints.groups {
        let Some(committed) = at_the_source.groups.get(group) else {
            continue;
        };
        for (remote, checkpoint) in partitions {
            let at = flow
                .source_topic(&remote.topic)
                .map(|topic| TopicPartition {
                    topic: topic.to_owned(),
                    partition: remote.partition,
                });
            let Some((at, offset)) = at.and_then(|at| Some((at.clone(), *committed.get(&at)?)))
            else {
                continue;
            };
            views.push(TranslationView {
                group: group.clone(),
                distance: shift(&at).map(|shift| distance(checkpoint, shift)),
                at,
                behind: (offset - checkpoint.upstream).max(0),
            });
        }
    }
    views
}

/// Records at the target between where a checkpoint leads and where the group stood when it was written.
fn distance(checkpoint: &Checkpoint, shift: f64) -> f64 {
    let stood = real(checkpoint.upstream) + shift;
    (stood - real(checkpoint.downstream)).round().max(0.0)
}

#[test]
fn a_group_reads_again_what_it_has_read_since_its_checkpoint() {
    let flow = Flow {
        source: "s".to_owned(),
        target: "t".to_owned(),
        connector: "c".to_owned(),
        policy: crate::model::flow::ReplicationPolicy::default(),
    };
    let at = |topic: &str| TopicPartition {
        topic: topic.to_owned(),
        partition: 0,
    };
    let checkpoint = Checkpoint {
        upstream: 100,
        downstream: 90,
        written: None,
    };
    let mut checkpoints = Checkpoints::default();
    checkpoints.groups.insert(
        "g".to_owned(),
        [(at("s.orders"), checkpoint), (at("s.other"), checkpoint)].into(),
    );
    checkpoints
        .groups
        .insert("unread".to_owned(), [(at("s.orders"), checkpoint)].into());
    let mut groups = GroupOffsets::default();
    groups
        .groups
        .insert("g".to_owned(), [(at("orders"), 130)].into());
    let view = TranslationView {
        group: "g".to_owned(),
        at: at("orders"),
        behind: 30,
        distance: Some(7.0),
    };
    assert_eq!(
        translations(&flow, &checkpoints, &groups, |_| Some(-3.0)),
        [view]
    );
}
