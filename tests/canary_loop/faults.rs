//! Faults on the way: each kind in a known number, and what is held up.

use std::thread;
use std::time::Duration;

use mirrorwatch::canary;

use crate::kinds;
use crate::watch::{all_flow, is_settled, stop, wait_for};
use crate::{clusters, config, hop_between};

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
    kinds::inject(&hop);
    kinds::are_told(&wait_for(&handle, kinds::are_decided));
    // What is read later must not change it.
    thread::sleep(Duration::from_secs(2));
    kinds::are_told(&wait_for(&handle, is_settled));
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
