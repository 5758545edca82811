//! Each kind of fault on the way, in a known number: reported exactly, and no other.

use std::thread;
use std::time::Duration;

use mirrorwatch::canary;
use mirrorwatch::model::canary::{CanaryView, PartitionView};

use crate::hop::Fault;
use crate::{all_flow, clusters, config, hop_between, stop, wait_for};

/// Counts of one partition, by their names.
fn counts(partition: &PartitionView) -> [(&'static str, u64); 8] {
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

/// All that was sent has become something.
fn is_settled(view: &CanaryView) -> bool {
    view.partitions
        .iter()
        .all(|p| p.overtaken == 0 && p.undelivered <= 3)
}

#[test]
fn each_kind_of_fault_is_reported_in_its_number_and_none_for_another() {
    let (source, target) = clusters(true);
    let hop = hop_between(&source, &target);
    let mut config = config(&source, &target);
    config.loss_grace = Duration::from_secs(1);
    // On a starved machine a gap of seconds is no fault of the hop.
    config.outage_threshold = Duration::from_mins(1);
    let handle = canary::start(config).expect("a mock is at hand");
    wait_for(&handle, all_flow);
    let faults = [
        (Fault::Lose, 3),
        (Fault::Duplicate, 4),
        (Fault::Corrupt, 2),
        (Fault::Misroute, 5),
        (Fault::Mangle, 6),
        (Fault::Gap, 7),
    ];
    let mut all: Vec<Fault> = faults
        .into_iter()
        .flat_map(|(fault, times)| std::iter::repeat_n(fault, times))
        .collect();
    // Each comes after the sound one that follows it.
    for _ in 0..2 {
        all.extend([Fault::Reorder, Fault::Gap]);
    }
    hop.inject(0, all);
    // Only what has arrived is a duplicate when it is copied again.
    hop.inject(0, vec![Fault::Gap; 45]);
    hop.replay(0, 40);
    hop.inject(2, vec![Fault::Lose]);
    let view = wait_for(&handle, |view| {
        let lost = |n: usize| view.partitions[n].lost;
        is_settled(view) && lost(0) == 10 && lost(2) == 1 && view.partitions[0].duplicates >= 44
    });
    // What is read later must not change it.
    thread::sleep(Duration::from_secs(2));
    let later = wait_for(&handle, is_settled);
    for view in [view, later] {
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
        assert_eq!(replay.worst_records, 40);
        assert!(
            replay.worst_depth >= Duration::from_millis(3_800),
            "{replay:?}"
        );
    }
    stop(handle);
    drop(hop);
}

#[test]
fn what_is_held_up_longer_than_the_grace_is_late_and_not_lost() {
    let (source, target) = clusters(true);
    let hop = hop_between(&source, &target);
    let mut config = config(&source, &target);
    config.loss_grace = Duration::from_millis(500);
    let handle = canary::start(config).expect("a mock is at hand");
    wait_for(&handle, all_flow);
    hop.pause();
    thread::sleep(Duration::from_secs(3));
    hop.resume();
    let view = wait_for(&handle, |view| {
        view.partitions.iter().all(|p| p.outage_count == 1) && is_settled(view)
    });
    for partition in &view.partitions {
        assert_eq!(
            (partition.lost, partition.reordered),
            (0, 0),
            "{partition:?}"
        );
        assert_eq!((partition.duplicates, partition.overtaken), (0, 0));
    }
    let beyond = view.latency.buckets.iter().find(|(edge, _)| *edge >= 1.0);
    let within = beyond.expect("there is such an edge").1;
    assert!(
        view.latency.count - within >= 30,
        "the late ones are in the histogram"
    );
    stop(handle);
    drop(hop);
}
