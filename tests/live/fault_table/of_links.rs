//! Rows of links that are cut between the workers and a cluster.

use mirrorwatch_lab::Deed;

use super::expect::series;
use super::movers::{AWAY, REBALANCE};
use super::row::{Act, Row, row};
use super::says::{flow, flows_again, said_running, stalled, states, workers_of};
use super::signs;

pub(super) fn source_stalled() -> Row {
    let deed = Deed::StallSource {
        workers: all_workers(),
    };
    source_cut("the workers' links to the source are stalled", deed)
}

pub(super) fn source_dropped() -> Row {
    let deed = Deed::DropSource {
        workers: all_workers(),
    };
    source_cut("the workers' packets to the source are dropped", deed)
}

pub(super) fn source_cut(fault: &'static str, deed: Deed) -> Row {
    row(fault)
        .with_lag()
        .stage(
            "nothing comes through",
            Act::Lab(deed),
            signs::STANDS,
            stalled,
        )
        .stage(
            "the links are mended",
            Act::Lab(Deed::MendSource {
                workers: all_workers(),
            }),
            signs::MOVES,
            flows_again,
        )
}

pub(super) fn target_stalled() -> Row {
    let deed = Deed::StallTarget {
        workers: all_workers(),
    };
    target_cut(
        "the workers' links to the target are stalled, where Connect's own group lives, too",
        deed,
    )
}

pub(super) fn target_dropped() -> Row {
    let deed = Deed::DropTarget {
        workers: all_workers(),
    };
    target_cut(
        "the workers' packets to the target are dropped, where Connect's own group lives, too",
        deed,
    )
}

pub(super) fn target_cut(fault: &'static str, deed: Deed) -> Row {
    row(fault)
        .with_lag()
        .stage(
            "nothing comes through",
            Act::Lab(deed),
            signs::STANDS,
            stalled,
        )
        .moving(&[&AWAY])
        .stage(
            "the workers give up their tasks",
            Act::Nothing,
            signs::NO_BEANS,
            |scene| {
                let mut page = states(&scene.all_tasks, "missing");
                page.extend(workers_of(&scene.all_tasks, 0.0));
                page.extend(said_running(scene));
                page.extend([
                    flow("stalled"),
                    series("mm2_connect_group_members", &[]).is(0.0),
                ]);
                page
            },
        )
        .moving(&[&AWAY])
        .stage(
            "the links are mended",
            Act::Lab(Deed::MendTarget {
                workers: all_workers(),
            }),
            signs::ALL_ARE_THERE,
            |scene| {
                let mut page = flows_again(scene);
                page.push(series("mm2_connect_group_members", &[]).is(f64::from(scene.workers)));
                page
            },
        )
        .moving(REBALANCE)
}

pub(super) fn all_workers() -> String {
    "all".to_owned()
}
