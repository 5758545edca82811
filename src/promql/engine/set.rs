//! `and`, `or`, `unless`: whether elements stay depends on whether the other side has any in their match group at that step.

use crate::promql::syntax::{Matching, SetOp};

use super::grouping::{Groups, matched};
use super::rows::{ABSENT, Row};

/// Combine two vectors; always many-to-many.
pub(super) fn combine(
    op: SetOp,
    matching: &Matching,
    mut left: Vec<Row>,
    mut right: Vec<Row>,
    steps: usize,
) -> Vec<Row> {
    let mut groups = Groups::new();
    let left_groups = groups.assign(&left, |labels| matched(labels, matching));
    let right_groups = groups.assign(&right, |labels| matched(labels, matching));
    let count = groups.labels.len();
    match op {
        SetOp::And => {
            let present = presence(&right, &right_groups, (count, steps));
            keep(&mut left, &left_groups, |group, step| present[group][step]);
            left
        }
        SetOp::Unless => {
            let present = presence(&right, &right_groups, (count, steps));
            keep(&mut left, &left_groups, |group, step| !present[group][step]);
            left
        }
        SetOp::Or => {
            let present = presence(&left, &left_groups, (count, steps));
            keep(&mut right, &right_groups, |group, step| {
                !present[group][step]
            });
            left.append(&mut right);
            left
        }
    }
}

/// For each group and step whether any of its rows has an element.
fn presence(rows: &[Row], groups: &[usize], (count, steps): (usize, usize)) -> Vec<Vec<bool>> {
    let mut present = vec![vec![false; steps]; count];
    for (row, group) in rows.iter().zip(groups) {
        row.mark(&mut present[*group]);
    }
    present
}

fn keep(rows: &mut [Row], groups: &[usize], stays: impl Fn(usize, usize) -> bool) {
    for (row, group) in rows.iter_mut().zip(groups) {
        for (step, value) in row.values.iter_mut().enumerate() {
            if !stays(*group, step) {
                *value = ABSENT;
            }
        }
    }
}
