//! Which worker speaks for the statuses.

use std::sync::Arc;
use std::time::Duration;

use super::*;
use crate::model::group::{ConnectGroup, GroupAssignment};

const NOW: Moment = Moment {
    wall: Timestamp::from_micros(0),
    monotonic: Duration::ZERO,
};

fn worker(id: &str, up: bool) -> WorkerReadings {
    let mut rest = Reading::none(id);
    rest.up = up;
    rest.value = Some(Arc::new(WorkerView {
        version: id.to_owned(),
        commit: String::new(),
        kafka_cluster_id: String::new(),
        connectors: Vec::new(),
    }));
    WorkerReadings {
        id: id.into(),
        rest,
        health: Reading::none("health"),
        jolokia: None,
    }
}

fn seen(workers: Vec<WorkerReadings>, members: &[&str], leader: &str) -> Option<String> {
    let mut group = Reading::none("group");
    group.value = Some(Arc::new(GroupView {
        group: ConnectGroup {
            members: members.len(),
            assignment: Some(GroupAssignment {
                workers: members.iter().map(|&id| id.to_owned()).collect(),
                leader: Some(leader.to_owned()),
                delay: Duration::ZERO,
            }),
        },
        withheld_until: None,
    }));
    let snapshot = Snapshot {
        workers,
        group: Some(group),
        ..Snapshot::unpolled(NOW, Duration::from_secs(15))
    };
    snapshot.authority().map(|view| view.version.clone())
}

#[test]
fn the_leader_speaks_then_another_member_then_whoever_answers() {
    let all = || vec![worker("a", true), worker("b", true), worker("c", true)];
    assert_eq!(seen(all(), &["a", "b", "c"], "b").as_deref(), Some("b"));
    assert_eq!(seen(all(), &["c"], "gone").as_deref(), Some("c"));
    assert_eq!(seen(all(), &[], "gone").as_deref(), Some("a"));
}

#[test]
fn a_leader_that_no_longer_answers_does_not_speak_while_another_does() {
    let workers = vec![worker("a", false), worker("b", true)];
    assert_eq!(seen(workers, &["a", "b"], "a").as_deref(), Some("b"));
    assert_eq!(
        seen(vec![worker("a", false)], &["a"], "a").as_deref(),
        Some("a")
    );
    assert_eq!(seen(Vec::new(), &[], "a"), None);
}
