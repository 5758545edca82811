//! Aggregations: rows are grouped once; then each group is folded row by row, all steps at a time.

use crate::promql::functions::{Mean, Sum, quantile};
use crate::promql::syntax::{Aggregate, AggregateOp, Expr};

use super::fold::{Count, Deviation, Fold, Max, Min, One, Variance};
use super::grid::Grid;
use super::grouping::{Groups, grouped};
use super::rows::{ABSENT, Row, is_present};
use super::select::canonical;
use super::{EvalError, Evaluator};

impl Evaluator<'_> {
    pub(super) fn aggregate(
        &mut self,
        aggregate: &Aggregate,
        grid: Grid,
    ) -> Result<Vec<Row>, EvalError> {
        match (aggregate.op, &aggregate.parameter) {
            (AggregateOp::TopK | AggregateOp::BottomK, Some(k)) => self.top(aggregate, k, grid),
            (AggregateOp::Quantile, Some(q)) => self.quantile(aggregate, q, grid),
            (AggregateOp::CountValues, Some(Expr::Text(label))) => {
                self.count_values(aggregate, label, grid)
            }
            (op, _) => {
                let rows = self.vector(&aggregate.inner, grid)?;
                let groups = Grouped::of(rows, aggregate);
                match op {
                    AggregateOp::Sum => Ok(groups.fold::<Sum>()),
                    AggregateOp::Avg => Ok(groups.fold::<Mean>()),
                    AggregateOp::Min => Ok(groups.fold::<Min>()),
                    AggregateOp::Max => Ok(groups.fold::<Max>()),
                    AggregateOp::Count => Ok(groups.fold::<Count>()),
                    AggregateOp::Group => Ok(groups.fold::<One>()),
                    AggregateOp::StdDev => Ok(groups.fold::<Deviation>()),
                    AggregateOp::StdVar => Ok(groups.fold::<Variance>()),
                    _ => Err(EvalError::Type),
                }
            }
        }
    }

    fn quantile(
        &mut self,
        aggregate: &Aggregate,
        q: &Expr,
        grid: Grid,
    ) -> Result<Vec<Row>, EvalError> {
        let q = self.scalar(q, grid)?;
        let rows = self.vector(&aggregate.inner, grid)?;
        let undefined = q.iter().copied().find(|q| q.is_nan());
        let most = q.iter().copied().reduce(greater).filter(|q| *q > 1.0);
        let least = q.iter().copied().map(|q| -q).reduce(greater);
        let least = least.map(|q| -q).filter(|q| *q < 0.0);
        for q in [undefined, most, least].into_iter().flatten() {
            self.notes.quantile(q, aggregate.site.argument(0));
        }
        let groups = Grouped::of(rows, aggregate);
        let mut elements = Vec::new();
        let results = groups.labels.into_iter().zip(groups.members);
        let results = results.map(|(labels, members)| {
            let at_step = |(step, q): (usize, &f64)| {
                elements.clear();
                let values = members.iter().map(|row| row.values[step]);
                elements.extend(values.filter(|value| is_present(*value)));
                if elements.is_empty() {
                    ABSENT
                } else {
                    canonical(quantile(*q, &mut elements))
                }
            };
            let mut row = Row::new(labels, q.iter().enumerate().map(at_step).collect());
            row.loses_name = members.iter().any(|row| row.loses_name);
            row
        });
        Ok(results.collect())
    }
}

/// As Go's `math.Max`: infinity wins, then NaN.
fn greater(a: f64, b: f64) -> f64 {
    if a.max(b) == f64::INFINITY || !(a.is_nan() || b.is_nan()) {
        a.max(b)
    } else {
        f64::NAN
    }
}

/// Rows by the labels that the result keeps.
pub(super) struct Grouped {
    pub(super) labels: Vec<crate::promql::Labels>,
    pub(super) members: Vec<Vec<Row>>,
}

impl Grouped {
    pub(super) fn of(rows: Vec<Row>, aggregate: &Aggregate) -> Self {
        let mut groups = Groups::new();
        let of_rows = groups.assign(&rows, |labels| grouped(labels, &aggregate.grouping));
        let members = groups.members(&of_rows, rows);
        Self {
            labels: groups.labels,
            members,
        }
    }

    fn fold<F: Fold>(self) -> Vec<Row> {
        let mut states: Vec<Option<F>> = Vec::new();
        let groups = self.labels.into_iter().zip(self.members);
        let fold = groups.map(|(labels, members)| {
            states.clear();
            let loses_name = members.iter().any(|row| row.loses_name);
            for row in members {
                states.resize(row.values.len(), None);
                take_in(&mut states, &row.values);
            }
            let results = states
                .iter()
                .map(|state| state.map_or(ABSENT, |state| canonical(state.result())));
            Row {
                labels,
                values: results.collect(),
                loses_name,
            }
        });
        fold.collect()
    }
}

fn take_in<F: Fold>(states: &mut [Option<F>], values: &[f64]) {
    for (state, value) in states.iter_mut().zip(values) {
        if is_present(*value) {
            match state {
                Some(state) => state.add(*value),
                None => *state = Some(F::first(*value)),
            }
        }
    }
}
