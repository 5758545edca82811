//! Makes a failing case small: a smaller expression, fewer series, fewer samples, as long as it fails.

use super::case::Case;
use crate::promqltest::Times;

/// The smallest case found that still fails, with at most so many tries.
pub(crate) fn shrink<E>(
    case: Case,
    mut tries: usize,
    mut fails: impl FnMut(&Case) -> Result<bool, E>,
) -> Result<Case, E> {
    let mut smallest = case;
    'smaller: loop {
        let current = smallest.clone();
        for candidate in candidates(&current) {
            if tries == 0 {
                return Ok(smallest);
            }
            tries -= 1;
            if fails(&candidate)? {
                smallest = candidate;
                continue 'smaller;
            }
        }
        return Ok(smallest);
    }
}

/// Smaller cases, much smaller ones first.
fn candidates(case: &Case) -> impl Iterator<Item = Case> {
    let expressions = case.expr.smaller().into_iter().map(|expr| Case {
        expr,
        ..case.clone()
    });
    let instants = match case.when {
        Times::Instant(_) => Vec::new(),
        Times::Range(steps) => vec![steps.from, steps.to],
    };
    let instants = instants.into_iter().map(|at| Case {
        when: Times::Instant(at),
        ..case.clone()
    });
    let series = (0..case.series.len()).map(|i| {
        let mut fewer = case.clone();
        fewer.series.remove(i);
        fewer
    });
    expressions
        .chain(instants)
        .chain(series)
        .chain(fewer_samples(case))
}

/// Without an eighth of the samples of a series, or without a single one when there are few.
fn fewer_samples(case: &Case) -> impl Iterator<Item = Case> {
    (0..case.series.len()).flat_map(move |i| {
        let len = case.series[i].samples.len();
        let part = len.div_ceil(8).max(1);
        (0..len).step_by(part).map(move |first| {
            let mut fewer = case.clone();
            fewer.series[i]
                .samples
                .drain(first..(first + part).min(len));
            fewer
        })
    })
}

#[test]
fn a_case_shrinks_to_what_makes_it_fail() {
    use super::data;
    use super::random::Random;
    use super::tree::{Kind, Tree};

    let leaf = Tree::leaf(Kind::Vector, &["bad"], "gauge");
    let sum = Tree::new(Kind::Vector, &["sum"], "sum($)", vec![leaf]);
    let case = Case {
        series: data::series(&mut Random::seeded(3)),
        expr: Tree::new(Kind::Vector, &["abs"], "abs($)", vec![sum]),
        when: Times::Instant(60_000),
    };
    let fails = |case: &Case| {
        let has_bad = case.expr.all_features().contains(&"bad");
        let has_gauge = case
            .series
            .iter()
            .any(|s| s.labels.name() == "gauge" && !s.samples.is_empty());
        Ok::<_, ()>(has_bad && has_gauge)
    };
    let smallest = shrink(case, 10_000, fails).unwrap();
    assert_eq!(smallest.expr.to_string(), "gauge");
    assert_eq!(smallest.series.len(), 1);
    assert_eq!(smallest.series[0].samples.len(), 1);
}
