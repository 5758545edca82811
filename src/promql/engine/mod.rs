//! Evaluation: an expression at all steps at once, node by node. Every node yields a row per series with a cell per step, so that
//! labels are matched and grouped once per series and not once per step. Semantics: Prometheus 3.16, promql/engine.go.

mod absent;
mod aggregate;
mod arithmetic;
mod binary;
mod call;
mod count_values;
mod error;
mod fold;
mod grid;
mod grouping;
mod histogram;
mod label_call;
mod matching;
mod notes;
mod order;
mod pieces;
mod piecewise;
mod range;
mod rows;
mod select;
mod set;
#[cfg(test)]
mod tests;
mod topk;

pub use error::EvalError;
use grid::Grid;
use notes::Notes;
pub use pieces::{Part, Parts, Pieces};
use rows::Row;

use super::query::{Answer, Settings, Steps, Value};
use super::syntax::{Expr, Type};
use super::{Millis, Sample, Series, SeriesSet};

/// One evaluation over one set of series.
struct Evaluator<'a> {
    data: &'a SeriesSet,
    settings: &'a Settings,
    /// The first and the last time of the whole query, which `@ start()` and `@ end()` mean.
    bounds: (Millis, Millis),
    notes: Notes,
    /// Values in memory.
    live: usize,
}

/// Evaluate at one time.
pub(super) fn instant(
    expr: &Expr,
    data: &SeriesSet,
    at: Millis,
    settings: &Settings,
) -> Result<Answer, EvalError> {
    let grid = Grid::instant(at)?;
    let mut evaluator = Evaluator::new(data, settings, (at, at));
    let value = match expr {
        Expr::Text(text) => Value::String(text.clone()),
        _ => match expr.value_type() {
            Type::Scalar => {
                let values = evaluator.scalar(expr, grid)?;
                let value = values.first().copied().ok_or(EvalError::Type)?;
                Value::Scalar(Sample { at, value })
            }
            Type::Vector => {
                let rows = rows::unnamed(evaluator.vector(expr, grid)?)?.into_iter();
                let element = |row: Row| {
                    let value = row.values.first().copied()?;
                    Some((row.labels, Sample { at, value }))
                };
                Value::Vector(rows.filter_map(element).collect())
            }
            Type::Matrix => Value::Matrix(sorted(evaluator.matrix(expr, grid)?)),
            Type::Text => return Err(EvalError::Type),
        },
    };
    Ok(answer(value, evaluator.notes))
}

/// Evaluate at every step.
pub(super) fn range(
    expr: &Expr,
    data: &SeriesSet,
    steps: Steps,
    settings: &Settings,
) -> Result<Answer, EvalError> {
    let (series, notes) = at_steps(expr, data, steps, settings)?;
    Ok(answer(Value::Matrix(sorted(series)), notes))
}

/// The series over the steps, in no order, and what was noticed.
fn at_steps(
    expr: &Expr,
    data: &SeriesSet,
    steps: Steps,
    settings: &Settings,
) -> Result<(Vec<Series>, Notes), EvalError> {
    let kind = expr.value_type();
    match kind {
        Type::Matrix => return Err(EvalError::RangeType("range vector")),
        Type::Text => return Err(EvalError::RangeType("string")),
        Type::Scalar | Type::Vector => {}
    }
    let Some(grid) = Grid::of(steps)? else {
        return Ok((Vec::new(), Notes::default()));
    };
    let mut evaluator = Evaluator::new(data, settings, (steps.from, steps.to));
    let rows = if kind == Type::Scalar {
        let values = evaluator.scalar(expr, grid)?;
        vec![Row::new(super::Labels::default(), values)]
    } else {
        rows::unnamed(evaluator.vector(expr, grid)?)?
    };
    let series = rows.into_iter().map(|row| series_of(row, grid)).collect();
    Ok((series, evaluator.notes))
}

fn answer(value: Value, notes: Notes) -> Answer {
    let (warnings, infos) = notes.into_parts();
    Answer {
        value,
        warnings,
        infos,
    }
}

fn sorted(mut series: Vec<Series>) -> Vec<Series> {
    series.sort_by(|a, b| a.labels.cmp(&b.labels));
    series
}

fn series_of(row: Row, grid: Grid) -> Series {
    Series {
        samples: row.samples(grid),
        labels: row.labels,
    }
}

impl<'a> Evaluator<'a> {
    fn new(data: &'a SeriesSet, settings: &'a Settings, bounds: (Millis, Millis)) -> Self {
        Self {
            data,
            settings,
            bounds,
            notes: Notes::default(),
            live: 0,
        }
    }

    /// Rows with new values, which do not deserve the metric's name.
    fn without_names(&self, mut rows: Vec<Row>) -> Result<Vec<Row>, EvalError> {
        for row in &mut rows {
            row.loses_name = true;
        }
        if self.settings.delayed_name_removal {
            return Ok(rows);
        }
        rows::unnamed(rows)
    }

    /// Count values that are about to be in memory.
    fn take(&mut self, values: usize) -> Result<(), EvalError> {
        self.live = self.live.saturating_add(values);
        self.check(0)
    }

    /// Whether so many values more would still be allowed.
    fn check(&self, more: usize) -> Result<(), EvalError> {
        if self.live.saturating_add(more) > self.settings.max_samples {
            return Err(EvalError::TooManySamples);
        }
        Ok(())
    }

    /// An expression of type instant vector: its rows that have any element.
    fn vector(&mut self, expr: &Expr, grid: Grid) -> Result<Vec<Row>, EvalError> {
        // Rows are made before they are counted, but none that could not be.
        if grid.len() > self.settings.max_samples {
            return Err(EvalError::TooManySamples);
        }
        let before = self.live;
        let rows = if !grid.is_instant() && expr.is_constant() {
            let mut rows = self.vector(expr, grid.first())?;
            self.take(rows.len().saturating_mul(grid.len()))?;
            for row in &mut rows {
                let value = row.values.first().copied().unwrap_or(rows::ABSENT);
                row.values = vec![value; grid.len()];
            }
            rows
        } else {
            self.node(expr, grid)?
        };
        // What the operands held is gone by now.
        self.live = before;
        self.take(rows.len().saturating_mul(grid.len()))?;
        Ok(rows)
    }

    fn node(&mut self, expr: &Expr, grid: Grid) -> Result<Vec<Row>, EvalError> {
        match expr {
            Expr::Vector(vector) => self.select(vector, grid),
            Expr::Negate(inner) => {
                let mut rows = self.vector(inner, grid)?;
                for row in &mut rows {
                    row.map(|value| -value);
                }
                self.without_names(rows)
            }
            Expr::Binary(binary) => self.binary(binary, grid),
            Expr::Aggregate(aggregate) => self.aggregate(aggregate, grid),
            Expr::Call(call) => self.call(call, grid),
            Expr::Number(_) | Expr::Text(_) | Expr::Range(..) | Expr::Subquery(_) => {
                Err(EvalError::Type)
            }
        }
    }

    /// An expression of type scalar: a value for each step.
    fn scalar(&mut self, expr: &Expr, grid: Grid) -> Result<Vec<f64>, EvalError> {
        self.take(grid.len())?;
        match expr {
            Expr::Number(number) => Ok(vec![*number; grid.len()]),
            Expr::Negate(inner) => {
                let mut values = self.scalar(inner, grid)?;
                for value in &mut values {
                    *value = -*value;
                }
                Ok(values)
            }
            Expr::Binary(binary) => {
                let left = self.scalar(&binary.left, grid)?;
                let right = self.scalar(&binary.right, grid)?;
                arithmetic::of_scalars(binary.op, left, &right)
            }
            Expr::Call(call) => self.scalar_call(call, grid),
            _ => Err(EvalError::Type),
        }
    }
}
