//! Rows of links that are cut between the workers and a cluster.

use mirrorwatch_lab::Deed;

use super::expect::series;
use super::movers::{AWAY, REBALANCE};
use super::row::{Act, Row, row};
use super::says::{flows_again, given_up, stalled, together_again};
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
                let members = series("mm2_connect_group_members", &[]).is(0.0);
                given_up(scene, "stalled", members)
            },
        )
        .moving(&[&AWAY])
        .stage(
            "the links are mended",
            Act::Lab(Deed::MendTarget {
                workers: all_workers(),
            }),
            signs::ALL_ARE_THERE,
            together_again,
        )
        .moving(REBALANCE)
}

pub(super) fn all_workers() -> String {
    "all".to_owned()
}
