//! What a page says, in the words of the table.

use super::expect::{Expected, series};
use super::peer::CONNECTOR;
use super::row::Scene;

/// The load's topic.
pub(super) const LOAD: &str = "test-orders";

/// Records that each partition of the source grows by in two polls, and as many again.
pub(super) const NEARLY_NONE: f64 = 160.0;

/// Records that each partition of the load grows by in three polls.
pub(super) const PILED_UP: f64 = 120.0;

pub(super) fn flow(state: &str) -> Expected {
    let labels = [("source", "source"), ("target", "target"), ("state", state)];
    series("mm2_flow_state", &labels).is(1.0)
}

pub(super) fn connector(state: &str) -> Expected {
    let labels = [("connector", CONNECTOR), ("state", state)];
    series("mm2_connector_state", &labels).is(1.0)
}

pub(super) fn task(connector: &str, number: &str, state: &str) -> Expected {
    let labels = [("connector", connector), ("task", number), ("state", state)];
    series("mm2_task_state", &labels).is(1.0)
}

pub(super) fn states(tasks: &[(String, String)], state: &str) -> Vec<Expected> {
    let each = tasks.iter();
    each.map(|(connector, number)| task(connector, number, state))
        .collect()
}

pub(super) fn flow_tasks(scene: &Scene) -> Vec<(String, String)> {
    let numbers = scene.flow_tasks.iter();
    numbers
        .map(|number| (CONNECTOR.to_owned(), number.clone()))
        .collect()
}

pub(super) fn workers_of(tasks: &[(String, String)], workers: f64) -> Vec<Expected> {
    let each = tasks.iter();
    each.map(|(connector, number)| {
        series(
            "mm2_task_workers",
            &[("connector", connector), ("task", number)],
        )
        .is(workers)
    })
    .collect()
}

/// A worker that does not answer, though its tasks are said to run.
pub(super) fn dead(scene: &Scene) -> Vec<Expected> {
    let up =
        |endpoint: String| series("mm2_exporter_endpoint_up", &[("endpoint", &endpoint)]).is(0.0);
    let mut page = states(&scene.tasks, "running_on_dead_worker");
    page.extend([
        series("mm2_worker_up", &[("worker", &scene.victim)]).is(0.0),
        up(format!("rest:{}", scene.victim)),
        up(format!("jolokia:{}", scene.victim)),
    ]);
    page
}

pub(super) fn back(scene: &Scene) -> Vec<Expected> {
    let up =
        |endpoint: String| series("mm2_exporter_endpoint_up", &[("endpoint", &endpoint)]).is(1.0);
    vec![
        series("mm2_worker_up", &[("worker", &scene.victim)]).is(1.0),
        up(format!("rest:{}", scene.victim)),
        up(format!("jolokia:{}", scene.victim)),
        series("mm2_connect_group_members", &[]).is(f64::from(scene.workers)),
    ]
}

/// Nothing is copied, though everything is said to run.
pub(super) fn stalled(scene: &Scene) -> Vec<Expected> {
    let mut page = states(&flow_tasks(scene), "stalled");
    page.extend(said_running(scene));
    page.push(flow("stalled"));
    page
}

/// What Connect itself says all the while.
pub(super) fn said_running(scene: &Scene) -> Vec<Expected> {
    let numbers = scene.flow_tasks.iter();
    numbers
        .map(|number| {
            let labels = [
                ("connector", CONNECTOR),
                ("task", number),
                ("status", "running"),
            ];
            series("kafka_connect_connector_task_status", &labels).is(1.0)
        })
        .collect()
}

/// The workers have given their tasks up, though Connect goes on to say that they run.
pub(super) fn given_up(scene: &Scene, state: &str, members: Expected) -> Vec<Expected> {
    let mut page = states(&scene.all_tasks, "missing");
    page.extend(workers_of(&scene.all_tasks, 0.0));
    page.extend(said_running(scene));
    page.extend([flow(state), members]);
    page
}

/// These tasks run, and what they copy has caught up.
pub(super) fn copied_again(tasks: &[(String, String)]) -> Vec<Expected> {
    let mut page = states(tasks, "running");
    page.extend(workers_of(tasks, 1.0));
    page.extend([
        flow("healthy"),
        series("mm2_replication_lag_records", &[]).at_most(NEARLY_NONE),
    ]);
    page
}

pub(super) fn flows_again(scene: &Scene) -> Vec<Expected> {
    copied_again(&scene.all_tasks)
}

/// The same, and every worker is in the group.
pub(super) fn together_again(scene: &Scene) -> Vec<Expected> {
    let mut page = flows_again(scene);
    page.push(series("mm2_connect_group_members", &[]).is(f64::from(scene.workers)));
    page
}
