//! Rows of what an operator does to the connector.

use mirrorwatch_lab::Deed;

use super::expect::series;
use super::movers::{ENDING, JOINING, MOVING};
use super::peer::CONNECTOR;
use super::row::{Act, Row, row};
use super::says::{LOAD, PILED_UP, connector, flow, flow_tasks, flows_again, states};
use super::signs;

pub(super) fn paused() -> Row {
    row("the connector is paused")
        .with_lag()
        .stage(
            "it is paused",
            Act::Lab(Deed::PauseConnector {
                connector: CONNECTOR.to_owned(),
            }),
            signs::PAUSED,
            |scene| {
                let mut page = states(&flow_tasks(scene), "paused");
                page.extend([connector("paused"), flow("stalled")]);
                page
            },
        )
        .stage("records pile up", Act::Nothing, signs::STANDS_LONG, |_| {
            let labels = [("topic", LOAD)];
            vec![series("mm2_replication_lag_records", &labels).at_least(PILED_UP)]
        })
        .stage(
            "it is resumed",
            Act::Lab(Deed::ResumeConnector {
                connector: CONNECTOR.to_owned(),
            }),
            signs::MOVES,
            |scene| {
                let mut page = flows_again(scene);
                page.push(connector("running"));
                page
            },
        )
}

pub(super) fn stopped() -> Row {
    row("the connector is stopped")
        .stage(
            "it is stopped",
            Act::Lab(Deed::StopConnector {
                connector: CONNECTOR.to_owned(),
            }),
            signs::STOPPED,
            |_| {
                vec![
                    connector("stopped"),
                    series("mm2_task_state", &[("connector", CONNECTOR)]).gone(),
                    flow("stalled"),
                ]
            },
        )
        .moving(&[&JOINING, &MOVING, &ENDING])
        .stage(
            "it is resumed",
            Act::Lab(Deed::ResumeConnector {
                connector: CONNECTOR.to_owned(),
            }),
            signs::ALL_RUN,
            |scene| {
                let mut page = flows_again(scene);
                page.push(connector("running"));
                page
            },
        )
        .moving(&[&JOINING, &MOVING])
}

pub(super) fn deleted() -> Row {
    row("the connector is deleted")
        .stage(
            "it is deleted",
            Act::Lab(Deed::DeleteConnector {
                connector: CONNECTOR.to_owned(),
            }),
            signs::DELETED,
            |scene| {
                let running = |number| {
                    let labels = [
                        ("connector", CONNECTOR),
                        ("task", number),
                        ("state", "running"),
                    ];
                    series("mm2_task_state", &labels).never(1.0)
                };
                let numbers = scene.flow_tasks.iter();
                let mut page: Vec<_> = numbers.map(|number| running(number)).collect();
                page.extend([connector("missing"), flow("stalled")]);
                page
            },
        )
        .moving(&[&JOINING, &MOVING, &ENDING])
        .stage(
            "it is created again",
            Act::Lab(Deed::CreateConnector {
                connector: CONNECTOR.to_owned(),
            }),
            signs::ALL_RUN,
            |scene| {
                let mut page = flows_again(scene);
                page.push(connector("running"));
                page
            },
        )
        .moving(&[&JOINING, &MOVING])
}
