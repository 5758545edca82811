//! The grid of times: from an event's zero to the first reading of which something holds. Definitions: "Detection" has the same bounds.

use super::Spans;
use crate::recovery::checks::read_at;
use crate::recovery::judgement::{Measured, Remark, TimedResult};
use crate::recovery::measured::Events;
use crate::recovery::plan::{Bound, Plan, Timed};
use crate::recovery::remark::remark;
use crate::recovery::scenario::{Event, Measure};
use crate::recovery::watch::{State, Watch};

/// The rows, filled.
pub(super) fn times(
    plan: &Plan,
    spans: &Spans,
    events: &Events,
    watch: &Watch<'_>,
) -> Vec<TimedResult> {
    let rows = plan.times.iter();
    rows.map(|timed| {
        let (measured, evidence) = one(timed, spans, events, watch);
        result(timed, measured, evidence)
    })
    .collect()
}

/// The rows, and why they are empty.
pub(super) fn blank(plan: &Plan, because: &Remark) -> Vec<TimedResult> {
    let because = || because.clone();
    let rows = plan.times.iter();
    rows.map(|timed| {
        let evidence = timed.until.as_ref().map(Bound::expr);
        let measured = Measured::Unknown { because: because() };
        result(timed, measured, evidence.unwrap_or_default())
    })
    .collect()
}

fn result(timed: &Timed, measured: Measured, evidence: String) -> TimedResult {
    let row = &timed.row;
    TimedResult {
        id: row.id.clone(),
        title: row.title.clone(),
        after: row.after,
        measure: row.measure,
        measured,
        evidence,
        note: row.note.clone(),
    }
}

fn one(timed: &Timed, spans: &Spans, events: &Events, watch: &Watch<'_>) -> (Measured, String) {
    let unknown = |code| Measured::Unknown {
        because: remark(code, &[]),
    };
    let row = &timed.row;
    let Some(measures) = events.of(row.after) else {
        return (unknown("not_restored"), String::new());
    };
    let Some(until) = &timed.until else {
        return measures.of(row.measure.unwrap_or(Measure::RecoveryTime));
    };
    let zero = match row.after {
        Event::Fault => Some((spans.fault, spans.fault_end)),
        Event::Restore => spans.restore.map(|zero| (zero, spans.end)),
    };
    let endpoint = row.read_from.as_deref().unwrap_or("");
    let found = zero.map_or_else(
        || unknown("not_restored"),
        |(zero, end)| measures.known(first(watch, until, endpoint, zero, end)),
    );
    (found, until.expr())
}

/// Rule: it holds from the first scrape on that shows it, and did not yet at the last reading before that shows the contrary. Where no
/// reading shows it, it took longer than until the last that shows the contrary.
fn first(
    watch: &Watch<'_>,
    until: &Bound,
    endpoint: &str,
    (issued, done): (i64, i64),
    end: i64,
) -> Measured {
    let watched = watch.on(until);
    let unknown = |code| Measured::Unknown {
        because: remark(code, &[]),
    };
    let mut not_yet: Option<i64> = None;
    let mut read = false;
    for scrape in watch
        .scrapes
        .all
        .iter()
        .filter(|scrape| scrape.latest <= end)
    {
        let after = scrape.latest > issued;
        match watched.state(*scrape) {
            State::Holds if after => {
                let Some(before) = not_yet else {
                    return unknown("held_before");
                };
                return Measured::between((before - done).max(0), Some(scrape.latest - issued));
            }
            State::Holds => not_yet = None,
            State::DoesNot => {
                not_yet = read_at(watch.scrapes, *scrape, endpoint).or(not_yet);
                read |= after;
            }
            State::Unknown => {}
        }
    }
    match not_yet {
        Some(before) if read => Measured::between((before - done).max(0), None),
        _ => unknown("not_read"),
    }
}
