//! Every kind of fault on the way, in a known number, and what the ledger has to tell of them: those and no others.

use std::time::Duration;

use mirrorwatch::model::canary::{CanaryView, PartitionView};

use crate::hop::{Fault, Hop};
use crate::watch::is_settled;

/// What is done to records of the first partition, and how often.
const FAULTS: [(Fault, usize); 6] = [
    (Fault::Lose, 3),
    (Fault::Duplicate, 4),
    (Fault::Corrupt, 2),
    (Fault::Misroute, 5),
    (Fault::Mangle, 6),
    (Fault::Gap, 7),
];
const REORDERED: usize = 2;
/// Records that are copied again, as after a restart from an old offset.
const REPLAYED: usize = 40;

/// Do all of it to records of a canary that flow, and wait until it is done.
pub(crate) fn inject(hop: &Hop) {
    let mut all: Vec<Fault> = FAULTS
        .into_iter()
        .flat_map(|(fault, times)| std::iter::repeat_n(fault, times))
        .collect();
    // Each comes after the sound one that follows it.
    for _ in 0..REORDERED {
        all.extend([Fault::Reorder, Fault::Gap]);
    }
    hop.inject(0, all);
    // Only what has arrived is a duplicate when it is copied again.
    hop.inject(0, vec![Fault::Gap; REPLAYED + 5]);
    hop.replay(0, REPLAYED);
    hop.inject(2, vec![Fault::Lose]);
}

/// Whether the ledger has come to a decision on all of it.
pub(crate) fn are_decided(view: &CanaryView) -> bool {
    let lost = |n: usize| view.partitions[n].lost;
    is_settled(view) && lost(0) == 10 && lost(2) == 1 && view.partitions[0].duplicates >= 44
}

/// Each kind is told in its number, and none for another.
pub(crate) fn are_told(view: &CanaryView) {
    let expected = |duplicates, reordered, lost, corrupt, misrouted, mangled| {
        [
            ("duplicates", duplicates),
            ("reordered", reordered),
            // What was corrupted or misrouted never arrives where it belongs.
            ("lost", lost),
            ("late after loss", 0),
            ("corrupt", corrupt),
            ("misrouted", misrouted),
            ("mangled", mangled),
            ("outages", 0),
        ]
    };
    let seen: Vec<_> = view.partitions.iter().map(counts).collect();
    let hit = expected(4 + 40, 2, 3 + 2 + 5, 2, 0, 6);
    let beside = expected(0, 0, 0, 0, 5, 0);
    assert_eq!(seen, [hit, beside, expected(0, 0, 1, 0, 0, 0)]);
    let replay = view.partitions[0].replay.expect("there was one");
    assert_eq!(replay.worst_records, REPLAYED as u64);
    assert!(
        replay.worst_depth >= Duration::from_millis(3_800),
        "{replay:?}"
    );
}

/// Counts of one partition, by their names.
pub(crate) fn counts(partition: &PartitionView) -> [(&'static str, u64); 8] {
    [
        ("duplicates", partition.duplicates),
        ("reordered", partition.reordered),
        ("lost", partition.lost),
        ("late after loss", partition.late_after_loss),
        ("corrupt", partition.corrupt),
        ("misrouted", partition.misrouted),
        ("mangled", partition.mangled),
        ("outages", partition.outage_count),
    ]
}
