//! Whether an answer is the one that was to come, as near as Prometheus' own runner wants it.

use std::collections::BTreeMap;

use mirrorwatch::promql::{Labels, Millis, Sample, Series, Value};

use super::evaluation::{Evaluation, Expected, Wanted};

/// How far two values may differ, relative to the sum of their sizes (Prometheus 3.16, promql/promqltest/test.go).
const EPSILON: f64 = 1e-6;

/// Whether two values are the same: markers only marker, any NaN any other, numbers nearly (Prometheus 3.16, util/almost).
pub(super) fn nearly(a: f64, b: f64) -> bool {
    let stale = |value| Sample { at: 0, value }.is_stale();
    if stale(a) || stale(b) {
        return stale(a) && stale(b);
    }
    if a.is_nan() && b.is_nan() {
        return true;
    }
    #[expect(
        clippy::float_cmp,
        reason = "infinities and zeros are the same only if they are equal"
    )]
    if a == b {
        return true;
    }
    let (size, difference) = (a.abs() + b.abs(), (a - b).abs());
    if a == 0.0 || b == 0.0 || size < f64::MIN_POSITIVE {
        return difference < EPSILON * f64::MIN_POSITIVE;
    }
    difference / size.min(f64::MAX) < EPSILON
}

/// What is wrong with a value.
pub(super) fn check(evaluation: &Evaluation, value: &Value) -> Result<(), String> {
    match (&evaluation.result, value) {
        (Wanted::Scalar(expected), Value::Scalar(came)) if nearly(*expected, came.value) => Ok(()),
        (Wanted::Scalar(expected), Value::Scalar(came)) => {
            Err(format!("{expected} was expected, but came {}", came.value))
        }
        (Wanted::Text(expected), Value::String(came)) if expected == came => Ok(()),
        (Wanted::Series(expected), Value::Vector(came)) => {
            vector(expected, came, evaluation.expectations.ordered)
        }
        (Wanted::Series(_), Value::Matrix(_)) if evaluation.expectations.ordered => {
            Err("an order was expected, but came a matrix".to_owned())
        }
        (Wanted::Series(expected), Value::Matrix(came)) => {
            sorted(came)?;
            matrix(expected, came, evaluation)
        }
        (expected, came) => Err(format!("{expected:?} was expected, but came {came:?}")),
    }
}

/// What is wrong with the order of the series of a matrix.
pub(super) fn sorted(series: &[Series]) -> Result<(), String> {
    let wrong = series
        .windows(2)
        .find(|pair| pair[0].labels >= pair[1].labels);
    wrong.map_or(Ok(()), |pair| {
        Err(format!(
            "{} comes before {}",
            pair[0].labels, pair[1].labels
        ))
    })
}

fn vector(
    expected: &BTreeMap<Labels, Expected>,
    came: &[(Labels, Sample)],
    ordered: bool,
) -> Result<(), String> {
    for (place, (labels, sample)) in came.iter().enumerate() {
        let unexpected = || format!("{labels} {} was not expected", sample.value);
        let wanted = expected.get(labels).ok_or_else(unexpected)?;
        if ordered && wanted.place != place {
            let (wanted, place) = (wanted.place + 1, place + 1);
            return Err(format!(
                "{labels} was expected at place {wanted}, but came at {place}"
            ));
        }
        let value = wanted.values.iter().flatten().next().copied().flatten();
        if !value.is_some_and(|value| nearly(value, sample.value)) {
            return Err(format!(
                "{labels}: {value:?} was expected, but came {}",
                sample.value
            ));
        }
    }
    all_came(expected, came.iter().map(|(labels, _)| labels))
}

fn all_came<'a>(
    expected: &BTreeMap<Labels, Expected>,
    came: impl Iterator<Item = &'a Labels>,
) -> Result<(), String> {
    let came: std::collections::BTreeSet<_> = came.collect();
    match expected.keys().find(|labels| !came.contains(labels)) {
        Some(missing) => Err(format!("{missing} was expected, but did not come")),
        None => Ok(()),
    }
}

fn matrix(
    expected: &BTreeMap<Labels, Expected>,
    came: &[Series],
    evaluation: &Evaluation,
) -> Result<(), String> {
    for series in came {
        let unexpected = || format!("{} was not expected: {:?}", series.labels, series.samples);
        let wanted = expected.get(&series.labels).ok_or_else(unexpected)?;
        let wanted = timed(wanted, evaluation)?;
        let same = wanted.len() == series.samples.len()
            && wanted
                .iter()
                .zip(&series.samples)
                .all(|(a, b)| a.at == b.at && nearly(a.value, b.value));
        if !same {
            let (labels, samples) = (&series.labels, &series.samples);
            return Err(format!(
                "{labels}: {wanted:?} was expected, but came {samples:?}"
            ));
        }
    }
    all_came(expected, came.iter().map(|series| &series.labels))
}

/// The samples that are to come.
fn timed(expected: &Expected, evaluation: &Evaluation) -> Result<Vec<Sample>, String> {
    let Some(steps) = evaluation.steps else {
        return Err("a matrix came, but a vector was expected".to_owned());
    };
    let times = (0..).map(|i: Millis| steps.from.saturating_add(steps.step.saturating_mul(i)));
    let points = times.zip(expected.values.iter().flatten());
    let samples: Vec<_> = points
        .filter_map(|(at, value)| value.map(|value| Sample { at, value }))
        .collect();
    if samples.last().is_some_and(|last| last.at > steps.to) {
        return Err("more points are expected than there are steps".to_owned());
    }
    Ok(samples)
}

#[test]
fn values_are_the_same_within_a_millionth() {
    let stale = Sample::stale(0).value;
    for (a, b) in [
        (1.0, 1.000_001),
        (f64::NAN, -f64::NAN),
        (0.0, -0.0),
        (stale, stale),
    ] {
        assert!(nearly(a, b), "{a} {b}");
    }
    for (a, b) in [
        (1.0, 1.000_01),
        (0.0, 1e-300),
        (f64::INFINITY, 1e308),
        (stale, f64::NAN),
    ] {
        assert!(!nearly(a, b), "{a} {b}");
    }
}
