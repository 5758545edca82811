//! Rows of topics and their records.

use mirrorwatch_lab::Deed;

use super::expect::{Expected, series};
use super::movers::{FAILING, HEALING, JOINING, MOVING, TOPIC_GONE};
use super::of_links::all_workers;
use super::peer::CONNECTOR;
use super::row::{Act, Row, Scene, row};
use super::says::{NEARLY_NONE, flow, flow_tasks, flows_again, stalled, states, task};
use super::signs;

/// The topic beside the load's that is deleted, made again and overrun.
pub(crate) const FLEETING: &str = "test-fleeting";

pub(super) fn topic_deleted() -> Row {
    row("a topic is deleted at the source, and made again")
        .stage(
            "it is deleted",
            Act::Lab(Deed::DeleteTopic {
                topic: FLEETING.to_owned(),
            }),
            signs::DONE,
            |_| {
                let gone = [
                    "mm2_replication_lag_records",
                    "mm2_source_appended_records_total",
                ];
                let gone = gone.map(|metric| series(metric, &[("topic", FLEETING)]).gone());
                gone.into()
            },
        )
        .moving(&[&TOPIC_GONE, &JOINING, &MOVING])
        .stage(
            "it is made again",
            Act::Lab(Deed::CreateTopic {
                topic: FLEETING.to_owned(),
                partitions: None,
            }),
            signs::COPIES_IT,
            |_| {
                vec![
                    series("mm2_replication_lag_records", &[("topic", FLEETING)])
                        .at_most(NEARLY_NONE),
                    series("mm2_replication_gap_records_total", &[("topic", FLEETING)]).is(0.0),
                ]
            },
        )
        .moving(&[&JOINING, &MOVING])
}

pub(super) fn overrun() -> Row {
    row("retention deletes records at the source before they are copied")
        .stage(
            "the source is stalled",
            Act::Lab(Deed::StallSource {
                workers: all_workers(),
            }),
            signs::STANDS,
            stalled,
        )
        .stage(
            "the records are deleted",
            Act::Lab(Deed::Overrun {
                topic: Some(FLEETING.to_owned()),
            }),
            signs::DONE,
            gaps,
        )
        .stage(
            "the source is mended",
            Act::Lab(Deed::MendSource {
                workers: all_workers(),
            }),
            signs::MOVES,
            |scene| {
                let mut page = gaps(scene);
                page.extend(flows_again(scene));
                page
            },
        )
        .staying(&["mm2_replication_gap_records_total"])
}

pub(super) fn too_large() -> Row {
    row("a task fails of a record that is too large for the target")
        .stage(
            "it fails",
            Act::Lab(Deed::LargeRecord {
                topic: Some(FLEETING.to_owned()),
                partition: 0,
            }),
            signs::FAILED,
            |scene| {
                vec![
                    task(CONNECTOR, &scene.failed, "failed"),
                    series(
                        "kafka_connect_connector_task_status",
                        &[
                            ("connector", CONNECTOR),
                            ("task", &scene.failed),
                            ("status", "failed"),
                        ],
                    )
                    .is(1.0),
                    flow("degraded"),
                ]
            },
        )
        .moving(&[&FAILING])
        .stage(
            "the record is deleted, the task restarted",
            Act::Lab(Deed::HealLargeRecord),
            signs::ALL_RUN,
            flows_again,
        )
        .moving(&[&HEALING, &MOVING])
        .staying(&["mm2_replication_gap_records_total"])
}

pub(super) fn idle() -> Row {
    row("a flow has no traffic")
        .stage(
            "the load pauses",
            Act::Lab(Deed::PauseLoad),
            signs::QUIET,
            |scene| {
                let mut page = states(&flow_tasks(scene), "running");
                page.push(flow("idle"));
                page
            },
        )
        .stage(
            "it goes on",
            Act::Lab(Deed::ResumeLoad),
            signs::MOVES,
            |_| vec![flow("healthy")],
        )
}

pub(super) fn gaps(scene: &Scene) -> Vec<Expected> {
    let each = scene.deleted.iter();
    each.map(|(partition, records)| {
        let labels = [("topic", FLEETING), ("partition", partition)];
        series("mm2_replication_gap_records_total", &labels).near(*records)
    })
    .collect()
}
