//! One source partition over time.
#![expect(clippy::float_cmp, reason = "records are whole numbers")]

use super::*;

fn second(second: u32) -> Duration {
    Duration::from_secs(second.into())
}

fn range(start: i64, end: i64) -> LogRange {
    LogRange { start, end }
}

fn quiet(at: u32, acknowledged: f64) -> Sight {
    Sight {
        at: second(at),
        consumer_lag: Some(0.0),
        fetches: Some(at.into()),
        in_flight: Some(0.0),
        acknowledged: Some(acknowledged),
        partitions: 1,
    }
}

#[test]
fn the_lag_grows_while_nobody_copies() {
    let mut partition = Partition::default();
    partition.source(range(0, 100), second(0), true);
    partition.seen(quiet(1, 100.0));
    partition.source(range(0, 100), second(2), true);
    assert_eq!(partition.lag_records(second(5)), Some(0.0));
    assert_eq!(partition.lag_seconds(second(5)), Some(Duration::ZERO));
    partition.source(range(0, 200), second(10), false);
    partition.source(range(0, 300), second(20), false);
    assert_eq!(partition.lag_records(second(21)), Some(200.0));
    assert_eq!(partition.lag_seconds(second(21)), Some(second(19)));
    partition.committed(249);
    assert_eq!(partition.lag_records(second(21)), Some(50.0));
    assert_eq!(partition.lag_seconds(second(21)), Some(second(6)));
}

#[test]
fn the_lag_of_a_task_that_fetches_is_that_of_its_last_sight() {
    let mut partition = Partition::default();
    partition.source(range(0, 0), second(0), true);
    partition.seen(quiet(8, 80.0));
    partition.source(range(0, 100), second(10), true);
    let when = partition.told(true, second(12));
    assert_eq!(partition.lag_records(when), Some(0.0));
    assert_eq!(partition.told(false, second(12)), second(12));
    assert_eq!(partition.lag_records(second(12)), Some(20.0));
}

#[test]
fn a_sight_from_just_before_the_first_look_at_the_source_is_settled_by_that_look() {
    let mut partition = Partition::default();
    partition.seen(quiet(3, 7.0));
    assert_eq!(partition.lag_records(second(3)), None);
    partition.source(range(0, 100), second(4), true);
    let told = partition.told(true, second(4));
    assert_eq!((told, partition.lag_records(told)), (second(3), Some(0.0)));
}

#[test]
fn without_a_position_or_a_source_there_is_no_lag() {
    let mut partition = Partition::default();
    assert_eq!(partition.lag_records(second(21)), None);
    partition.source(range(0, 100), second(0), true);
    assert_eq!(
        (
            partition.lag_records(second(21)),
            partition.lag_seconds(second(1))
        ),
        (None, None)
    );
}

#[test]
fn a_lag_older_than_what_was_seen_has_no_age() {
    let mut partition = Partition::default();
    partition.source(range(0, 100), second(0), true);
    partition.committed(49);
    assert_eq!(partition.lag_records(second(21)), Some(50.0));
    assert_eq!(partition.lag_seconds(second(1)), None);
}

#[test]
fn what_a_task_has_yet_to_copy_from_before_the_first_sight_has_waited_since_then() {
    let mut partition = Partition::default();
    partition.source(range(0, 100), second(10), true);
    partition.committed(49);
    assert_eq!(
        partition.waiting(second(30)),
        None,
        "they may be markers of transactions"
    );
    partition.first_seen(quiet(11, 7.0));
    assert_eq!(partition.waiting(second(30)), Some(second(20)));
    assert_eq!(partition.lag_seconds(second(30)), None);
}

#[test]
fn a_lag_that_is_frozen_at_the_first_sight_is_not_taken_for_a_fresh_one() {
    let mut partition = Partition::default();
    let frozen = |at| Sight {
        at: second(at),
        ..quiet(1, 7.0)
    };
    partition.source(range(0, 500), second(0), true);
    partition.first_seen(frozen(1));
    partition.source(range(0, 500), second(5), true);
    assert_eq!(partition.lag_records(second(5)), None, "it is not known");
    partition.committed(99);
    partition.seen(frozen(6));
    partition.source(range(0, 500), second(10), true);
    assert_eq!(partition.lag_records(second(10)), Some(400.0));
    partition.seen(quiet(11, 407.0));
    partition.source(range(0, 500), second(15), true);
    assert_eq!(partition.lag_records(second(15)), Some(0.0), "it fetches");
}

#[test]
fn a_task_that_is_started_anew_beside_its_old_consumer_is_not_at_the_end() {
    let mut partition = Partition::default();
    partition.source(range(0, 100), second(0), true);
    partition.seen(quiet(1, 100.0));
    partition.source(range(0, 100), second(2), true);
    partition.source(range(0, 400), second(7), false);
    let anew = |at, fetches| Sight {
        at: second(at),
        fetches: Some(fetches),
        ..quiet(at, 0.0)
    };
    partition.seen(anew(8, 1.0));
    partition.source(range(0, 510), second(10), true);
    assert_eq!(
        partition.lag_records(second(10)),
        Some(410.0),
        "the old one read nothing"
    );
    partition.seen(anew(13, 20.0));
    partition.source(range(0, 510), second(15), true);
    assert_eq!(
        partition.lag_records(second(15)),
        Some(410.0),
        "the new one reads, but nothing is acknowledged"
    );
    partition.seen(Sight {
        acknowledged: Some(410.0),
        ..anew(18, 40.0)
    });
    partition.source(range(0, 510), second(20), true);
    assert_eq!(partition.lag_records(second(20)), Some(0.0), "it copies");
}

#[test]
fn records_deleted_while_nobody_copied_are_a_gap() {
    let mut partition = Partition::default();
    partition.source(range(0, 100), second(0), true);
    partition.seen(quiet(1, 100.0));
    partition.source(range(0, 100), second(2), true);
    partition.source(range(150, 200), second(10), false);
    assert_eq!(partition.gap(), 50.0);
    assert_eq!(partition.lag_records(second(21)), Some(50.0));
    partition.source(range(150, 200), second(15), false);
    assert_eq!(partition.gap(), 50.0, "it is counted once");
}

#[test]
fn a_gap_is_a_whole_number_though_the_position_lies_between_two_looks() {
    let mut partition = Partition::default();
    partition.source(range(0, 100), second(0), true);
    partition.seen(quiet(3, 100.0));
    partition.source(range(0, 133), second(10), true);
    partition.source(range(150, 200), second(20), false);
    assert_eq!(partition.gap(), 40.0);
}

#[test]
fn a_task_that_jumps_over_deleted_records_leaves_a_gap_but_not_one_that_copied_them() {
    let lagging = |at, lag, acknowledged| Sight {
        consumer_lag: Some(lag),
        ..quiet(at, acknowledged)
    };
    let overtaken = |acknowledged| {
        let mut partition = Partition::default();
        for at in [0, 5, 10, 15] {
            partition.source(range(0, 100_000), second(at), true);
        }
        partition.seen(lagging(16, 90_000.0, 10_000.0));
        partition.source(range(50_000, 100_000), second(20), true);
        partition.seen(lagging(21, 49_000.0, acknowledged));
        partition.source(range(50_000, 100_000), second(25), true);
        partition.gap()
    };
    assert_eq!(
        overtaken(11_000.0),
        40_000.0,
        "it read 1,000 records of the 41,000 that it passed"
    );
    assert_eq!(overtaken(51_000.0), 0.0, "it read all 41,000");
}

#[test]
fn a_task_that_begins_anew_behind_deleted_records_leaves_a_gap() {
    let mut partition = Partition::default();
    for at in [0, 5, 10, 15] {
        partition.source(range(0, 1_000), second(at), true);
    }
    partition.seen(Sight {
        consumer_lag: Some(400.0),
        ..quiet(16, 600.0)
    });
    partition.source(range(900, 1_000), second(20), true);
    let begun_anew = quiet(2, 100.0);
    partition.seen(Sight {
        at: second(21),
        ..begun_anew
    });
    partition.source(range(900, 1_000), second(25), true);
    assert_eq!(partition.gap(), 300.0);
}

#[test]
fn a_topic_made_anew_begins_anew() {
    let mut partition = Partition::default();
    partition.source(range(0, 1_000), second(0), true);
    partition.committed(999);
    partition.source(range(0, 10), second(5), true);
    assert_eq!(
        (partition.lag_records(second(21)), partition.gap()),
        (None, 0.0)
    );
    partition.committed(999);
    assert_eq!(
        partition.lag_records(second(21)),
        None,
        "that offset was of the old topic"
    );
    partition.committed(4);
    assert_eq!(partition.lag_records(second(21)), Some(5.0));
    assert_eq!(partition.appended().0, Some(10.0));
}

#[test]
fn headroom_is_what_lies_before_deletion_at_the_pace_of_the_source() {
    let mut partition = Partition::default();
    for at in 0..=60 {
        partition.source(range(0, i64::from(at) * 50), second(at * 5), true);
    }
    partition.committed(1_999);
    assert_eq!(partition.headroom(), Some(second(200)));
    partition.source(range(1_500, 3_050), second(305), true);
    assert_eq!(partition.headroom(), Some(second(50)));
}
