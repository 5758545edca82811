//! `topk` and `bottomk`: which elements of a group stay at a step. Among equal values the choice depends on the shape of the
//! heap, which therefore is moved exactly as Go's `container/heap` moves it (Prometheus 3.16, promql/engine.go `aggregationK`).

use crate::promql::syntax::{Aggregate, AggregateOp, Expr};

use super::aggregate::Grouped;
use super::grid::Grid;
use super::notes::general;
use super::order;
use super::rows::{self, ABSENT, Row, is_present};
use super::{EvalError, Evaluator};

impl Evaluator<'_> {
    pub(super) fn top(
        &mut self,
        aggregate: &Aggregate,
        k: &Expr,
        grid: Grid,
    ) -> Result<Vec<Row>, EvalError> {
        let counts = self.scalar(k, grid)?;
        let rows = self.vector(&aggregate.inner, grid)?;
        let Some(counts) = checked(&counts)? else {
            return Ok(Vec::new());
        };
        let all = rows.len();
        let is_top = aggregate.op == AggregateOp::TopK;
        let mut kept = Vec::new();
        for mut members in Grouped::of(rows, aggregate).members {
            let mut order = Vec::new();
            for (step, count) in counts.iter().enumerate() {
                order = select(&members, step, (*count).min(all), is_top);
                drop_others(&mut members, step, &order);
            }
            if grid.is_instant() {
                let taken = order.iter().map(|entry| entry.row);
                kept.extend(taken.filter_map(|row| members.get(row).cloned()));
            } else {
                kept.append(&mut members);
            }
        }
        Ok(rows::populated(kept))
    }
}

/// The counts, or none if no step asks for any element.
fn checked(counts: &[f64]) -> Result<Option<Vec<usize>>, EvalError> {
    // As in Go, the greatest of values that include NaN is NaN, which is not less than one.
    let has_nan = counts.iter().any(|k| k.is_nan());
    if !has_nan && counts.iter().all(|k| *k < 1.0) {
        return Ok(None);
    }
    if has_nan {
        return Err(EvalError::Parameter("Parameter value is NaN".to_owned()));
    }
    for k in counts {
        // 2⁶³ and −2⁶³, the bounds of Go's int64.
        let flows = match *k {
            k if k <= -9_223_372_036_854_775_808.0 => "under",
            k if k >= 9_223_372_036_854_775_808.0 => "over",
            _ => continue,
        };
        let value = general(*k);
        return Err(EvalError::Parameter(format!(
            "Scalar value {value} {flows}flows int64"
        )));
    }
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "cut off as Prometheus does; less than one is none"
    )]
    Ok(Some(counts.iter().map(|k| *k as usize).collect()))
}

/// An element of a group at the step that is looked at.
#[derive(Clone, Copy)]
struct Entry {
    /// The value, negated for `bottomk`.
    rank: f64,
    row: usize,
}

/// The elements that stay, best first.
fn select(members: &[Row], step: usize, count: usize, is_top: bool) -> Vec<Entry> {
    let mut heap: Vec<Entry> = Vec::new();
    if count == 0 {
        return heap;
    }
    for (row, member) in members.iter().enumerate() {
        let value = member.values[step];
        if !is_present(value) {
            continue;
        }
        let rank = if is_top { value } else { -value };
        let entry = Entry { rank, row };
        if heap.len() < count {
            heap.push(entry);
            rise(&mut heap);
        } else if heap[0].rank < rank || (heap[0].rank.is_nan() && !rank.is_nan()) {
            heap[0] = entry;
            sink(&mut heap);
        }
    }
    order::sort_by_value(&mut heap, true, |entry| entry.rank);
    heap
}

fn drop_others(members: &mut [Row], step: usize, kept: &[Entry]) {
    let mut stays = vec![false; members.len()];
    for entry in kept {
        stays[entry.row] = true;
    }
    for (member, stays) in members.iter_mut().zip(stays) {
        if !stays {
            member.values[step] = ABSENT;
        }
    }
}

/// Whether an element is nearer to being replaced; NaN is nearest.
fn is_less(heap: &[Entry], a: usize, b: usize) -> bool {
    heap[a].rank.is_nan() || heap[a].rank < heap[b].rank
}

/// The last element finds its place.
fn rise(heap: &mut [Entry]) {
    let mut child = heap.len() - 1;
    while child > 0 {
        let parent = (child - 1) / 2;
        if !is_less(heap, child, parent) {
            break;
        }
        heap.swap(parent, child);
        child = parent;
    }
}

/// The first element finds its place.
fn sink(heap: &mut [Entry]) {
    let mut parent = 0;
    loop {
        let mut child = 2 * parent + 1;
        if child >= heap.len() {
            break;
        }
        if child + 1 < heap.len() && is_less(heap, child + 1, child) {
            child += 1;
        }
        if !is_less(heap, child, parent) {
            break;
        }
        heap.swap(parent, child);
        parent = child;
    }
}
