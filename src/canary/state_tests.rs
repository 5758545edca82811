//! How events and time change what a canary knows; no client, no clock.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use super::anchor::{Anchor, Reading};
use super::config::Config;
use super::event::{Content, Event, Seen, Sent, Side};
use super::progress::Position;
use super::record::Record;
use super::settled::Log;
use super::state::State;
use super::tracker::Tracker;
use crate::model::canary::CanaryView;
use crate::model::filter::ConnectorFacts;
use crate::model::time::Timestamp;

fn config() -> Config {
    Config::new("source", "target", "canary", "me")
}

fn at(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

/// A canary of two partitions that began at 10 s on a wall clock with the same zero.
fn state(wanted: &Arc<AtomicU32>) -> State {
    let anchor = Anchor::new(Timestamp::from_micros(0), Duration::ZERO);
    let mut state = State::new(
        &config(),
        "run".into(),
        anchor,
        at(10_000),
        Arc::clone(wanted),
    );
    state.tracker = Some(Tracker::new(state.settings, 2));
    state
}

fn fresh() -> State {
    state(&Arc::new(AtomicU32::new(0)))
}

fn view(state: &State, now: Duration) -> CanaryView {
    state.view(&config(), now)
}

/// Spans in milliseconds.
fn spans(spans: &[(u64, Timestamp, Option<Timestamp>)]) -> Vec<(i64, Option<i64>)> {
    let millis = |t: &Timestamp| t.as_micros() / 1_000;
    spans
        .iter()
        .map(|(_, start, end)| (millis(start), end.as_ref().map(millis)))
        .collect()
}

fn both_answer(state: &mut State, now: Duration) {
    state.apply(Event::Answered(Side::Source, now));
    state.apply(Event::Answered(Side::Target, now));
}

#[test]
fn an_unacknowledged_send_makes_the_source_blind_from_its_intended_time_to_the_acknowledgement() {
    let mut state = fresh();
    state.track(|tracker| tracker.sent(0, 0, at(10_100)));
    both_answer(&mut state, at(11_000));
    state.advance(at(11_100), None);
    assert_eq!(
        view(&state, at(11_100)).source_blind.count,
        0,
        "not longer than the threshold"
    );
    state.advance(at(11_200), None);
    assert_eq!(
        spans(&view(&state, at(11_200)).source_blind.spans),
        [(10_100, None)]
    );
    both_answer(&mut state, at(12_000));
    let sent = Sent {
        partition: 0,
        sequence: 0,
    };
    state.apply(Event::Acknowledged(sent, None, at(12_345)));
    state.advance(at(12_400), None);
    let seen = view(&state, at(12_400));
    assert_eq!(spans(&seen.source_blind.spans), [(10_100, Some(12_345))]);
    assert_eq!(seen.target_blind.count, 0);
}

#[test]
fn a_slot_that_could_not_even_be_handed_over_makes_the_source_blind_too() {
    let mut state = fresh();
    both_answer(&mut state, at(12_000));
    state.advance(at(12_000), Some(at(10_900)));
    assert_eq!(
        spans(&view(&state, at(12_000)).source_blind.spans),
        [(10_900, None)]
    );
}

#[test]
fn a_target_that_does_not_answer_is_blind_from_the_last_answer_to_the_next() {
    let mut state = fresh();
    both_answer(&mut state, at(10_500));
    state.apply(Event::Answered(Side::Source, at(11_500)));
    state.advance(at(11_600), None);
    assert_eq!(
        spans(&view(&state, at(11_600)).target_blind.spans),
        [(10_500, None)]
    );
    both_answer(&mut state, at(13_000));
    state.advance(at(13_050), None);
    let seen = view(&state, at(13_050));
    assert_eq!(spans(&seen.target_blind.spans), [(10_500, Some(13_000))]);
    assert_eq!(seen.source_blind.count, 0);
}

#[test]
fn a_process_that_stood_still_is_blind_on_both_sides_even_if_all_answer_at_once() {
    let mut state = fresh();
    state.passed(at(10_000), at(10_100), at(11_000));
    assert_eq!(view(&state, at(11_000)).source_blind.count, 0);
    state.passed(at(11_000), at(11_100), at(15_000));
    both_answer(&mut state, at(15_001));
    state.advance(at(15_100), None);
    let seen = view(&state, at(15_100));
    assert_eq!(spans(&seen.source_blind.spans), [(11_000, Some(15_000))]);
    assert_eq!(spans(&seen.target_blind.spans), [(11_000, Some(15_000))]);
    assert_eq!(seen.lateness, at(3_900));
}

#[test]
fn records_of_other_runs_and_instances_are_not_counted() {
    let mut state = fresh();
    state.track(|tracker| tracker.sent(1, 0, at(10_000)));
    for (instance, run, received) in [("me", "other", 0), ("other", "run", 0), ("me", "run", 1)] {
        let record = Record {
            instance: instance.into(),
            run: run.into(),
            topic: "canary".into(),
            partition: 1,
            sequence: 0,
            intended: Timestamp::from_micros(0),
            intended_monotonic: 0,
        };
        let seen = Seen {
            side: Side::Target,
            partition: 1,
            offset: 0,
            at: at(10_010),
            appended: None,
            checksum: 0,
            content: Content::Record(Box::new(record), true),
        };
        state.apply(Event::Read(seen));
        assert_eq!(
            view(&state, at(10_020)).partitions[1].received,
            received,
            "{instance} {run}"
        );
    }
}

/// Both clocks at `monotonic`, the wall clock ahead by so many microseconds.
fn reading(monotonic: Duration, ahead: i64, within: u64) -> Reading {
    let wall = Timestamp::from_micros(0).plus(monotonic).plus_micros(ahead);
    Reading {
        anchor: Anchor::new(wall, monotonic),
        within,
    }
}

#[test]
fn what_is_published_follows_a_slewed_wall_clock_at_every_tick_and_jitters_by_no_more_than_the_slew()
 {
    let mut state = fresh();
    let mut before = view(&state, at(20_000)).run_start;
    // A clock slewed at 500 parts in a million for ten minutes goes 300 ms ahead, without a step.
    for tick in 1..=6_000_u64 {
        let (now, ahead) = (at(20_000 + tick * 100), i64::try_from(tick).unwrap() * 50);
        state.follow_clocks(reading(now, ahead, 5));
        let seen = view(&state, now);
        let wall = Timestamp::from_micros(0).plus(now).plus_micros(ahead);
        assert_eq!(seen.observed_through, wall);
        assert_eq!(seen.run_start.micros_since(before), 50);
        before = seen.run_start;
    }
}

#[test]
fn the_noise_of_a_reading_moves_nothing_that_was_published() {
    let mut state = fresh();
    for (ahead, within) in [(40, 90), (-90, 90), (3, 4), (150, 199)] {
        state.follow_clocks(reading(at(20_000), ahead, within));
        assert_eq!(
            view(&state, at(20_000)).run_start,
            Timestamp::from_millis(10_000)
        );
    }
}

#[test]
fn a_step_of_the_wall_clock_moves_all_that_is_published() {
    let mut state = fresh();
    state.follow_clocks(reading(at(20_000), 5_000_000, 5));
    let seen = view(&state, at(20_000));
    assert_eq!(seen.observed_through, Timestamp::from_millis(25_000));
    assert_eq!(seen.run_start, Timestamp::from_millis(15_000));
}

#[test]
fn a_reader_that_failed_makes_its_side_blind_for_good_and_says_so() {
    let mut state = fresh();
    state.apply(Event::ReaderFailed(Side::Target, at(11_000)));
    both_answer(&mut state, at(30_000));
    state.advance(at(30_000), None);
    let seen = view(&state, at(30_000));
    assert_eq!(spans(&seen.target_blind.spans), [(11_000, None)]);
    assert_eq!(seen.source_blind.count, 0);
    let problem = seen.problem.unwrap_or_default();
    assert!(problem.contains("reader of the target"), "{problem}");
}

#[test]
fn retention_that_overtakes_the_reader_of_the_target_ends_the_run_and_on_the_source_it_does_not() {
    let log = Log { low: 4, high: 9 };
    for (side, is_broken) in [(Side::Source, false), (Side::Target, true)] {
        let mut state = fresh();
        let stands = vec![Position { next: 3, until: 3 }];
        state.apply(Event::Positioned(side, stands));
        state.apply(Event::Holds(side, 0, Log { low: 3, ..log }, at(11_000)));
        assert!(!state.is_broken);
        state.apply(Event::Holds(side, 0, log, at(11_000)));
        assert_eq!(state.is_broken, is_broken, "{side:?}");
    }
}

#[test]
fn a_source_that_takes_no_records_is_a_problem_until_it_takes_one() {
    let mut state = fresh();
    let problem = |state: &State| view(state, at(10_000)).problem;
    state.apply(Event::Refused("not allowed".into()));
    let said = problem(&state).unwrap_or_default();
    assert!(said.ends_with("records: not allowed"), "{said}");
    state.apply(Event::Settled(0, false));
    assert!(problem(&state).is_some());
    state.apply(Event::Settled(0, true));
    assert_eq!(problem(&state), None);
}

#[test]
fn settled_points_that_the_source_does_not_take_are_a_problem_though_it_takes_records() {
    let mut state = fresh();
    let problem = |state: &State| view(state, at(10_000)).problem;
    state.apply(Event::PointRefused("too large".into()));
    let sent = Sent {
        partition: 0,
        sequence: 0,
    };
    state.apply(Event::Acknowledged(sent, None, at(10_000)));
    let said = problem(&state).unwrap_or_default();
    assert!(said.ends_with("settled points: too large"), "{said}");
    state.apply(Event::Settled(0, true));
    assert_eq!(problem(&state), None);
}

#[test]
fn the_cause_is_named_before_its_effects() {
    let mut state = fresh();
    let problem = |state: &State| view(state, at(10_000)).problem;
    state.apply(Event::Problem(Side::Target, Some("no remote topic".into())));
    assert_eq!(problem(&state).as_deref(), Some("no remote topic"));
    state.apply(Event::Connector(ConnectorFacts {
        topics: Some("orders".into()),
        ..ConnectorFacts::default()
    }));
    assert!(problem(&state).is_some_and(|said| said.contains("does not match")));
    state.apply(Event::Problem(Side::Source, Some("no source".into())));
    assert_eq!(problem(&state).as_deref(), Some("no source"));
}

#[test]
fn the_topic_gets_twice_the_tasks_unless_a_number_was_given() {
    let wanted = Arc::new(AtomicU32::new(0));
    let facts = ConnectorFacts {
        tasks: Some(3),
        ..ConnectorFacts::default()
    };
    state(&wanted).apply(Event::Connector(facts.clone()));
    assert_eq!(wanted.load(Ordering::Relaxed), 6);

    let mut fixed = config();
    fixed.partitions = Some(4);
    let wanted = Arc::new(AtomicU32::new(4));
    let anchor = Anchor::new(Timestamp::from_micros(0), Duration::ZERO);
    let mut state = State::new(&fixed, "run".into(), anchor, at(0), Arc::clone(&wanted));
    state.apply(Event::Connector(facts));
    assert_eq!(wanted.load(Ordering::Relaxed), 4);
}

#[test]
fn a_producer_is_deaf_when_it_has_waited_in_vain_for_a_source_that_answered_all_the_time() {
    let mut state = fresh();
    let answers_until = |state: &mut State, from: u64, to: u64| {
        for second in from..=to {
            state.apply(Event::Answered(Side::Source, at(second * 1_000)));
        }
    };
    let sent = Sent {
        partition: 0,
        sequence: 1,
    };
    answers_until(&mut state, 10, 50);
    assert!(!state.is_producer_deaf(at(50_000)), "nothing has timed out");
    state.apply(Event::TimedOut);
    assert!(!state.is_producer_deaf(at(45_000)), "it may still wait");
    assert!(state.is_producer_deaf(at(45_001)));
    state.apply(Event::Acknowledged(sent, None, at(50_000)));
    assert!(!state.is_producer_deaf(at(90_000)));
    // A source that is away can take nothing, and has had no time for it when it is back.
    state.apply(Event::TimedOut);
    assert!(!state.is_producer_deaf(at(86_000)));
    answers_until(&mut state, 80, 115);
    assert!(!state.is_producer_deaf(at(115_000)));
    assert!(state.is_producer_deaf(at(115_001)));
    state.sends_anew(at(115_001));
    state.apply(Event::TimedOut);
    answers_until(&mut state, 116, 150);
    assert!(!state.is_producer_deaf(at(150_001)));
    assert!(state.is_producer_deaf(at(150_002)));
}
