//! Rows that belong together because some of their labels are the same: for aggregations, for operands, for buckets. Found once
//! for all steps.

use std::collections::HashMap;

use crate::promql::Labels;
use crate::promql::labels::METADATA;
use crate::promql::syntax::{Grouping, Matching};

use super::rows::Row;

/// Rows in groups; groups in the order of their first rows.
pub(super) struct Groups {
    /// The labels that the rows of a group share.
    pub(super) labels: Vec<Labels>,
    places: HashMap<Labels, usize>,
}

impl Groups {
    pub(super) fn new() -> Self {
        Self {
            labels: Vec::new(),
            places: HashMap::new(),
        }
    }

    /// The group of each row by a part of its labels; groups that are not known yet are added.
    pub(super) fn assign(&mut self, rows: &[Row], key: impl Fn(&Labels) -> Labels) -> Vec<usize> {
        let groups = rows.iter().map(|row| self.place(key(&row.labels)));
        groups.collect()
    }

    /// The group of these labels.
    pub(super) fn place(&mut self, labels: Labels) -> usize {
        if let Some(place) = self.places.get(&labels) {
            return *place;
        }
        let place = self.labels.len();
        self.labels.push(labels.clone());
        self.places.insert(labels, place);
        place
    }

    /// Members by group, in the order of the rows.
    pub(super) fn members<T>(&self, groups: &[usize], rows: Vec<T>) -> Vec<Vec<T>> {
        let mut members: Vec<Vec<T>> = self.labels.iter().map(|_| Vec::new()).collect();
        for (group, row) in groups.iter().zip(rows) {
            members[*group].push(row);
        }
        members
    }
}

/// The labels that an aggregation's result keeps.
pub(super) fn grouped(labels: &Labels, grouping: &Grouping) -> Labels {
    match grouping {
        Grouping::By(names) => chosen(labels, names, true),
        Grouping::Without(names) => chosen(labels, names, false),
    }
}

/// The labels in which operands must agree.
pub(super) fn matched(labels: &Labels, matching: &Matching) -> Labels {
    chosen(labels, &matching.labels, matching.on)
}

/// Only the labels of these names, or all others but the metric's name.
fn chosen(labels: &Labels, names: &[String], only_these: bool) -> Labels {
    let is_one = |name: &str| names.iter().any(|label| label == name);
    if only_these {
        labels.filtered(is_one)
    } else {
        labels.filtered(|name| !METADATA.contains(&name) && !is_one(name))
    }
}
