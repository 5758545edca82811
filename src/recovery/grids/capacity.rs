//! What the workers that are left can carry: the throughput of the target while the lag grows. Definitions: "Residual capacity".

use super::Spans;
use super::observations::{Point, growth, points, range, rate};
use crate::model::time::Timestamp;
use crate::promql::Query;
use crate::recovery::judgement::{CapacityResult, Interval, Measured, Remark, Seen, TimedResult};
use crate::recovery::plan::Capacity;
use crate::recovery::remark::remark;
use crate::recovery::scenario::Phase;
use crate::recovery::scrapes::Scrape;
use crate::recovery::watch::Watch;

/// What was seen; `until` is when the restoration was issued, or what was watched ended.
pub(super) fn capacity(
    capacity: &Capacity,
    spans: &Spans,
    times: &[TimedResult],
    watch: &Watch<'_>,
    until: i64,
) -> CapacityResult {
    let endpoint = capacity.row.read_from.as_deref().unwrap_or("");
    let per_second = |query: &Query, scrapes: &Result<Vec<Scrape>, Remark>| {
        let seen = scrapes
            .clone()
            .and_then(|scrapes| growing(watch, query, endpoint, &scrapes));
        seen.unwrap_or_else(|because| Seen::Unknown { because })
    };
    let before = spans.scrapes(watch, Phase::Before).unwrap_or_default();
    let loaded = loaded(capacity, spans, times, watch, until);
    let lag = |scrapes: &[Scrape]| points(watch, &capacity.lag, scrapes).unwrap_or_default();
    let lags = loaded
        .as_ref()
        .map_or_else(|_| Vec::new(), |scrapes| lag(scrapes));
    let usual = range(&lag(&before)).map(|(_, most)| most);
    let residual = per_second(&capacity.taken, &loaded);
    let taken_before = per_second(&capacity.taken, &Ok(before));
    CapacityResult {
        ratio: ratio(&residual, &taken_before),
        before: taken_before,
        offered: per_second(&capacity.offered, &loaded),
        residual,
        span: lags.first().zip(lags.last()).map(|(first, last)| {
            let at = Timestamp::from_micros;
            (at(first.scrape.earliest), at(last.scrape.latest))
        }),
        lag: lags
            .first()
            .zip(lags.last())
            .map(|(first, last)| (first.value, last.value)),
        grew: grew(&lags, usual),
    }
}

/// The scrapes from when they certainly carried everything.
fn loaded(
    capacity: &Capacity,
    spans: &Spans,
    times: &[TimedResult],
    watch: &Watch<'_>,
    until: i64,
) -> Result<Vec<Scrape>, Remark> {
    let row = times.iter().find(|row| row.id == capacity.row.from);
    let from = match row.map(|row| &row.measured) {
        Some(Measured::Within {
            interval: Interval {
                upper: Some(upper), ..
            },
            ..
        }) => spans.fault.0 + upper,
        _ => return Err(remark("never_carried", &[])),
    };
    let all = watch.scrapes.all.iter();
    let inside = all.filter(|scrape| scrape.earliest >= from && scrape.latest <= until);
    Ok(inside.copied().collect())
}

fn growing(
    watch: &Watch<'_>,
    query: &Query,
    endpoint: &str,
    scrapes: &[Scrape],
) -> Result<Seen, Remark> {
    let points = points(watch, query, scrapes)?;
    let grown = growth(query.text(), &points)?;
    let bounds = grown.and_then(|(grown, ends)| rate(watch, endpoint, grown, ends));
    let (least, most) = bounds.ok_or_else(|| remark("not_observed", &[]))?;
    Ok(Seen::Between {
        least,
        most,
        scrapes: points.len(),
    })
}

/// Rule: the lag grew if it ended higher than it began in each third of the time, and above all that it was before the fault. Without four readings, or
/// without any from before, that is not known.
fn grew(lags: &[Point], usual: Option<f64>) -> Option<bool> {
    let (last, usual) = (lags.last()?, usual?);
    let third = lags.len() / 3;
    if lags.len() < 4 {
        return None;
    }
    let ends = [0, third, 2 * third, lags.len() - 1].map(|place| lags[place].value);
    let each = ends.windows(2).all(|pair| pair[1] > pair[0]);
    Some(each && last.value > usual)
}

fn ratio(residual: &Seen, before: &Seen) -> Option<(f64, f64)> {
    match (residual, before) {
        (
            Seen::Between { least, most, .. },
            Seen::Between {
                least: least_before,
                most: most_before,
                ..
            },
        ) if *least_before > 0.0 => Some((least / most_before, most / least_before)),
        _ => None,
    }
}

#[test]
fn a_lag_grows_where_each_third_of_it_does_and_it_ends_above_what_was_usual() {
    let lags = |values: &[f64]| -> Vec<Point> {
        let numbered = (0..).zip(values);
        let point = |(at, value): (i64, &f64)| Point {
            scrape: Scrape {
                at,
                up: true,
                earliest: at,
                latest: at,
            },
            value: *value,
        };
        numbered.map(point).collect()
    };
    let rising = [1.0, 5.0, 4.0, 9.0, 12.0, 11.0, 20.0];
    assert_eq!(grew(&lags(&rising), Some(19.0)), Some(true));
    assert_eq!(grew(&lags(&rising), Some(20.0)), Some(false));
    // It stands still in the last third.
    assert_eq!(grew(&lags(&[1.0, 5.0, 9.0, 9.0]), Some(0.0)), Some(false));
    assert_eq!(
        grew(&lags(&[9.0, 7.0, 5.0, 6.0, 7.0]), Some(0.0)),
        Some(false)
    );
    assert_eq!(grew(&lags(&[1.0, 2.0, 3.0]), Some(0.0)), None);
    assert_eq!(grew(&lags(&rising), None), None);
    assert_eq!(grew(&[], Some(0.0)), None);
}

#[test]
fn a_ratio_is_as_wide_as_both_rates_together() {
    let between = |least, most| Seen::Between {
        least,
        most,
        scrapes: 2,
    };
    assert_eq!(
        ratio(&between(90.0, 110.0), &between(200.0, 220.0)),
        Some((90.0 / 220.0, 0.55))
    );
    assert_eq!(ratio(&between(90.0, 110.0), &between(0.0, 1.0)), None);
    let unknown = Seen::Unknown {
        because: remark("not_observed", &[]),
    };
    assert_eq!(ratio(&unknown, &between(1.0, 1.0)), None);
}
