#![expect(clippy::float_cmp, reason = "records are whole numbers")]

use super::*;

fn second(second: u32) -> Duration {
    Duration::from_secs(second.into())
}

fn ends(sights: &[(u32, i64)]) -> History {
    let mut history = History::default();
    for &(at, offset) in sights {
        history.note(offset, second(at));
    }
    history
}

fn sight(at: u32, lag: f64, in_flight: f64, acknowledged: f64) -> Sight {
    Sight {
        at: second(at),
        consumer_lag: Some(lag),
        fetches: Some(at.into()),
        in_flight: Some(in_flight),
        acknowledged: Some(acknowledged),
        partitions: 2,
    }
}

fn acknowledged(position: Option<Position>) -> f64 {
    position.expect("it is known").acknowledged
}

#[test]
fn a_quiet_task_stands_where_its_consumer_stands() {
    let ends = ends(&[(0, 100), (10, 100)]);
    assert_eq!(
        acknowledged(Position::seen(None, sight(5, 0.0, 0.0, 7.0), &ends)),
        100.0
    );
    assert_eq!(
        acknowledged(Position::seen(None, sight(5, 30.0, 0.0, 7.0), &ends)),
        70.0
    );
}

#[test]
fn before_there_is_a_count_to_go_by_each_partition_has_its_share_of_what_is_in_flight() {
    let ends = ends(&[(0, 100), (10, 100)]);
    assert_eq!(
        acknowledged(Position::seen(None, sight(5, 0.0, 20.0, 7.0), &ends)),
        90.0
    );
}

#[test]
fn a_stalled_target_shows_in_the_count_of_each_partition() {
    let ends = ends(&[(0, 100), (5, 100), (10, 200)]);
    let quiet = Position::seen(None, sight(5, 0.0, 0.0, 1_000.0), &ends);
    let stalled = Position::seen(quiet, sight(10, 0.0, 150.0, 1_040.0), &ends);
    assert_eq!(acknowledged(stalled), 140.0);
    // The count cannot say more than the consumer has read, nor less than what is in flight.
    let ahead = Position::seen(quiet, sight(10, 0.0, 150.0, 1_999.0), &ends);
    assert_eq!(acknowledged(ahead), 200.0);
    let behind = Position::seen(quiet, sight(10, 0.0, 30.0, 1_000.0), &ends);
    assert_eq!(acknowledged(behind), 170.0);
}

#[test]
fn a_frozen_lag_is_not_taken_for_a_fresh_one() {
    let ends = ends(&[(0, 100), (5, 100), (10, 300)]);
    let moving = Position::seen(None, sight(5, 0.0, 10.0, 40.0), &ends);
    let frozen = Sight {
        at: second(10),
        in_flight: Some(0.0),
        acknowledged: Some(45.0),
        ..sight(5, 0.0, 0.0, 0.0)
    };
    let position = Position::seen(moving, frozen, &ends);
    assert_eq!(
        acknowledged(position),
        100.0,
        "what was in flight has arrived"
    );
    assert!(position.unwrap().is_frozen());
}

#[test]
fn a_lag_from_before_the_cut_is_corrected_by_the_count() {
    let ends = ends(&[(0, 100), (5, 100), (15, 200)]);
    let quiet = Position::seen(None, sight(5, 0.0, 0.0, 1_000.0), &ends);
    // The source was cut at 7 s: the lag is as of then, and the source has grown by 30 since.
    let cut = Position::seen(quiet, sight(10, 0.0, 0.0, 1_020.0), &ends);
    assert_eq!(acknowledged(cut), 150.0);
    let frozen = Sight {
        at: second(15),
        ..sight(10, 0.0, 0.0, 1_020.0)
    };
    assert_eq!(acknowledged(Position::seen(cut, frozen, &ends)), 120.0);
}

#[test]
fn a_task_that_is_being_stopped_has_not_copied_what_it_had_in_flight() {
    let ends = ends(&[(0, 100), (5, 100), (20, 400)]);
    let quiet = Position::seen(None, sight(5, 0.0, 0.0, 1_000.0), &ends);
    let stalled = Position::seen(quiet, sight(10, 0.0, 100.0, 1_000.0), &ends);
    let stopping = |at, fetches| Sight {
        at: second(at),
        in_flight: None,
        ..sight(fetches, 0.0, 0.0, 1_000.0)
    };
    let standing = Position::seen(stalled, stopping(15, 10), &ends);
    assert_eq!(acknowledged(standing), 100.0);
    let fetching = Position::seen(stalled, stopping(15, 15), &ends);
    assert_eq!(acknowledged(fetching), 100.0);
    assert_eq!(
        Position::seen(None, stopping(15, 15), &ends),
        None,
        "what was in flight is not known"
    );
}

#[test]
fn a_task_that_begins_anew_does_not_take_back_what_was_acknowledged() {
    let ends = ends(&[(0, 100), (10, 100)]);
    let before = Position::seen(None, sight(5, 0.0, 0.0, 1_000.0), &ends);
    let no_fetch_yet = Sight {
        consumer_lag: None,
        fetches: Some(0.0),
        ..sight(6, 0.0, 0.0, 0.0)
    };
    let begun = Position::seen(before, no_fetch_yet, &ends);
    assert_eq!(acknowledged(begun), 100.0);
    let replaying = Position::seen(begun, sight(7, 60.0, 0.0, 3.0), &ends);
    assert_eq!(acknowledged(replaying), 100.0);
}

#[test]
fn a_log_that_was_made_anew_is_not_measured_by_the_old_position() {
    let mut log = ends(&[(0, 5_000), (5, 5_000)]);
    let before = Position::seen(None, sight(5, 0.0, 0.0, 1_000.0), &log);
    log.note(40, second(10));
    let after = Position::seen(before, sight(11, 10.0, 0.0, 1_001.0), &log);
    assert!(acknowledged(after) <= 40.0);
}

#[test]
fn a_committed_offset_is_the_last_record_that_was_acknowledged() {
    assert_eq!(Position::committed(41).acknowledged, 42.0);
}

#[test]
fn what_is_deleted_before_it_was_read_is_a_gap_and_is_counted_once() {
    let position = Position::committed(99);
    assert_eq!(position.overtaken(100), (0.0, position));
    let (missed, behind) = position.overtaken(130);
    assert_eq!((missed, behind.acknowledged), (30.0, 130.0));
    assert_eq!(behind.overtaken(130).0, 0.0);
}

#[test]
fn what_was_read_is_no_gap_while_its_task_holds_it() {
    let ends = ends(&[(0, 100), (5, 100), (10, 200)]);
    let quiet = Position::seen(None, sight(5, 0.0, 0.0, 1_000.0), &ends);
    let in_flight = Position::seen(quiet, sight(10, 0.0, 100.0, 1_000.0), &ends).unwrap();
    assert_eq!(in_flight.overtaken(150).0, 0.0);
    assert_eq!(in_flight.left().overtaken(150).0, 50.0);
}

#[test]
fn without_a_look_at_the_source_nothing_is_known() {
    assert_eq!(
        Position::seen(None, sight(5, 0.0, 0.0, 7.0), &History::default()),
        None
    );
}

#[test]
fn a_task_that_begins_anew_is_not_where_the_lag_of_its_life_before_says() {
    let ends = ends(&[(0, 100), (5, 100), (30, 600)]);
    let cut = Position::seen(None, sight(5, 0.0, 0.0, 1_000.0), &ends);
    // The new life has polled 500 records, none of this partition: its lag is that of the consumer before, and nothing comes through.
    let polled = |at, fetches| Sight {
        at: second(at),
        partitions: 11,
        ..sight(fetches, 0.0, 500.0, 0.0)
    };
    let begun = Position::seen(cut, polled(26, 1), &ends);
    assert_eq!(acknowledged(begun), 100.0);
    let blocked = Position::seen(begun, polled(28, 1), &ends);
    assert_eq!(acknowledged(blocked), 100.0);
    // Those of other partitions are acknowledged before the first of this.
    let of_others = Position::seen(blocked, sight(29, 0.0, 0.0, 0.0), &ends);
    assert_eq!(acknowledged(of_others), 100.0);
    let copied = Position::seen(of_others, sight(30, 20.0, 100.0, 400.0), &ends);
    assert_eq!(acknowledged(copied), 500.0, "by its own count");
}

#[test]
fn a_task_that_begins_anew_with_nothing_to_copy_is_believed_at_its_second_idle_sight() {
    let ends = ends(&[(0, 100), (5, 100), (30, 150)]);
    let before = Position::seen(None, sight(5, 0.0, 0.0, 1_000.0), &ends);
    let idle = |at, fetches| Sight {
        at: second(at),
        ..sight(fetches, 0.0, 0.0, 0.0)
    };
    let first = Position::seen(before, idle(30, 1), &ends);
    assert_eq!(acknowledged(first), 100.0);
    let frozen = Position::seen(first, idle(32, 1), &ends);
    assert_eq!(acknowledged(frozen), 100.0, "no fetch came back");
    let second = Position::seen(first, idle(32, 2), &ends);
    assert_eq!(acknowledged(second), 150.0);
}

#[test]
fn a_task_that_nothing_counts_is_where_its_lag_says_but_for_all_that_is_in_flight() {
    let ends = ends(&[(0, 100), (5, 100), (30, 700), (40, 900)]);
    let before = Position::seen(None, sight(5, 0.0, 0.0, 1_000.0), &ends);
    let uncounted = |at, lag, in_flight, polled| Sight {
        acknowledged: None,
        fetches: Some(polled),
        ..sight(at, lag, in_flight, 0.0)
    };
    let running = Position::seen(before, uncounted(30, 0.0, 4.0, 1_970.0), &ends);
    assert_eq!(acknowledged(running), 696.0, "all of it may be of this one");
    let cut = Position::seen(running, uncounted(40, 0.0, 4.0, 1_970.0), &ends);
    assert_eq!(acknowledged(cut), 696.0, "it polled nothing more");
    let stalled = Position::seen(running, uncounted(40, 0.0, 204.0, 2_170.0), &ends);
    assert_eq!(
        acknowledged(stalled),
        696.0,
        "nothing more was acknowledged"
    );
    let on = Position::seen(cut, uncounted(40, 10.0, 0.0, 2_100.0), &ends);
    assert_eq!(acknowledged(on), 890.0);
}
