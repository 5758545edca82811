//! What happened, as intervals on the drill host's clock: the judgement's measures count from the zero, and the zero is an interval.

use super::{Event, Mark};
use crate::model::time::Timestamp;
use crate::recovery::events::{self, What};
use crate::recovery::judgement::{Interval, Judgement, Measured, TimedResult, Zero};
use crate::recovery::scenario::{self, Measure};

/// Measures that are instants after the zero.
const MEASURED: [(&str, Event); 6] = [
    ("detection", Event::Detection),
    ("alerted", Event::Alert),
    ("rebalance_triggered", Event::Rebalance),
    ("tasks_redistributed", Event::Redistribution),
    ("all_on_survivor", Event::Redistribution),
    ("recovery_time", Event::Recovery),
];

/// The fault, what was measured from it, and the restoration.
pub(super) fn marks(judgement: &Judgement, zero: Zero, events: &[events::Event]) -> Vec<Mark> {
    let fault = Mark {
        event: Event::Fault,
        from: zero.issued,
        to: Some(zero.done),
        after: None,
    };
    let timed = MEASURED
        .iter()
        .filter_map(|(name, event)| match value(judgement, name)? {
            Measured::Within { interval, .. } => Some(measured(*event, *interval, zero)),
            Measured::NoneLongerThan { .. } | Measured::Unknown { .. } => None,
        });
    std::iter::once(fault)
        .chain(timed)
        .chain(restored(events))
        .collect()
}

/// The measure of that name, or the row of the grid of times.
fn value<'a>(judgement: &'a Judgement, name: &str) -> Option<&'a Measured> {
    let row = || {
        let id = name.replace('_', "-");
        let of_fault = |row: &&TimedResult| row.id == id && row.after == scenario::Event::Fault;
        judgement.times.iter().find(of_fault)
    };
    let measure = judgement.measures.get(name);
    measure.or_else(|| row().map(|row| &row.measured))
}

/// The lower end counts from the zero's end, the upper one from its beginning.
fn measured(event: Event, interval: Interval, zero: Zero) -> Mark {
    let from = match interval.lower {
        0 => zero.issued,
        lower => zero.done.plus_micros(lower),
    };
    let to = interval.upper.map(|upper| zero.issued.plus_micros(upper));
    Mark {
        event,
        from,
        to: to.map(|to| to.max(from)),
        after: Some(interval),
    }
}

/// From the first undo that was issued to the last one that took effect, if every one of them did.
pub(super) fn restored(events: &[events::Event]) -> Option<Mark> {
    let issued = |what: &What| matches!(what, What::RestoreIssued { .. });
    let done = |what: &What| matches!(what, What::RestoreDone { .. });
    let count = |is: &dyn Fn(&What) -> bool| events.iter().filter(|event| is(&event.what)).count();
    let first = events.iter().find(|event| issued(&event.what))?;
    let last = events.iter().rev().find(|event| done(&event.what));
    let whole = count(&issued) == count(&done);
    Some(Mark {
        event: Event::Restoration,
        from: first.at,
        to: last.filter(|_| whole).map(|event| event.at.max(first.at)),
        after: None,
    })
}

/// When the limit of the recovery time is over: the least of them, where several criteria have one.
pub(super) fn limit(judgement: &Judgement, zero: Zero) -> Option<(Timestamp, Timestamp)> {
    let criteria = judgement.criteria.iter();
    let timed = criteria.filter(|criterion| criterion.measure == Measure::RecoveryTime);
    let limit = timed.map(|criterion| criterion.limit).min()?;
    Some((zero.issued.plus_micros(limit), zero.done.plus_micros(limit)))
}

#[test]
fn a_measure_lies_between_the_far_ends_of_the_zero() {
    let at = Timestamp::from_micros;
    let zero = Zero {
        issued: at(1_000),
        done: at(1_200),
    };
    let mark = |lower, upper| {
        let mark = measured(Event::Recovery, Interval { lower, upper }, zero);
        (mark.from.as_micros(), mark.to.map(Timestamp::as_micros))
    };
    assert_eq!(mark(500, Some(900)), (1_700, Some(1_900)));
    assert_eq!(mark(0, Some(900)), (1_000, Some(1_900)));
    assert_eq!(mark(500, None), (1_700, None));
}

#[test]
fn a_restoration_of_which_a_step_is_not_done_has_no_end() {
    let event = |at, what| events::Event {
        at: Timestamp::from_micros(at),
        monotonic_us: at,
        what,
    };
    let step = || "s".to_owned();
    let mut log = vec![
        event(1, What::RestoreIssued { step: step() }),
        event(2, What::RestoreDone { step: step() }),
        event(3, What::RestoreIssued { step: step() }),
    ];
    assert_eq!(restored(&log).unwrap().to, None);
    log.push(event(4, What::RestoreDone { step: step() }));
    assert_eq!(restored(&log).unwrap().to, Some(Timestamp::from_micros(4)));
    assert_eq!(restored(&log[..0]), None);
}
