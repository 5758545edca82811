//! `absent` and `absent_over_time`: one element where there is none.

use crate::promql::Labels;
use crate::promql::labels::METADATA;
use crate::promql::syntax::{Expr, VectorSelector};

use super::grid::Grid;
use super::range::Cursor;
use super::rows::{self, ABSENT, Row};
use super::{EvalError, Evaluator};

impl Evaluator<'_> {
    pub(super) fn absent(&mut self, inner: &Expr, grid: Grid) -> Result<Vec<Row>, EvalError> {
        let rows = self.vector(inner, grid)?;
        let present = rows::presence(rows.iter(), grid.len());
        let labels = match inner {
            Expr::Vector(vector) => asked_for(vector),
            _ => Labels::default(),
        };
        Ok(complement(labels, &present))
    }

    pub(super) fn absent_over_time(
        &mut self,
        inner: &Expr,
        grid: Grid,
    ) -> Result<Vec<Row>, EvalError> {
        let ranges = self.ranges(inner, grid)?;
        let mut present = vec![false; grid.len()];
        for series in &ranges.series {
            let mut cursor = Cursor::default();
            for (any, at) in present.iter_mut().zip(grid.times()) {
                *any |= !cursor.window(&series.samples, ranges.edges(at)).is_empty();
            }
        }
        let labels = match inner {
            Expr::Range(vector, _) => asked_for(vector),
            _ => Labels::default(),
        };
        Ok(complement(labels, &present))
    }
}

fn complement(labels: Labels, present: &[bool]) -> Vec<Row> {
    let values = present.iter().map(|any| if *any { ABSENT } else { 1.0 });
    rows::populated(vec![Row::new(labels, values.collect())])
}

/// The labels that a selector asks for by equality; asking for one again takes it away (Prometheus 3.16, promql/functions.go
/// `createLabelsForAbsentFunction`).
fn asked_for(vector: &VectorSelector) -> Labels {
    let mut asked: Vec<(&str, &str)> = Vec::new();
    let mut once = Vec::new();
    let matchers = vector.selector.matchers().iter();
    for matcher in matchers.filter(|matcher| !METADATA.contains(&matcher.label())) {
        let label = matcher.label();
        asked.retain(|(other, _)| *other != label);
        if matcher.is_equality() && !once.contains(&label) {
            asked.push((label, matcher.value()));
            once.push(label);
        }
    }
    asked.into_iter().collect()
}
