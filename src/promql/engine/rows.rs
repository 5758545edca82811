//! An instant vector at every step: a row per series, a cell per step. One bit pattern that no arithmetic produces says that
//! there is no element, so that a cell takes no more room than its value.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use crate::promql::value::STALE;
use crate::promql::{Labels, Sample};

use super::EvalError;
use super::grid::Grid;

/// No element at this step. It is the staleness marker, which a selector never lets through as a value.
pub(super) const ABSENT: f64 = f64::from_bits(STALE);

/// Whether there is an element.
pub(super) fn is_present(value: f64) -> bool {
    value.to_bits() != ABSENT.to_bits()
}

/// A series over the steps.
#[derive(Clone, Debug)]
pub(super) struct Row {
    pub(super) labels: Labels,
    pub(super) values: Vec<f64>,
    /// Whether the metric's name is dropped from the answer; always before that if removal is not delayed.
    pub(super) loses_name: bool,
}

impl Row {
    /// A row that keeps what name it has.
    pub(super) fn new(labels: Labels, values: Vec<f64>) -> Self {
        Self {
            labels,
            values,
            loses_name: false,
        }
    }

    /// Whether it has an element at any step.
    pub(super) fn is_populated(&self) -> bool {
        self.values.iter().copied().any(is_present)
    }

    /// Its elements with their times.
    pub(super) fn samples(&self, grid: Grid) -> Vec<Sample> {
        let all = grid.times().zip(self.values.iter().copied());
        let present = all.filter(|(_, value)| is_present(*value));
        present.map(|(at, value)| Sample { at, value }).collect()
    }

    /// Note at which steps it has an element.
    pub(super) fn mark(&self, present: &mut [bool]) {
        for (any, value) in present.iter_mut().zip(&self.values) {
            *any |= is_present(*value);
        }
    }

    /// Put a function of its value in place of each element.
    pub(super) fn map(&mut self, function: impl Fn(f64) -> f64) {
        for value in &mut self.values {
            if is_present(*value) {
                *value = function(*value);
            }
        }
    }
}

/// Without rows that have become empty.
pub(super) fn populated(mut rows: Vec<Row>) -> Vec<Row> {
    rows.retain(Row::is_populated);
    rows
}

/// Rows whose labels have become the same, joined; they must not both have an element at one step (Prometheus 3.16,
/// promql/engine.go `mergeSeriesWithSameLabelset`).
pub(super) fn joined(rows: Vec<Row>) -> Result<Vec<Row>, EvalError> {
    let mut places: HashMap<Labels, usize> = HashMap::with_capacity(rows.len());
    let mut unique: Vec<Row> = Vec::with_capacity(rows.len());
    for row in rows {
        match places.entry(row.labels.clone()) {
            Entry::Vacant(vacant) => {
                vacant.insert(unique.len());
                unique.push(row);
            }
            Entry::Occupied(place) => merge(&mut unique[*place.get()].values, &row.values)?,
        }
    }
    Ok(unique)
}

fn merge(all: &mut [f64], more: &[f64]) -> Result<(), EvalError> {
    for (value, other) in all.iter_mut().zip(more) {
        match (is_present(*value), is_present(*other)) {
            (true, true) => return Err(EvalError::DuplicateLabels),
            (false, true) => *value = *other,
            _ => {}
        }
    }
    Ok(())
}

/// Without the names that are to be dropped.
pub(super) fn unnamed(mut rows: Vec<Row>) -> Result<Vec<Row>, EvalError> {
    if !rows.iter().any(|row| row.loses_name) {
        return Ok(rows);
    }
    for row in rows.iter_mut().filter(|row| row.loses_name) {
        row.labels = row.labels.without_name();
        row.loses_name = false;
    }
    joined(rows)
}

/// At which steps any row has an element.
pub(super) fn presence<'a>(rows: impl Iterator<Item = &'a Row>, steps: usize) -> Vec<bool> {
    let mut present = vec![false; steps];
    rows.for_each(|row| row.mark(&mut present));
    present
}

#[test]
fn rows_of_the_same_labels_are_joined_unless_they_collide() {
    let row = |values: [f64; 2]| Row::new(Labels::default(), values.to_vec());
    let all = joined(vec![row([1.0, ABSENT]), row([ABSENT, f64::NAN])]).unwrap();
    assert_eq!(all.len(), 1);
    assert!(all[0].values.iter().copied().all(is_present));
    let collision = joined(vec![row([1.0, ABSENT]), row([2.0, 2.0])]);
    assert_eq!(
        collision.map(|rows| rows.len()),
        Err(EvalError::DuplicateLabels)
    );
}
