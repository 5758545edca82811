//! `histogram_quantile` and `histogram_fraction` of classic histograms: rows that differ only in `le` are the buckets of one.

use std::collections::BTreeMap;

use crate::promql::Labels;
use crate::promql::functions::histogram::{self, Bucket};
use crate::promql::syntax::{Call, Expr, Place};

use super::grid::Grid;
use super::grouping::Groups;
use super::notes::Forced;
use super::rows::{ABSENT, Row, is_present};
use super::select::canonical;
use super::{EvalError, Evaluator};

/// The label with a bucket's upper bound.
const BOUND: &str = "le";

impl Evaluator<'_> {
    pub(super) fn histogram_quantile(
        &mut self,
        call: &Call,
        [q, inner]: [&Expr; 2],
        grid: Grid,
    ) -> Result<Vec<Row>, EvalError> {
        let q = self.scalar(q, grid)?;
        let times: Vec<_> = grid.times().collect();
        let mut forced: BTreeMap<String, Forced> = BTreeMap::new();
        let place = call.site.argument(1);
        let rows = self.of_buckets(inner, place, grid, |labels, step, buckets| {
            let (value, repair) = histogram::quantile(q[step], buckets);
            if repair.forced_monotonicity {
                let once = Forced::of(repair, times[step], place);
                let all = forced.entry(labels.name().to_owned());
                all.and_modify(|all| all.merge(once)).or_insert(once);
            }
            value
        })?;
        for (metric, forced) in forced {
            let metric = self.name_in_notes(&metric);
            self.notes.forced_monotonicity(metric, forced);
        }
        for q in &q {
            self.notes.quantile(*q, call.site.argument(0));
        }
        Ok(rows)
    }

    pub(super) fn histogram_fraction(
        &mut self,
        call: &Call,
        [lower, upper, inner]: [&Expr; 3],
        grid: Grid,
    ) -> Result<Vec<Row>, EvalError> {
        let lower = self.scalar(lower, grid)?;
        let upper = self.scalar(upper, grid)?;
        let place = call.site.argument(2);
        self.of_buckets(inner, place, grid, |_, step, buckets| {
            histogram::fraction(lower[step], upper[step], buckets)
        })
    }

    /// Prometheus names the metric only if its name is not dropped already.
    fn name_in_notes<'n>(&self, name: &'n str) -> &'n str {
        if self.settings.delayed_name_removal {
            name
        } else {
            ""
        }
    }

    /// Rows whose label `le` is a bound, with it.
    fn bounded(&mut self, rows: Vec<Row>, place: Place) -> (Vec<Row>, Vec<f64>) {
        let mut bounded = (Vec::new(), Vec::new());
        for row in rows {
            let bound = row.labels.get(BOUND);
            match bound.parse::<f64>() {
                Ok(upper) if !upper.is_nan() => {
                    bounded.1.push(upper);
                    bounded.0.push(row);
                }
                _ => {
                    let name = self.name_in_notes(row.labels.name());
                    self.notes.bucket_label(bound, name, place);
                }
            }
        }
        bounded
    }

    /// A function of the buckets of each histogram at each step.
    fn of_buckets(
        &mut self,
        inner: &Expr,
        place: Place,
        grid: Grid,
        mut function: impl FnMut(&Labels, usize, Vec<Bucket>) -> f64,
    ) -> Result<Vec<Row>, EvalError> {
        let rows = self.vector(inner, grid)?;
        let (rows, bounds) = self.bounded(rows, place);
        let mut groups = Groups::new();
        let of_rows = groups.assign(&rows, |labels| labels.filtered(|name| name != BOUND));
        let members = groups.members(&of_rows, rows.into_iter().zip(bounds).collect());
        let histograms = groups.labels.iter().zip(members);
        let results = histograms.map(|(labels, members)| {
            let at_step = |step| match buckets(&members, step) {
                buckets if buckets.is_empty() => ABSENT,
                buckets => canonical(function(labels, step, buckets)),
            };
            Row::new(labels.clone(), (0..grid.len()).map(at_step).collect())
        });
        let rows = results.collect();
        self.without_names(rows)
    }
}

fn buckets(members: &[(Row, f64)], step: usize) -> Vec<Bucket> {
    let counts = members
        .iter()
        .map(|(row, upper)| (*upper, row.values[step]));
    let present = counts.filter(|(_, count)| is_present(*count));
    present
        .map(|(upper, count)| Bucket { upper, count })
        .collect()
}
