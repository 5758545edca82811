//! Rows of a cluster whose broker stops, and comes back with what it held.

use mirrorwatch_lab::Deed;

use super::expect::{Expected, series};
use super::movers::{
    AWAY, COMING, JOINING, MOVING, NO_GROUPS, SOURCE_BACK, SOURCE_UNREAD, TARGET_BACK, TARGET_BUSY,
    TARGET_UNREAD,
};
use super::row::{Act, Row, row};
use super::says::{copied_again, flow, flow_tasks, given_up, together_again};
use super::signs;

/// What is read of the source, and of the target, by its endpoints.
const OF_SOURCE: [&str; 2] = ["cluster:source", "offsets:source"];
const OF_TARGET: [&str; 7] = [
    "cluster:target",
    "offsets:target",
    "group:connect-lab",
    "status_topic",
    "checkpoints:source:target",
    "heartbeats:heartbeats:source:target",
    "heartbeats:source.heartbeats:source:target",
];

pub(super) fn source_down() -> Row {
    row("the source cluster's broker stops")
        .stage(
            "it is stopped",
            Act::Lab(Deed::StopBroker {
                broker: "source".to_owned(),
            }),
            signs::SOURCE_CLOSED,
            |_| down("source", "source_down"),
        )
        .moving(&[&SOURCE_UNREAD, &NO_GROUPS, &JOINING, &MOVING])
        .stage(
            "it is started again",
            Act::Lab(Deed::StartBroker {
                broker: "source".to_owned(),
            }),
            signs::ANSWERS,
            |_| up("source", &OF_SOURCE),
        )
        .moving(&[&SOURCE_BACK, &NO_GROUPS, &JOINING, &MOVING])
        .stage(
            "its records are copied again",
            Act::Nothing,
            // MM2 does not see the consumer groups at once, and its checkpoint connector has no task until it does: the group is dealt anew.
            signs::MOVES_AT_REST,
            |scene| copied_again(&flow_tasks(scene)),
        )
        .moving(&[&SOURCE_BACK, &NO_GROUPS, &JOINING, &MOVING])
}

pub(super) fn target_down() -> Row {
    row("the target cluster's broker stops, where Connect's own group and topics live, too")
        .with_lag()
        .stage(
            "it is stopped",
            Act::Lab(Deed::StopBroker {
                broker: "target".to_owned(),
            }),
            signs::TARGET_CLOSED,
            |_| down("target", "target_down"),
        )
        .moving(&[&TARGET_UNREAD, &AWAY])
        .stage(
            "the workers give up their tasks",
            Act::Nothing,
            signs::NO_BEANS,
            |scene| {
                let members = series("mm2_connect_group_members", &[]).gone();
                given_up(scene, "target_down", members)
            },
        )
        .moving(&[&TARGET_UNREAD, &AWAY])
        .stage(
            "it is started again",
            Act::Lab(Deed::StartBroker {
                broker: "target".to_owned(),
            }),
            signs::ANSWERS,
            |_| up("target", &OF_TARGET),
        )
        .moving(&[&TARGET_BACK, &JOINING, &MOVING, &COMING])
        .stage(
            "the tasks run again",
            Act::Nothing,
            signs::ALL_ARE_THERE,
            together_again,
        )
        .moving(&[&TARGET_BUSY, &JOINING, &MOVING, &COMING])
}

fn down(alias: &str, state: &str) -> Vec<Expected> {
    vec![
        series("mm2_cluster_up", &[("alias", alias)]).is(0.0),
        flow(state),
        series("mm2_canary_problem", &[]).is(1.0),
    ]
}

fn up(alias: &str, endpoints: &[&str]) -> Vec<Expected> {
    let endpoints = endpoints.iter();
    let mut page: Vec<_> = endpoints
        .map(|endpoint| series("mm2_exporter_endpoint_up", &[("endpoint", endpoint)]).is(1.0))
        .collect();
    page.extend([
        series("mm2_cluster_up", &[("alias", alias)]).is(1.0),
        series("mm2_canary_problem", &[]).is(0.0),
    ]);
    page
}
