//! Rows of a cluster whose broker stops, and comes back with what it held.

use mirrorwatch_lab::Deed;

use super::expect::{Expected, series};
use super::movers::{
    AWAY, COMING, JOINING, MOVING, NO_GROUPS, REBALANCE, SOURCE_BACK, SOURCE_UNREAD, TARGET_BACK,
    TARGET_UNREAD,
};
use super::row::{Act, Row, Scene, row};
use super::says::{NEARLY_NONE, flow, flow_tasks, flows_again, said_running, states, workers_of};
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
            signs::MOVES,
            |scene| {
                let tasks = flow_tasks(scene);
                let mut page = states(&tasks, "running");
                page.extend(workers_of(&tasks, 1.0));
                page.extend([
                    flow("healthy"),
                    series("mm2_replication_lag_records", &[]).at_most(NEARLY_NONE),
                ]);
                page
            },
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
            given_up,
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
            |scene| {
                let mut page = flows_again(scene);
                page.push(series("mm2_connect_group_members", &[]).is(f64::from(scene.workers)));
                page
            },
        )
        .moving(REBALANCE)
}

fn given_up(scene: &Scene) -> Vec<Expected> {
    let mut page = states(&scene.all_tasks, "missing");
    page.extend(workers_of(&scene.all_tasks, 0.0));
    page.extend(said_running(scene));
    page.extend([
        flow("target_down"),
        series("mm2_connect_group_members", &[]).gone(),
    ]);
    page
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
