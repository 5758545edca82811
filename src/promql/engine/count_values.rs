//! `count_values`: how many elements have each value, which becomes a label.

use crate::promql::syntax::{Aggregate, Grouping};
use crate::promql::{Labels, print_value};

use super::grid::Grid;
use super::grouping::{Groups, grouped};
use super::rows::{ABSENT, Row, is_present};
use super::{EvalError, Evaluator};

impl Evaluator<'_> {
    pub(super) fn count_values(
        &mut self,
        aggregate: &Aggregate,
        label: &str,
        grid: Grid,
    ) -> Result<Vec<Row>, EvalError> {
        if label.is_empty() {
            return Err(EvalError::LabelName {
                role: "",
                place: "",
                name: "\"\"".to_owned(),
            });
        }
        let rows = self.vector(&aggregate.inner, grid)?;
        let mut counts = Counts {
            groups: Groups::new(),
            rows: Vec::new(),
        };
        for row in rows {
            let mut last = None;
            for (step, value) in row.values.iter().enumerate() {
                if !is_present(*value) {
                    continue;
                }
                // Neighbouring values are often the same.
                let place = match last {
                    Some((bits, place)) if bits == value.to_bits() => place,
                    _ => {
                        let rows = counts.rows.len() + 1;
                        self.check(rows.saturating_mul(grid.len()))?;
                        let labelled = row.labels.with(label, &print_value(*value));
                        counts.place(result(&labelled, label, &aggregate.grouping), grid.len())
                    }
                };
                last = Some((value.to_bits(), place));
                counts.count(place, step);
            }
        }
        Ok(counts.rows)
    }
}

/// The labels of a count: those of its group, and the value, unless that is what the group is without.
fn result(labelled: &Labels, label: &str, grouping: &Grouping) -> Labels {
    match grouping {
        Grouping::By(by) => {
            labelled.filtered(|name| name == label || by.iter().any(|kept| kept == name))
        }
        Grouping::Without(_) => grouped(labelled, grouping),
    }
}

struct Counts {
    groups: Groups,
    /// One for each group.
    rows: Vec<Row>,
}

impl Counts {
    fn place(&mut self, labels: Labels, steps: usize) -> usize {
        let place = self.groups.place(labels.clone());
        if place == self.rows.len() {
            self.rows.push(Row::new(labels, vec![ABSENT; steps]));
        }
        place
    }

    fn count(&mut self, place: usize, step: usize) {
        let count = &mut self.rows[place].values[step];
        *count = if is_present(*count) {
            *count + 1.0
        } else {
            1.0
        };
    }
}
