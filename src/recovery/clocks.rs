//! Other hosts' clocks, as compared with the drill host's before and after the window. Definitions: "Clocks".

use super::events::{Event, What};
use super::judgement::{Remark, Zero};
use super::remark::remark;
use crate::model::time::Timestamp;

/// Wall and monotonic clock may disagree by this much inside the window, in microseconds.
pub const JUMP: i64 = 10_000;

/// How far a clock is ahead of the drill host's, and how far off that may be, in microseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Clock {
    /// Ahead by.
    pub offset: i64,
    /// ε.
    pub epsilon: i64,
}

impl Clock {
    /// Its reading at an instant of the drill host's clock, in microseconds.
    pub(super) fn reads(self, at: Timestamp) -> i64 {
        at.as_micros().saturating_add(self.offset)
    }

    /// The drill host's instant at one of its readings.
    pub(super) fn instant(self, reading: i64) -> Timestamp {
        Timestamp::from_micros(reading.saturating_sub(self.offset))
    }
}

/// One comparison: the clock told `told` in answer to a request sent at `before` and answered at `after`.
/// Returns its offset and half the round trip.
pub fn compared(before: Timestamp, told: Timestamp, after: Timestamp) -> (i64, i64) {
    let trip = after.micros_since(before).max(0);
    (told.micros_since(before) - trip / 2, trip - trip / 2)
}

/// Offset and ε of a clock: half the round trip + drift between the comparisons before the zero and after it.
pub(super) fn clock(events: &[Event], name: &str, zero: Zero) -> Result<Clock, Remark> {
    let all = events.iter().filter_map(|event| match &event.what {
        What::ClockCompared {
            clock,
            offset_us,
            epsilon_us,
        } if clock == name => Some((
            event.at,
            Clock {
                offset: *offset_us,
                epsilon: epsilon_us.abs(),
            },
        )),
        _ => None,
    });
    let (before, after): (Vec<_>, Vec<_>) = all
        .filter(|(at, _)| *at <= zero.issued || *at >= zero.done)
        .partition(|(at, _)| *at <= zero.issued);
    let best = |all: Vec<(Timestamp, Clock)>| {
        all.into_iter()
            .map(|(_, clock)| clock)
            .min_by_key(|clock| clock.epsilon)
    };
    match (best(before), best(after)) {
        (Some(before), Some(after)) => Ok(between(before, after)),
        _ => Err(remark("clock_not_compared", &[("clock", name.to_owned())])),
    }
}

/// ε = half the round trip + drift between the two measurements.
fn between(before: Clock, after: Clock) -> Clock {
    let drift = (after.offset - before.offset).abs();
    Clock {
        offset: i64::midpoint(before.offset, after.offset),
        epsilon: before.epsilon.max(after.epsilon) + drift,
    }
}

/// By how much the drill host's wall clock moved against its monotonic clock, if that is more than is allowed.
pub(super) fn jump(events: &[Event]) -> Option<i64> {
    let differences = events
        .iter()
        .map(|event| event.at.as_micros() - event.monotonic_us);
    let (least, most) = differences.fold((i64::MAX, i64::MIN), |(least, most), d| {
        (least.min(d), most.max(d))
    });
    let moved = most.saturating_sub(least);
    (!events.is_empty() && moved > JUMP).then_some(moved)
}

#[test]
fn drift_between_two_comparisons_is_part_of_the_error() {
    let clock = |offset, epsilon| Clock { offset, epsilon };
    assert_eq!(between(clock(100, 10), clock(140, 30)), clock(120, 70));
}

#[test]
fn a_jump_of_more_than_ten_milliseconds_is_seen() {
    let event = |at, monotonic_us| Event {
        at: Timestamp::from_micros(at),
        monotonic_us,
        what: What::SteadyState,
    };
    assert_eq!(
        jump(&[event(5_000_000, 0), event(6_010_000, 1_000_000)]),
        None
    );
    assert_eq!(
        jump(&[event(5_000_000, 0), event(6_010_001, 1_000_000)]),
        Some(10_001)
    );
    assert_eq!(jump(&[]), None);
}

#[test]
fn a_comparison_is_off_by_at_most_half_the_round_trip() {
    let at = Timestamp::from_micros;
    assert_eq!(compared(at(1_000), at(5_000), at(1_100)), (3_950, 50));
}
