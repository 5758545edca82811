//! The rules of the ledger, one by one.

use std::time::Duration;

use mirrorwatch::canary::tracker::{Flaw, Place, Tracker};
use mirrorwatch::model::time::Timestamp;

use crate::{Event, advance, apply, intended, settings, spans, time, view};

fn place(offset: i64) -> Place {
    Place {
        offset,
        appended: None,
    }
}

/// A ledger with one record sent, acknowledged and arrived at 1.001 s, and the next one owed.
fn one_owed() -> Tracker {
    let mut tracker = Tracker::new(settings(), 1);
    apply(&mut tracker, 1_000_000, Event::Sent(0));
    apply(&mut tracker, 1_000_500, Event::Acknowledged(0));
    apply(&mut tracker, 1_001_000, Event::Arrived(0));
    apply(&mut tracker, 1_100_000, Event::Sent(1));
    apply(&mut tracker, 1_100_500, Event::Acknowledged(1));
    tracker
}

#[test]
fn a_gap_of_exactly_the_threshold_is_no_outage_and_one_microsecond_more_is() {
    let mut tracker = one_owed();
    advance(&mut tracker, 1_400_000);
    assert_eq!(view(&tracker, 1_400_000).outage_count, 0);
    apply(&mut tracker, 1_400_000, Event::Arrived(1));
    assert_eq!(view(&tracker, 1_400_000).outage_count, 0);

    let mut tracker = one_owed();
    advance(&mut tracker, 1_400_001);
    let open = view(&tracker, 1_400_001).outages;
    assert_eq!(spans(&open), [(1_100_000, None)]);
    apply(&mut tracker, 1_400_001, Event::Arrived(1));
    assert_eq!(
        spans(&view(&tracker, 1_400_001).outages),
        [(1_100_000, Some(1_400_001))]
    );
}

#[test]
fn an_arrival_stamped_before_the_tick_that_ran_ahead_of_it_makes_no_outage() {
    let mut tracker = one_owed();
    advance(&mut tracker, 1_500_000);
    assert_eq!(view(&tracker, 1_500_000).outage_count, 1);
    apply(&mut tracker, 1_399_000, Event::Arrived(1));
    let seen = view(&tracker, 1_500_000);
    assert_eq!((seen.outage_count, seen.outages.len()), (0, 0));
}

#[test]
fn duplicates_neither_close_an_outage_nor_open_one() {
    let mut tracker = one_owed();
    apply(&mut tracker, 1_300_000, Event::Arrived(0));
    advance(&mut tracker, 2_000_000);
    apply(&mut tracker, 2_100_000, Event::Arrived(0));
    let seen = view(&tracker, 2_100_000);
    assert_eq!(spans(&seen.outages), [(1_100_000, None)]);
    assert_eq!(seen.duplicates, 2);
}

#[test]
fn before_the_first_arrival_there_is_neither_outage_nor_delivered_through() {
    let mut tracker = Tracker::new(settings(), 1);
    for n in 0..50 {
        apply(&mut tracker, intended(n), Event::Sent(n));
        apply(&mut tracker, intended(n) + 1_000, Event::Acknowledged(n));
        advance(&mut tracker, intended(n) + 2_000);
    }
    let seen = view(&tracker, intended(50));
    assert_eq!(
        (
            seen.outage_count,
            seen.delivered_through,
            seen.first_arrival
        ),
        (0, None, None)
    );
}

#[test]
fn a_failed_send_is_undecided_until_a_later_record_is_read_back() {
    let mut tracker = one_owed();
    apply(&mut tracker, 1_200_000, Event::Sent(2));
    apply(&mut tracker, 1_300_000, Event::Sent(3));
    apply(&mut tracker, 1_400_000, Event::Sent(4));
    tracker.failed(0, 2);
    tracker.failed(0, 3);
    tracker.read_back(0, 1, place(1), time(1_410_000));
    assert_eq!(tracker.oldest_unanswered(), Some(time(intended(2))));
    assert_eq!(view(&tracker, 1_410_000).acknowledged, 2);
    tracker.read_back(0, 3, place(3), time(1_420_000));
    assert_eq!(
        tracker.oldest_unanswered(),
        Some(time(intended(4))),
        "2 does not stand, 3 does"
    );
    assert_eq!(view(&tracker, 1_420_000).acknowledged, 3);
}

#[test]
fn a_failure_reported_after_a_later_record_was_read_is_decided_at_once() {
    let mut tracker = one_owed();
    apply(&mut tracker, 1_200_000, Event::Sent(2));
    apply(&mut tracker, 1_300_000, Event::Sent(3));
    tracker.read_back(0, 3, place(3), time(1_310_000));
    tracker.failed(0, 2);
    assert_eq!(tracker.oldest_unanswered(), None);
    assert_eq!(view(&tracker, 1_400_000).acknowledged, 3);
}

#[test]
fn an_overtaken_record_is_lost_after_its_grace_and_late_if_it_comes_after_all() {
    let mut tracker = one_owed();
    apply(&mut tracker, 1_200_000, Event::Sent(2));
    apply(&mut tracker, 1_201_000, Event::Acknowledged(2));
    apply(&mut tracker, 1_202_000, Event::Arrived(2));
    let over = 1_202_000 + 3_600_000_000;
    advance(&mut tracker, over - 1);
    let seen = view(&tracker, over - 1);
    assert_eq!((seen.overtaken, seen.lost), (1, 0));
    assert_eq!(
        seen.delivered_through,
        Some(Timestamp::from_micros(intended(0)))
    );
    advance(&mut tracker, over);
    let seen = view(&tracker, over);
    assert_eq!((seen.overtaken, seen.undelivered, seen.lost), (0, 0, 1));
    assert_eq!(
        seen.delivered_through,
        Some(Timestamp::from_micros(intended(2)))
    );
    apply(&mut tracker, over + 1, Event::Arrived(1));
    apply(&mut tracker, over + 2, Event::Arrived(1));
    let seen = view(&tracker, over + 2);
    assert_eq!(
        (
            seen.received,
            seen.late_after_loss,
            seen.duplicates,
            seen.lost
        ),
        (3, 1, 1, 1)
    );
}

#[test]
fn records_that_mm2_skipped_before_it_picked_the_partition_up_are_not_owed() {
    let mut tracker = Tracker::new(settings(), 1);
    for n in 0..5 {
        apply(&mut tracker, intended(n), Event::Sent(n));
        apply(&mut tracker, intended(n) + 1_000, Event::Acknowledged(n));
    }
    apply(&mut tracker, intended(5), Event::Arrived(4));
    advance(&mut tracker, intended(60));
    let seen = view(&tracker, intended(60));
    assert_eq!(
        (seen.undelivered, seen.overtaken, seen.outage_count),
        (0, 0, 0)
    );
    assert_eq!(
        seen.delivered_through,
        Some(Timestamp::from_micros(intended(4)))
    );
}

#[test]
fn only_eight_outages_are_kept_but_all_are_counted() {
    let mut tracker = one_owed();
    let mut at = 1_100_500;
    for n in 1..=20 {
        at += 1_000_000;
        apply(&mut tracker, at, Event::Arrived(n));
        apply(&mut tracker, at + 1, Event::Sent(n + 1));
        apply(&mut tracker, at + 2, Event::Acknowledged(n + 1));
    }
    let seen = view(&tracker, at + 3);
    assert_eq!(seen.outage_count, 20);
    let numbers: Vec<u64> = seen.outages.iter().map(|o| o.number).collect();
    assert_eq!(numbers, [13, 14, 15, 16, 17, 18, 19, 20]);
}

#[test]
fn an_arrival_after_a_later_one_is_reordered_and_neither_lost_nor_a_duplicate() {
    let mut tracker = one_owed();
    apply(&mut tracker, 1_200_000, Event::Sent(2));
    apply(&mut tracker, 1_200_500, Event::Acknowledged(2));
    apply(&mut tracker, 1_210_000, Event::Arrived(2));
    apply(&mut tracker, 1_220_000, Event::Arrived(1));
    let seen = view(&tracker, 1_230_000);
    assert_eq!(
        (seen.received, seen.reordered, seen.duplicates, seen.lost),
        (3, 1, 0, 0)
    );
}

#[test]
fn a_record_that_mm2_committed_as_copied_is_lost_after_its_grace_though_nothing_came_after_it() {
    let mut tracker = one_owed();
    apply(&mut tracker, 1_200_000, Event::Sent(2));
    tracker.read_back(0, 1, place(71), time(1_200_500));
    tracker.read_back(0, 2, place(72), time(1_200_500));
    tracker.committed(0, 70, time(1_300_000));
    assert_eq!(view(&tracker, 1_300_000).overtaken, 0);
    tracker.committed(0, 71, time(1_400_000));
    let seen = view(&tracker, 1_400_000);
    assert_eq!((seen.overtaken, seen.undelivered), (1, 2));
    let over = 1_400_000 + 3_600_000_000;
    advance(&mut tracker, over - 1);
    assert_eq!(view(&tracker, over).lost, 0);
    advance(&mut tracker, over);
    let seen = view(&tracker, over);
    assert_eq!((seen.lost, seen.undelivered), (1, 1));
}

#[test]
fn what_mm2_committed_is_not_lost_while_it_may_stand_in_what_was_not_read_of_the_target() {
    let mut tracker = one_owed();
    tracker.read_back(0, 1, place(71), time(1_200_000));
    tracker.committed(0, 71, time(1_400_000));
    let seen = |tracker: &Tracker| view(tracker, 1_400_000).lost;
    let late = time(1_400_000 + 2 * 3_600_000_000);
    tracker.advance(late, Some(Duration::ZERO));
    assert_eq!(seen(&tracker), 0, "the target answers, and was not read");
    tracker.read_to_end(0, time(1_400_000));
    tracker.advance(late, Some(Duration::ZERO));
    assert_eq!(seen(&tracker), 0, "read to an end from before");
    tracker.read_to_end(0, time(1_400_001));
    tracker.advance(late, Some(Duration::ZERO));
    assert_eq!(seen(&tracker), 1);
}

#[test]
fn what_is_sent_after_mm2_committed_is_not_behind_it_though_a_topic_made_anew_gives_it_an_offset_from_before()
 {
    let mut tracker = one_owed();
    tracker.committed(0, 5_000, time(1_150_000));
    apply(&mut tracker, 1_200_000, Event::Sent(2));
    tracker.read_back(0, 2, place(0), time(1_201_000));
    // The next reading of Connect's offsets says the same again.
    tracker.committed(0, 5_000, time(1_300_000));
    assert_eq!(view(&tracker, 1_300_000).overtaken, 0);
    tracker.committed(0, 5_001, time(1_400_000));
    assert_eq!(view(&tracker, 1_400_000).overtaken, 1);
}

#[test]
fn what_mm2_committed_before_the_first_arrival_counts_from_then_on() {
    let mut tracker = Tracker::new(settings(), 1);
    for n in 0..3 {
        apply(&mut tracker, intended(n), Event::Sent(n));
        let offset = i64::try_from(n).unwrap();
        tracker.read_back(0, n as u64, place(offset), time(intended(n) + 1_000));
    }
    tracker.committed(0, 1, time(intended(3)));
    apply(&mut tracker, intended(4), Event::Arrived(0));
    let seen = view(&tracker, intended(4));
    assert_eq!((seen.overtaken, seen.undelivered), (1, 2));
}

#[test]
fn before_the_first_arrival_what_mm2_committed_says_nothing_of_what_it_skipped() {
    let mut tracker = Tracker::new(settings(), 1);
    apply(&mut tracker, intended(0), Event::Sent(0));
    tracker.read_back(0, 0, place(9), time(intended(0) + 1_000));
    tracker.committed(0, 20, time(intended(1)));
    advance(&mut tracker, intended(1) + 4_000_000_000);
    let seen = view(&tracker, intended(2));
    assert_eq!((seen.overtaken, seen.lost), (0, 0));
}

#[test]
fn nothing_is_lost_that_nobody_could_have_seen_arrive() {
    let mut tracker = one_owed();
    apply(&mut tracker, 1_200_000, Event::Sent(2));
    apply(&mut tracker, 1_210_000, Event::Arrived(2));
    let grace = 3_600_000_000;
    tracker.read_to_end(0, time(1_210_001));
    tracker.advance(time(1_210_000 + 2 * grace), None);
    assert_eq!(view(&tracker, 1_210_000).lost, 0, "the target is not seen");
    let seen_since = 1_210_000 + 2 * grace;
    tracker.advance(time(seen_since + grace - 1), Some(time(seen_since)));
    assert_eq!(view(&tracker, 1_210_000).lost, 0);
    tracker.advance(time(seen_since + grace), Some(time(seen_since)));
    assert_eq!(view(&tracker, 1_210_000).lost, 1);
}

#[test]
fn a_replay_is_as_deep_as_its_oldest_record_is_older_than_the_newest_one_delivered() {
    let mut tracker = Tracker::new(settings(), 1);
    for n in 0..10 {
        apply(&mut tracker, intended(n), Event::Sent(n));
        apply(&mut tracker, intended(n) + 1_000, Event::Arrived(n));
    }
    assert_eq!(view(&tracker, intended(10)).replay, None);
    for n in 4..10 {
        apply(
            &mut tracker,
            intended(10) + 10 * intended(n),
            Event::Arrived(n),
        );
    }
    apply(&mut tracker, intended(10), Event::Sent(10));
    apply(&mut tracker, intended(10) + 20_000_000, Event::Arrived(10));
    apply(&mut tracker, intended(10) + 20_000_001, Event::Arrived(10));
    let seen = view(&tracker, intended(10) + 20_000_002);
    let replay = seen.replay.unwrap();
    assert_eq!((replay.records, replay.depth), (1, time(0)));
    assert_eq!(
        (replay.worst_records, replay.worst_depth),
        (6, time(intended(9) - intended(4)))
    );
    assert_eq!(seen.duplicates, 7);
}

#[test]
fn each_flaw_has_a_count_of_its_own_and_a_misrouted_record_is_not_delivered() {
    let mut tracker = one_owed();
    for flaw in [
        Flaw::Corrupt,
        Flaw::Misrouted,
        Flaw::Misrouted,
        Flaw::Mangled,
    ] {
        tracker.flawed(0, flaw);
    }
    let seen = view(&tracker, 1_200_000);
    assert_eq!((seen.corrupt, seen.misrouted, seen.mangled), (1, 2, 1));
    assert_eq!((seen.received, seen.undelivered), (1, 1));
}
