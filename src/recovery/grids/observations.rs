//! The table of metrics: what the numbers were before, during and after.

use super::Spans;
use crate::promql::Query;
use crate::recovery::checks::read_at;
use crate::recovery::judgement::{ObservationResult, Remark, Seen};
use crate::recovery::plan::{Observed, Plan};
use crate::recovery::remark::remark;
use crate::recovery::scenario::{Phase, Shown};
use crate::recovery::scrapes::Scrape;
use crate::recovery::watch::Watch;

const PHASES: [Phase; 3] = [Phase::Before, Phase::During, Phase::After];

/// The rows, filled.
pub(super) fn observations(
    plan: &Plan,
    spans: &Spans,
    watch: &Watch<'_>,
) -> Vec<ObservationResult> {
    let rows = plan.observations.iter();
    rows.map(|observed| {
        result(observed, |query, phase| {
            let scrapes = spans.scrapes(watch, phase);
            let scrapes = scrapes.ok_or_else(|| remark("phase_missing", &[]));
            let seen = scrapes.and_then(|scrapes| seen(watch, observed, query, &scrapes));
            seen.unwrap_or_else(|because| Seen::Unknown { because })
        })
    })
    .collect()
}

/// The rows, and why they are empty.
pub(super) fn blank(plan: &Plan, because: &Remark) -> Vec<ObservationResult> {
    let unknown = |_: &Query, _| Seen::Unknown {
        because: because.clone(),
    };
    let rows = plan.observations.iter();
    rows.map(|observed| result(observed, unknown)).collect()
}

fn result(observed: &Observed, seen: impl Fn(&Query, Phase) -> Seen) -> ObservationResult {
    let row = &observed.row;
    let query = observed.query.as_ref();
    let in_phase = |phase| match (query, &row.not_applicable) {
        (Some(query), _) => seen(query, phase),
        (None, because) => Seen::NotApplicable {
            because: because.clone().unwrap_or_else(|| row.title.clone()),
        },
    };
    ObservationResult {
        id: row.id.clone(),
        title: row.title.clone(),
        unit: row.unit,
        shown: row.shown,
        evidence: query.map_or_else(String::new, |query| query.text().to_owned()),
        seen: PHASES.map(|phase| (phase, in_phase(phase))).into(),
        note: row.note.clone(),
    }
}

/// A number at a scrape.
#[derive(Clone, Copy)]
pub(super) struct Point {
    pub(super) scrape: Scrape,
    pub(super) value: f64,
}

/// The number that a query has at each good scrape.
pub(super) fn points(
    watch: &Watch<'_>,
    query: &Query,
    scrapes: &[Scrape],
) -> Result<Vec<Point>, Remark> {
    let mut points = Vec::new();
    for scrape in scrapes.iter().filter(|scrape| scrape.up) {
        let numbers = watch.ask(query, *scrape)?;
        match numbers.as_slice() {
            [] => {}
            [value] if value.is_nan() => {}
            [value] => points.push(Point {
                scrape: *scrape,
                value: *value,
            }),
            several => {
                let with = [
                    ("expr", query.text().to_owned()),
                    ("elements", several.len().to_string()),
                ];
                return Err(remark("query_ambiguous", &with));
            }
        }
    }
    Ok(points)
}

fn seen(
    watch: &Watch<'_>,
    observed: &Observed,
    query: &Query,
    scrapes: &[Scrape],
) -> Result<Seen, Remark> {
    let points = points(watch, query, scrapes)?;
    let endpoint = observed.row.read_from.as_deref().unwrap_or("");
    let bounds = match observed.row.shown {
        Shown::Range | Shown::Most => range(&points),
        Shown::Last => points.last().map(|point| (point.value, point.value)),
        Shown::Increase => growth(query.text(), &points)?.map(|(grown, _)| (grown, grown)),
        Shown::Rate => {
            let growth = growth(query.text(), &points)?;
            growth.and_then(|(grown, ends)| rate(watch, endpoint, grown, ends))
        }
    };
    let (least, most) = bounds.ok_or_else(|| remark("not_observed", &[]))?;
    Ok(Seen::Between {
        least,
        most,
        scrapes: points.len(),
    })
}

pub(super) fn range(points: &[Point]) -> Option<(f64, f64)> {
    let values = points.iter().map(|point| (point.value, point.value));
    values.reduce(|(least, most), (value, _)| (least.min(value), most.max(value)))
}

/// How much a counter grew between the first scrape and the last. Rule: one that falls is no counter, or a part of the sum is gone.
pub(super) fn growth(expr: &str, points: &[Point]) -> Result<Option<(f64, [Scrape; 2])>, Remark> {
    let falls = |pair: &[Point]| pair[1].value < pair[0].value;
    if points.windows(2).any(falls) {
        return Err(remark("counter_fell", &[("expr", expr.to_owned())]));
    }
    Ok(match points {
        [first, .., last] => Some((last.value - first.value, [first.scrape, last.scrape])),
        _ => None,
    })
}

/// Rule: what two scrapes show was read between their readings' ages and their ends, so the time between is known to as much.
#[expect(
    clippy::cast_precision_loss,
    reason = "spans of a drill have less than 2^52 microseconds"
)]
pub(super) fn rate(
    watch: &Watch<'_>,
    endpoint: &str,
    grown: f64,
    [first, last]: [Scrape; 2],
) -> Option<(f64, f64)> {
    let read = |scrape: Scrape| read_at(watch.scrapes, scrape, endpoint).unwrap_or(scrape.earliest);
    let shortest = read(last) - first.latest;
    let longest = last.latest - read(first);
    let per_second = |micros: i64| grown * 1e6 / micros as f64;
    (shortest > 0).then(|| (per_second(longest), per_second(shortest)))
}
