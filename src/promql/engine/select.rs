//! Instant vector selectors: at every step the newest sample of each series, if it is younger than the lookback and no
//! staleness marker. The lookback is left-open: a sample exactly as old as it is too old (Prometheus 3.16, promql/engine.go
//! `vectorSelectorSingle`).

use crate::promql::syntax::{At, Shift, VectorSelector};
use crate::promql::value::seconds;
use crate::promql::{Labels, Millis, Sample};

use super::grid::Grid;
use super::rows::{ABSENT, Row};
use super::{EvalError, Evaluator};

/// `@` and `offset`, with the query's bounds put in.
#[derive(Clone, Copy, Debug)]
pub(super) struct Shifted {
    fixed: Option<Millis>,
    offset: Millis,
}

impl Shifted {
    /// The time that is looked at instead of a step's.
    pub(super) fn time(self, step: Millis) -> Millis {
        self.fixed.unwrap_or(step) - self.offset
    }
}

impl<'a> Evaluator<'a> {
    pub(super) fn select(
        &mut self,
        vector: &VectorSelector,
        grid: Grid,
    ) -> Result<Vec<Row>, EvalError> {
        let shifted = self.shifted(vector.shift);
        self.look_back(vector, grid, shifted, |sample| canonical(sample.value))
    }

    /// The times of the samples in seconds, in place of their values.
    pub(super) fn select_times(
        &mut self,
        vector: &VectorSelector,
        grid: Grid,
    ) -> Result<Vec<Row>, EvalError> {
        let shifted = self.shifted(vector.shift);
        self.look_back(vector, grid, shifted, |sample| seconds(sample.at))
    }

    fn look_back(
        &mut self,
        vector: &VectorSelector,
        grid: Grid,
        shifted: Shifted,
        read: impl Fn(&Sample) -> f64,
    ) -> Result<Vec<Row>, EvalError> {
        let lookback = self.settings.lookback;
        let mut rows = Vec::new();
        for (labels, samples) in self.matching(vector) {
            let Some(values) = newest(samples, grid, shifted, lookback, &read) else {
                continue;
            };
            self.take(grid.len())?;
            rows.push(Row::new(labels.clone(), values));
        }
        Ok(rows)
    }

    /// Series that a selector selects.
    pub(super) fn matching<'s>(
        &self,
        vector: &'s VectorSelector,
    ) -> impl Iterator<Item = (&'a Labels, &'a [Sample])> + use<'a, 's> {
        self.data.select(&vector.selector)
    }

    pub(super) fn shifted(&self, shift: Shift) -> Shifted {
        Shifted {
            fixed: shift.at.map(|at| match at {
                At::Start => self.bounds.0,
                At::End => self.bounds.1,
                At::Time(time) => time,
            }),
            offset: shift.offset,
        }
    }
}

/// A value of which no arithmetic can make the mark of an absent element.
pub(super) fn canonical(value: f64) -> f64 {
    if value.is_nan() { f64::NAN } else { value }
}

/// For each step the newest sample that is neither too old nor a marker; none if there is none at any step.
fn newest(
    samples: &[Sample],
    grid: Grid,
    shifted: Shifted,
    lookback: Millis,
    read: impl Fn(&Sample) -> f64,
) -> Option<Vec<f64>> {
    let first = shifted.time(grid.start());
    let mut until = samples.partition_point(|sample| sample.at <= first);
    let mut values = None;
    for (i, step) in grid.times().enumerate() {
        let time = shifted.time(step);
        until += samples[until..]
            .iter()
            .take_while(|sample| sample.at <= time)
            .count();
        let Some(sample) = samples[..until].last() else {
            continue;
        };
        if sample.at > time.saturating_sub(lookback) && !sample.is_stale() {
            values.get_or_insert_with(|| vec![ABSENT; grid.len()])[i] = read(sample);
        }
    }
    values
}
