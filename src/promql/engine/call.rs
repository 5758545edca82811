//! Function calls: drives the kernels over windows and elements, and does what needs labels, vectors or times itself.

use crate::promql::functions::{self, Kernel, RangeKernel, Window};
use crate::promql::syntax::{Call, Expr, Place, Type};
use crate::promql::value::seconds;
use crate::promql::{Labels, Sample};

use super::grid::Grid;
use super::range::{Cursor, Ranges};
use super::rows::{self, ABSENT, Row, is_present};
use super::select::canonical;
use super::{EvalError, Evaluator};

impl Evaluator<'_> {
    /// A call whose function yields an instant vector.
    pub(super) fn call(&mut self, call: &Call, grid: Grid) -> Result<Vec<Row>, EvalError> {
        match functions::kernel(call.function.name) {
            Some(Kernel::Range(kernel)) => self.range_call(call, &kernel, grid),
            Some(Kernel::Elementwise(kernel)) => self.elementwise(call, kernel, grid),
            Some(Kernel::Engine) => self.engine_call(call, grid),
            None => Err(EvalError::Type),
        }
    }

    fn engine_call(&mut self, call: &Call, grid: Grid) -> Result<Vec<Row>, EvalError> {
        match (call.function.name, call.arguments.as_slice()) {
            ("vector", [scalar]) => {
                let values = self.scalar(scalar, grid)?;
                Ok(vec![Row::new(Labels::default(), values)])
            }
            ("timestamp", [inner]) => self.timestamp(inner, grid),
            ("absent", [inner]) => self.absent(inner, grid),
            ("absent_over_time", [inner]) => self.absent_over_time(inner, grid),
            ("sort" | "sort_desc", [inner]) => self.sort(call, inner, grid),
            ("label_replace", _) => self.label_replace(call, grid),
            ("label_join", arguments) => self.label_join(arguments, grid),
            ("histogram_quantile", [q, inner]) => self.histogram_quantile(call, [q, inner], grid),
            ("histogram_fraction", [lower, upper, inner]) => {
                self.histogram_fraction(call, [lower, upper, inner], grid)
            }
            _ => Err(EvalError::Type),
        }
    }

    /// A call whose function yields a scalar.
    pub(super) fn scalar_call(&mut self, call: &Call, grid: Grid) -> Result<Vec<f64>, EvalError> {
        match (call.function.name, call.arguments.as_slice()) {
            ("time", []) => Ok(grid.times().map(seconds).collect()),
            ("pi", []) => Ok(vec![std::f64::consts::PI; grid.len()]),
            ("scalar", [inner]) => {
                let rows = self.vector(inner, grid)?;
                Ok((0..grid.len()).map(|step| only(&rows, step)).collect())
            }
            _ => Err(EvalError::Type),
        }
    }

    /// Of a selector the samples' times, of anything else the steps'.
    fn timestamp(&mut self, inner: &Expr, grid: Grid) -> Result<Vec<Row>, EvalError> {
        if let Expr::Vector(vector) = inner {
            let rows = self.select_times(vector, grid)?;
            return self.without_names(rows);
        }
        let mut rows = self.vector(inner, grid)?;
        for row in &mut rows {
            for (value, step) in row.values.iter_mut().zip(grid.times()) {
                if is_present(*value) {
                    *value = seconds(step);
                }
            }
        }
        self.without_names(rows)
    }

    fn sort(&mut self, call: &Call, inner: &Expr, grid: Grid) -> Result<Vec<Row>, EvalError> {
        let mut rows = self.vector(inner, grid)?;
        if grid.is_instant() {
            let descends = call.function.name == "sort_desc";
            super::order::sort_by_value(&mut rows, descends, |row| row.values[0]);
        } else {
            self.notes.sort_over_range(call.site.start);
        }
        Ok(rows)
    }

    fn elementwise(
        &mut self,
        call: &Call,
        kernel: fn(f64, &[f64]) -> f64,
        grid: Grid,
    ) -> Result<Vec<Row>, EvalError> {
        let Some((inner, scalars)) = call.arguments.split_first() else {
            // The date functions take the evaluation's time, in whole seconds, if they are given none.
            let now = grid.times().map(|at| seconds(at).trunc());
            let values = now.map(|now| canonical(kernel(now, &[]))).collect();
            return Ok(vec![Row::new(Labels::default(), values)]);
        };
        let mut rows = self.vector(inner, grid)?;
        let scalars = self.scalars(scalars.iter(), grid)?;
        let mut parameters = vec![0.0; scalars.len()];
        for row in &mut rows {
            for (step, value) in row.values.iter_mut().enumerate() {
                if is_present(*value) {
                    fill(&mut parameters, &scalars, step);
                    *value = if is_empty_clamp(call.function.name, &parameters) {
                        ABSENT
                    } else {
                        canonical(kernel(*value, &parameters))
                    };
                }
            }
        }
        self.without_names(rows::populated(rows))
    }

    /// Scalar arguments, each with a value for each step.
    fn scalars<'e>(
        &mut self,
        arguments: impl Iterator<Item = &'e Expr>,
        grid: Grid,
    ) -> Result<Vec<Vec<f64>>, EvalError> {
        arguments.map(|scalar| self.scalar(scalar, grid)).collect()
    }

    fn range_call(
        &mut self,
        call: &Call,
        kernel: &RangeKernel,
        grid: Grid,
    ) -> Result<Vec<Row>, EvalError> {
        let is_range = |argument: &&Expr| argument.value_type() == Type::Matrix;
        let arguments = &call.arguments;
        let range = arguments.iter().find(is_range).ok_or(EvalError::Type)?;
        let ranges = self.ranges(range, grid)?;
        let scalars = arguments.iter().filter(|argument| !is_range(argument));
        let scalars = self.scalars(scalars, grid)?;
        let place = call.site.argument(0);
        // As Prometheus, which has lost the place of a subquery by then.
        let of_counter = match range {
            Expr::Subquery(_) => Place::BEGINNING,
            _ => place,
        };
        let mut rows = Vec::new();
        for series in &ranges.series {
            let Some(values) = over_windows(kernel, &series.samples, &ranges, &scalars, grid)
            else {
                continue;
            };
            if kernel.expects_counter {
                self.notes.counter_name(series.labels.name(), of_counter);
            }
            self.take(grid.len())?;
            rows.push(Row {
                labels: series.labels.clone(),
                values,
                loses_name: series.loses_name,
            });
        }
        if call.function.name == "quantile_over_time" {
            // Only where there was something to take it of.
            let has_any = |step: usize| rows.iter().any(|row| is_present(row.values[step]));
            let quantiles = scalars.iter().flat_map(|q| q.iter().enumerate());
            let asked = quantiles.filter(|(step, _)| has_any(*step));
            asked.for_each(|(_, q)| self.notes.quantile(*q, place));
        }
        if kernel.keeps_name {
            return rows::joined(rows);
        }
        self.without_names(rows)
    }
}

/// The kernel's value for each window that has samples; none if it has none for any.
fn over_windows(
    kernel: &RangeKernel,
    samples: &[Sample],
    ranges: &Ranges,
    scalars: &[Vec<f64>],
    grid: Grid,
) -> Option<Vec<f64>> {
    let may_fall = !kernel.expects_counter || functions::falls(samples);
    let mut cursor = Cursor::default();
    let mut values = None;
    let mut parameters = vec![0.0; scalars.len()];
    for (step, at) in grid.times().enumerate() {
        let (from, to) = ranges.edges(at);
        let samples = cursor.window(samples, (from, to));
        if samples.is_empty() {
            continue;
        }
        fill(&mut parameters, scalars, step);
        let window = Window {
            samples,
            from,
            to,
            at,
            may_fall,
        };
        if let Some(value) = (kernel.function)(&window, &parameters) {
            values.get_or_insert_with(|| vec![ABSENT; grid.len()])[step] = canonical(value);
        }
    }
    values
}

fn fill(parameters: &mut [f64], scalars: &[Vec<f64>], step: usize) {
    for (parameter, scalar) in parameters.iter_mut().zip(scalars) {
        *parameter = scalar[step];
    }
}

/// `clamp` between bounds that are the wrong way round yields nothing (Prometheus 3.16, promql/functions.go `clamp`).
fn is_empty_clamp(name: &str, parameters: &[f64]) -> bool {
    matches!(parameters, [least, most] if name == "clamp" && most < least)
}

/// The value of the only element at a step, or NaN.
fn only(rows: &[Row], step: usize) -> f64 {
    let mut present = rows
        .iter()
        .map(|row| row.values[step])
        .filter(|v| is_present(*v));
    match (present.next(), present.next()) {
        (Some(value), None) => value,
        _ => f64::NAN,
    }
}
