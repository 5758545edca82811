//! Range vectors: the samples of each series in a window that moves along the steps. Windows are left-open; staleness markers are
//! no samples (Prometheus 3.16, promql/engine.go `matrixIterSlice`).

use std::borrow::Cow;

use crate::promql::syntax::{Expr, Subquery, VectorSelector};
use crate::promql::{Labels, Millis, Sample, Series};

use super::grid::Grid;
use super::rows::Row;
use super::select::Shifted;
use super::{EvalError, Evaluator};

/// The samples that any window of the evaluation sees, by series, and the windows.
pub(super) struct Ranges<'a> {
    pub(super) series: Vec<RangeSeries<'a>>,
    shifted: Shifted,
    range: Millis,
}

pub(super) struct RangeSeries<'a> {
    pub(super) labels: Labels,
    pub(super) samples: Cow<'a, [Sample]>,
    /// Of a row of a subquery.
    pub(super) loses_name: bool,
}

impl Ranges<'_> {
    /// For a step the edges of its window: from (exclusive) and to (inclusive).
    pub(super) fn edges(&self, step: Millis) -> (Millis, Millis) {
        let to = self.shifted.time(step);
        (to - self.range, to)
    }
}

/// A window that only moves forward.
#[derive(Default)]
pub(super) struct Cursor {
    start: usize,
    end: usize,
}

impl Cursor {
    /// The samples between two edges, which are not before the last ones.
    pub(super) fn window<'s>(
        &mut self,
        samples: &'s [Sample],
        (from, to): (Millis, Millis),
    ) -> &'s [Sample] {
        let until = |start: usize, edge: Millis| {
            let ahead = samples[start..].iter();
            start + ahead.take_while(|sample| sample.at <= edge).count()
        };
        self.end = until(self.end, to);
        self.start = until(self.start, from).min(self.end);
        &samples[self.start..self.end]
    }
}

impl<'a> Evaluator<'a> {
    /// The argument of a function that takes a range vector.
    pub(super) fn ranges(&mut self, expr: &Expr, grid: Grid) -> Result<Ranges<'a>, EvalError> {
        match expr {
            Expr::Range(vector, range) => Ok(self.selected(vector, *range, grid)),
            Expr::Subquery(subquery) => {
                let rows = self.subquery(subquery, grid)?;
                Ok(Ranges {
                    series: rows,
                    shifted: self.shifted(subquery.shift),
                    range: subquery.range,
                })
            }
            _ => Err(EvalError::Type),
        }
    }

    /// A range vector as the result of an instant query.
    pub(super) fn matrix(&mut self, expr: &Expr, grid: Grid) -> Result<Vec<Series>, EvalError> {
        let ranges = self.ranges(expr, grid)?;
        let series = ranges.series.into_iter();
        Ok(series
            .map(|series| Series {
                labels: if series.loses_name {
                    series.labels.without_name()
                } else {
                    series.labels
                },
                samples: series.samples.into_owned(),
            })
            .collect())
    }

    fn selected(&self, vector: &VectorSelector, range: Millis, grid: Grid) -> Ranges<'a> {
        let mut ranges = Ranges {
            series: Vec::new(),
            shifted: self.shifted(vector.shift),
            range,
        };
        let (from, to) = (ranges.edges(grid.start()).0, ranges.edges(grid.end()).1);
        for (labels, samples) in self.matching(vector) {
            let start = samples.partition_point(|sample| sample.at <= from);
            let end = samples.partition_point(|sample| sample.at <= to);
            let seen = unmarked(samples.get(start..end).unwrap_or_default());
            if !seen.is_empty() {
                ranges.series.push(RangeSeries {
                    labels: labels.clone(),
                    samples: seen,
                    loses_name: false,
                });
            }
        }
        ranges
    }

    /// An expression at the absolute multiples of its own step that lie in any window (Prometheus 3.16, promql/engine.go
    /// `subqueryEvaluationTimes`).
    fn subquery(
        &mut self,
        subquery: &Subquery,
        grid: Grid,
    ) -> Result<Vec<RangeSeries<'a>>, EvalError> {
        let step = subquery.step.unwrap_or(self.settings.subquery_step);
        if step <= 0 {
            return Err(EvalError::Step);
        }
        let shifted = self.shifted(subquery.shift);
        let from = shifted.time(grid.start()) - subquery.range;
        let first = from.div_euclid(step).saturating_add(1).saturating_mul(step);
        let Some(inner) = Grid::new(first, shifted.time(grid.end()), step)? else {
            return Ok(Vec::new());
        };
        let rows = self.vector(&subquery.inner, inner)?;
        // A sample has a time beside its value.
        self.take(rows.len().saturating_mul(inner.len()))?;
        let samples = rows.into_iter().map(|row| samples_of(row, inner));
        Ok(samples.collect())
    }
}

fn samples_of<'a>(row: Row, grid: Grid) -> RangeSeries<'a> {
    RangeSeries {
        samples: Cow::Owned(row.samples(grid)),
        labels: row.labels,
        loses_name: row.loses_name,
    }
}

/// Samples without staleness markers, copied only if there are any.
fn unmarked(samples: &[Sample]) -> Cow<'_, [Sample]> {
    if !samples.iter().any(Sample::is_stale) {
        return Cow::Borrowed(samples);
    }
    let values = samples.iter().filter(|sample| !sample.is_stale());
    Cow::Owned(values.copied().collect())
}

#[test]
fn a_window_is_left_open_and_moves_forward() {
    let samples: Vec<_> = (0..6).map(|at| Sample { at, value: 0.0 }).collect();
    let mut cursor = Cursor::default();
    let mut times = |edges| {
        let window = cursor.window(&samples, edges);
        window.iter().map(|sample| sample.at).collect::<Vec<_>>()
    };
    assert_eq!(times((-3, 0)), [0]);
    assert_eq!(times((0, 2)), [1, 2]);
    assert!(times((3, 3)).is_empty());
    assert_eq!(times((4, 9)), [5]);
    assert!(times((7, 9)).is_empty());
}
