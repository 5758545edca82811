//! A partition on its way, between two logs that go on, end early or lose their beginning while it is compared.

use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

use super::Error;
use super::content::{Digester, Parts, Raw, Seen};
use super::lane::{Lane, Progress};
use super::matching::{Begin, Matcher, Scope};
use super::range::Plan;
use super::stream::{Next, Records};
use super::tally::Counts;

const SETTLE: Duration = Duration::from_secs(10);
const STEP: Duration = Duration::from_millis(100);

/// A log of numbers; the offset of a number is its place in the log.
#[derive(Default)]
struct Log {
    numbers: Vec<u32>,
    /// Offsets that hold no record, behind the last number.
    markers: i64,
    /// What stands from here on may not be read yet.
    hidden_from: Option<i64>,
    deleted_below: i64,
    /// What stands from here on is deleted once all before it was read.
    deleted_at: Option<i64>,
    at: i64,
    told: Option<i64>,
}

type Shared = Rc<RefCell<Log>>;

impl Log {
    fn of(numbers: std::ops::Range<u32>) -> Shared {
        Rc::new(RefCell::new(Self {
            numbers: numbers.collect(),
            ..Self::default()
        }))
    }

    fn end(&self) -> i64 {
        i64::try_from(self.numbers.len()).unwrap() + self.markers
    }
}

impl Records for Shared {
    fn next(&mut self) -> Result<Next, Error> {
        let mut log = self.borrow_mut();
        if log.at < log.deleted_below || log.deleted_at.is_some_and(|from| log.at >= from) {
            return Ok(Next::Deleted);
        }
        let readable = log.hidden_from.unwrap_or(i64::MAX).min(log.end());
        let number = usize::try_from(log.at).ok();
        if let Some(number) = number.and_then(|at| log.numbers.get(at).copied())
            && log.at < readable
        {
            log.at += 1;
            return Ok(Next::Record(
                seen(log.at - 1, number),
                Some(i64::from(number)),
            ));
        }
        if log.told.replace(readable) != Some(readable) {
            return Ok(Next::End(readable));
        }
        Ok(Next::Nothing)
    }
}

fn seen(offset: i64, number: u32) -> Seen {
    let value = number.to_string();
    let raw = Raw {
        offset,
        key: None,
        value: Some(value.as_bytes()),
        timestamp: Some(i64::from(number)),
    };
    Digester::ignoring(Parts::default()).seen(raw, std::iter::empty())
}

/// Audit all that the source has when it begins. Something may happen after each step, before the ends are asked for.
fn audited(source: &Shared, target: &Shared, happens: impl FnMut(Duration)) -> Counts {
    let plan = whole(source, target);
    audited_as(plan, source, target, happens)
}

fn whole(source: &Shared, target: &Shared) -> Plan {
    let (end, target_end) = (source.borrow().end(), target.borrow().end());
    Plan {
        judged: (0, end),
        times: None,
        read: (0, end),
        begins_below_source_start: false,
        source: (0, end),
        target: Some((0, target_end)),
    }
}

fn audited_as(
    plan: Plan,
    source: &Shared,
    target: &Shared,
    happens: impl FnMut(Duration),
) -> Counts {
    let mut lane = Lane::new(0, plan, Rc::clone(source), None);
    let matcher = Matcher::new(scope(plan));
    lane.compare(matcher, Some(Rc::clone(target)), 0);
    ended(lane, source, target, happens)
}

fn scope(plan: Plan) -> Scope {
    Scope {
        judged: plan.judged,
        goal: plan.read.1,
        is_open: plan.is_open(),
        target_end: plan.target.unwrap().1,
        begin: Begin::First,
        // No record here has a key, so that it makes no difference.
        is_compacted: None,
        memory: 100_000,
    }
}

/// Go on with a partition until it is through.
fn ended(
    mut lane: Lane<Shared>,
    source: &Shared,
    target: &Shared,
    mut happens: impl FnMut(Duration),
) -> Counts {
    let mut now = Duration::from_secs(1_000);
    let begun = now;
    for _ in 0..10_000 {
        if lane.turn(now, SETTLE).unwrap() {
            continue;
        }
        if lane.is_done() {
            let (_, (counts, _)) = lane.outcome().unwrap();
            return counts;
        }
        now += STEP;
        happens(now.saturating_sub(begun));
        if lane.wants_look() {
            let (target, source) = (target.borrow().end(), source.borrow().end());
            lane.look(now, target, source);
        }
    }
    panic!("the audit does not end");
}

#[test]
fn the_last_records_are_missing_once_a_live_topic_has_later_ones_and_those_do_not_count() {
    for later_per_step in [1, 50] {
        let (source, target) = (Log::of(0..100), Log::of(0..95));
        let mut number = 100;
        let counts = audited(&source, &target, |_| {
            let later = number..number + later_per_step;
            number += later_per_step;
            source.borrow_mut().numbers.extend(later.clone());
            target.borrow_mut().numbers.extend(later);
        });
        assert_eq!(
            (counts.source_records, counts.matched, counts.missing),
            (100, 95, 5),
            "{counts:?}"
        );
        assert_eq!(
            (counts.unexpected, counts.changed, counts.undecided.total()),
            (0, 0, 0),
            "{counts:?}"
        );
    }
}

#[test]
fn what_others_write_to_the_target_holds_no_audit_up() {
    let (source, target) = (Log::of(0..100), Log::of(0..95));
    let mut number = 1_000_000;
    let mut lasted = Duration::ZERO;
    let counts = audited(&source, &target, |passed| {
        lasted = passed;
        // The source goes on as well, and nothing of it comes.
        source.borrow_mut().numbers.push(number / 2);
        target.borrow_mut().numbers.extend(number..number + 40);
        number += 40;
    });
    assert_eq!(
        (
            counts.matched,
            counts.undecided.in_flight,
            counts.unexpected
        ),
        (95, 5, 0),
        "{counts:?}"
    );
    assert!(lasted >= SETTLE && lasted < SETTLE * 2, "{lasted:?}");
}

#[test]
fn what_is_in_flight_is_waited_for_as_long_as_was_asked_and_no_longer() {
    for (arrives, matched) in [
        (SETTLE.saturating_sub(STEP), 100),
        (SETTLE + STEP * 3, 95),
        // Never.
        (Duration::MAX, 95),
    ] {
        let (source, target) = (Log::of(0..100), Log::of(0..95));
        let counts = audited(&source, &target, |passed| {
            if passed >= arrives && target.borrow().end() == 95 {
                target.borrow_mut().numbers.extend(95..100);
            }
        });
        assert_eq!(
            (counts.matched, counts.undecided.in_flight),
            (matched, 100 - matched),
            "{arrives:?}"
        );
        assert_eq!(counts.missing, 0);
    }
}

/// Both sides of a window from 0 to 100 ms behind whose first 50 records one came from a clock that was ahead, then the rest of the window,
/// then `later` records that are too late for it.
fn with_a_clock_ahead(later: u32) -> (Shared, Shared, Plan) {
    let (source, target) = (Log::of(0..50), Log::of(0..50));
    for log in [&source, &target] {
        let numbers = &mut log.borrow_mut().numbers;
        numbers.push(1_000_000);
        numbers.extend((50..100).chain(100..100 + later));
    }
    let plan = Plan {
        judged: (0, 50),
        times: Some((0, 100)),
        read: (0, source.borrow().end().min(60)),
        ..whole(&source, &target)
    };
    (source, target, plan)
}

#[test]
fn what_stands_behind_a_record_of_a_clock_that_is_ahead_is_judged_by_its_timestamp() {
    // The source is read to its end, or not.
    for later in [20, 30_000] {
        for (lost, is_missing) in [(99, 1), (100, 0)] {
            let (source, target, plan) = with_a_clock_ahead(later);
            target.borrow_mut().numbers.retain(|number| *number != lost);
            let counts = audited_as(plan, &source, &target, |_| {});
            assert_eq!(
                (counts.source_records, counts.matched, counts.missing),
                (100, 100 - is_missing, is_missing),
                "{later} {lost} {counts:?}"
            );
        }
    }
}

#[test]
fn the_last_records_of_the_window_are_waited_for_behind_such_a_record_too() {
    let (source, target, plan) = with_a_clock_ahead(0);
    target.borrow_mut().numbers.truncate(60);
    let mut lasted = Duration::ZERO;
    let counts = audited_as(plan, &source, &target, |passed| lasted = passed);
    assert_eq!(
        (counts.source_records, counts.undecided.in_flight),
        (100, 41),
        "{counts:?}"
    );
    assert!(lasted >= SETTLE, "{lasted:?}");
}

#[test]
fn a_window_that_begins_with_such_a_record_is_not_empty() {
    let (source, target, plan) = with_a_clock_ahead(20);
    let plan = Plan {
        judged: (50, 50),
        times: Some((50, 100)),
        ..plan
    };
    let counts = audited_as(plan, &source, &target, |_| {});
    assert_eq!((counts.source_records, counts.matched), (50, 50));
}

/// The window of these timestamps as a broker finds it: by the first record that is not before each bound.
fn looked_up(source: &Shared, target: &Shared, from: i64, to: i64) -> Plan {
    let log = whole(source, target);
    let first = |bound: i64| {
        let numbers = &source.borrow().numbers;
        let at = numbers.iter().position(|at| i64::from(*at) >= bound);
        at.map_or(log.source.1, |at| i64::try_from(at).unwrap())
    };
    let judged = (first(from), first(to));
    Plan {
        judged,
        times: Some((from, to)),
        read: (
            (judged.0 - 10_000).max(0),
            (judged.1 + 10_000).min(log.source.1),
        ),
        ..log
    }
}

/// An audit of such a window after these were lost: records of the source, matched, missing.
fn after_a_loss(numbers: &[u32], lost: u32, (from, to): (i64, i64)) -> (u64, u64, u64) {
    let (source, target) = (Log::of(0..0), Log::of(0..0));
    source.borrow_mut().numbers.extend(numbers);
    let arrived = numbers.iter().filter(|number| **number != lost);
    target.borrow_mut().numbers.extend(arrived);
    let plan = looked_up(&source, &target, from, to);
    source.borrow_mut().at = plan.read.0;
    let counts = audited_as(plan, &source, &target, |_| {});
    assert_eq!(counts.undecided.total(), 0, "{counts:?}");
    (counts.source_records, counts.matched, counts.missing)
}

#[test]
fn a_device_that_is_always_ahead_does_not_move_the_window() {
    // It takes turns with another one, and is 101 ms ahead.
    let numbers: Vec<u32> = (0..20_000).flat_map(|at| [2 * at, 2 * at + 101]).collect();
    let window = (10_000, 10_100);
    for (lost, is_missing) in [
        (9_998, 0),
        (10_000, 1),
        (10_001, 1),
        (10_098, 1),
        (10_099, 1),
        (10_101, 0),
    ] {
        assert_eq!(
            after_a_loss(&numbers, lost, window),
            (100, 100 - is_missing, is_missing),
            "{lost}"
        );
    }
    let left = numbers.iter().filter(|at| **at >= 10_000).count() as u64;
    assert_eq!(
        after_a_loss(&numbers, 9_998, (10_000, i64::MAX)),
        (left, left, 0)
    );
}

#[test]
fn a_record_far_before_the_window_and_of_a_clock_far_ahead_does_not_hide_it() {
    let mut numbers = vec![1_000_000];
    numbers.extend(0..60_000);
    for (lost, is_missing) in [(29_999, 0), (30_000, 1), (30_099, 1), (30_100, 0)] {
        assert_eq!(
            after_a_loss(&numbers, lost, (30_000, 30_100)),
            (100, 100 - is_missing, is_missing),
            "{lost}"
        );
    }
    // That record is in a window without an end.
    for (lost, is_missing) in [(29_999, 0), (30_000, 1)] {
        assert_eq!(
            after_a_loss(&numbers, lost, (30_000, i64::MAX)),
            (30_001, 30_001 - is_missing, is_missing),
            "{lost}"
        );
    }
}

#[test]
fn a_target_that_is_far_behind_such_a_record_is_waited_for() {
    let (source, target) = (Log::of(1_000_000..1_000_001), Log::of(1_000_000..1_000_001));
    source.borrow_mut().numbers.extend(0..60_000);
    let plan = looked_up(&source, &target, 30_000, 30_100);
    let counts = audited_as(plan, &source, &target, |_| {
        let there = u32::try_from(target.borrow().end() - 1).unwrap();
        let next = there..(there + 5_000).min(60_000);
        target.borrow_mut().numbers.extend(next);
    });
    assert_eq!(
        (
            counts.source_records,
            counts.matched,
            counts.undecided.total()
        ),
        (100, 100, 0),
        "{counts:?}"
    );
}

/// Go on from what an interrupted audit kept.
fn gone_on(first: &mut Lane<Shared>, plan: Plan, source: &Shared, target: &Shared) -> Counts {
    let Progress::Half(saved) = first.save() else {
        panic!("there is nothing to go on with")
    };
    source.borrow_mut().at = saved.source_from;
    target.borrow_mut().at = saved.target_from;
    let mut second = Lane::new(0, plan, Rc::clone(source), Some(*saved.clone()));
    let from = saved.target_from;
    let matcher = Matcher::resume(scope(plan), *saved);
    second.compare(matcher, Some(Rc::clone(target)), from);
    ended(second, source, target, |_| {})
}

#[test]
fn an_audit_that_was_interrupted_on_its_way_to_the_window_reads_on_to_it() {
    let (source, target) = (Log::of(0..0), Log::of(0..0));
    for log in [&source, &target] {
        let numbers = &mut log.borrow_mut().numbers;
        numbers.push(1_000_000);
        numbers.extend(0..60_000);
    }
    target
        .borrow_mut()
        .numbers
        .retain(|number| *number != 30_050);
    let plan = looked_up(&source, &target, 30_000, 30_100);
    for turns in [10, 25, 35] {
        (source.borrow_mut().at, target.borrow_mut().at) = (0, 0);
        let mut first = Lane::new(0, plan, Rc::clone(&source), None);
        let little = Scope {
            memory: 4_096,
            ..scope(plan)
        };
        first.compare(Matcher::new(little), Some(Rc::clone(&target)), 0);
        for _ in 0..turns {
            first.turn(Duration::ZERO, SETTLE).unwrap();
        }
        let counts = gone_on(&mut first, plan, &source, &target);
        assert_eq!(
            (counts.source_records, counts.matched, counts.missing),
            (100, 99, 1),
            "{turns} {counts:?}"
        );
    }
}

#[test]
fn an_audit_that_was_interrupted_behind_such_a_record_judges_the_same() {
    let (source, target, plan) = with_a_clock_ahead(30_000);
    target.borrow_mut().numbers.retain(|number| *number != 70);
    let mut first = Lane::new(0, plan, Rc::clone(&source), None);
    first.compare(Matcher::new(scope(plan)), Some(Rc::clone(&target)), 0);
    for _ in 0..4 {
        first.turn(Duration::ZERO, SETTLE).unwrap();
    }
    let Progress::Half(saved) = first.save() else {
        panic!("there is nothing to go on with")
    };
    assert!(saved.compared_to > 151, "{saved:?}");
    let counts = gone_on(&mut first, plan, &source, &target);
    assert_eq!(
        (counts.source_records, counts.matched, counts.missing),
        (100, 99, 1),
        "{counts:?}"
    );
}

#[test]
fn what_cannot_be_read_behind_the_first_end_of_a_window_in_time_may_belong_to_it() {
    for is_deleted in [false, true] {
        let (source, target, plan) = with_a_clock_ahead(20);
        if is_deleted {
            // The 51 records before it were read.
            source.borrow_mut().deleted_at = Some(51);
        } else {
            source.borrow_mut().hidden_from = Some(51);
        }
        let counts = audited_as(plan, &source, &target, |_| {});
        let undecided = [counts.undecided.unread, counts.undecided.deleted];
        let expected = if is_deleted { [0, 70] } else { [70, 0] };
        assert_eq!(
            (counts.matched, undecided, counts.source_records),
            (50, expected, 120),
            "{counts:?}"
        );
    }
}

#[test]
fn markers_of_transactions_at_the_end_are_no_records() {
    let (source, target) = (Log::of(0..100), Log::of(0..100));
    source.borrow_mut().markers = 2;
    target.borrow_mut().markers = 3;
    let counts = audited(&source, &target, |passed| {
        assert!(passed < SETTLE, "nothing is waited for");
    });
    assert_eq!((counts.matched, counts.undecided.total()), (100, 0));
}

#[test]
fn an_end_before_the_planned_one_leaves_the_rest_undecided_unless_it_moves_on() {
    for (opens, unread) in [(SETTLE / 2, 0), (Duration::MAX, 40)] {
        let (source, target) = (Log::of(0..100), Log::of(0..100));
        source.borrow_mut().hidden_from = Some(60);
        let counts = audited(&source, &target, |passed| {
            if passed >= opens {
                source.borrow_mut().hidden_from = None;
            }
        });
        assert_eq!(
            (
                counts.source_records,
                counts.matched,
                counts.undecided.unread
            ),
            (100, 100 - unread, unread),
            "{counts:?}"
        );
        assert_eq!((counts.missing, counts.unexpected), (0, 0));
    }
}

#[test]
fn what_retention_deletes_before_it_is_read_is_undecided_and_what_was_read_is_not() {
    let (source, target) = (Log::of(0..10_000), Log::of(0..5_000));
    let counts = audited(&source, &target, |_| {
        // Its reader is ahead of the target, by no more than is read at once.
        source.borrow_mut().deleted_below = 9_000;
        target.borrow_mut().numbers.extend(5_000..10_000);
    });
    let deleted = counts.undecided.deleted;
    assert!((1..5_000).contains(&deleted), "{counts:?}");
    assert_eq!(
        (counts.source_records, counts.matched + deleted),
        (10_000, 10_000),
        "{counts:?}"
    );
    assert_eq!(counts.missing + counts.unexpected, 0, "{counts:?}");
}

#[test]
fn what_retention_deletes_of_the_target_leaves_its_originals_undecided() {
    let (source, target) = (Log::of(0..10_000), Log::of(0..10_000));
    target.borrow_mut().deleted_below = 1;
    let counts = audited(&source, &target, |_| {});
    assert_eq!(
        (counts.source_records, counts.undecided.deleted),
        (10_000, 10_000),
        "{counts:?}"
    );
    assert_eq!(counts.missing, 0);
}
