//! Arithmetic and comparisons between two instant vectors. Which rows meet is found once; whether the matching is allowed depends
//! on which of them have elements at the same step (Prometheus 3.16, promql/engine.go `VectorBinop`).

use std::collections::HashMap;

use crate::promql::Labels;
use crate::promql::syntax::{Binary, BinaryOp, Cardinality};

use super::EvalError;
use super::arithmetic::{arithmetic, compared, comparison};
use super::grouping::{Groups, matched};
use super::rows::{self, ABSENT, Row, is_present};
use super::select::canonical;

/// Combine two vectors; labels of the result may coincide.
pub(super) fn combine(
    binary: &Binary,
    left: Vec<Row>,
    right: Vec<Row>,
    limits: Limits,
) -> Result<Vec<Row>, EvalError> {
    let is_swapped = matches!(binary.matching.cardinality, Cardinality::OneToMany(_));
    let (many, one) = if is_swapped {
        (right, left)
    } else {
        (left, right)
    };
    let mut groups = Groups::new();
    let key = |labels: &Labels| matched(labels, &binary.matching);
    let (many_groups, one_groups) = (groups.assign(&many, key), groups.assign(&one, key));
    let many_present = LazyPresence::of(&many, &one_groups, limits.steps);
    let many = groups.members(&many_groups, many);
    let one = groups.members(&one_groups, one);
    // All of the one side before any pair, so that of two mistakes the same one is told as by Prometheus.
    for (one, labels) in one.iter().zip(&groups.labels) {
        check_unique(one, &many_present, labels, is_swapped)?;
    }
    let mut results = Vec::new();
    for (many, one) in many.into_iter().zip(one) {
        let group = Group {
            binary,
            one,
            is_swapped,
            drops_names: match binary.op {
                BinaryOp::Arithmetic(_) => true,
                _ => binary.returns_bool && !limits.delays_names,
            },
        };
        group.combine(many, &mut results, limits.rows)?;
    }
    Ok(results)
}

/// What bounds a result.
#[derive(Clone, Copy)]
pub(super) struct Limits {
    pub(super) steps: usize,
    /// Most rows that there is room for.
    pub(super) rows: usize,
    /// Whether names of metrics are dropped only from the answer.
    pub(super) delays_names: bool,
}

/// At which steps the many side has any element; only needed if a group has several rows on the one side.
struct LazyPresence(Option<Vec<bool>>);

impl LazyPresence {
    fn of(many: &[Row], one_groups: &[usize], steps: usize) -> Self {
        let mut seen = std::collections::HashSet::with_capacity(one_groups.len());
        let is_needed = one_groups.iter().any(|group| !seen.insert(group));
        Self(is_needed.then(|| rows::presence(many.iter(), steps)))
    }
}

/// The one side must not have two elements of a group at one step, unless the other side is empty then.
fn check_unique(
    one: &[Row],
    many_present: &LazyPresence,
    group: &Labels,
    is_swapped: bool,
) -> Result<(), EvalError> {
    let (Some(many_present), [first, others @ ..]) = (&many_present.0, one) else {
        return Ok(());
    };
    let mut holder: Vec<Option<&Row>> = present_steps(first).map(|p| p.then_some(first)).collect();
    for row in others {
        let steps = holder.iter_mut().zip(present_steps(row)).zip(many_present);
        for ((holder, _), _) in steps.filter(|((_, present), many)| *present && **many) {
            if let Some(other) = holder {
                let (first, second) = (&other.labels, &row.labels);
                return Err(EvalError::ManyToMany {
                    group: group.clone(),
                    side: if is_swapped { "left" } else { "right" },
                    first: first.min(second).clone(),
                    second: first.max(second).clone(),
                });
            }
            *holder = Some(row);
        }
    }
    Ok(())
}

fn present_steps(row: &Row) -> impl Iterator<Item = bool> {
    row.values.iter().map(|value| is_present(*value))
}

/// The one side of a match group, and how the many side is combined with it.
struct Group<'a> {
    binary: &'a Binary,
    one: Vec<Row>,
    is_swapped: bool,
    /// Whether results have no names of metrics.
    drops_names: bool,
}

impl Group<'_> {
    fn combine(
        &self,
        many: Vec<Row>,
        results: &mut Vec<Row>,
        most: usize,
    ) -> Result<(), EvalError> {
        if self.one.is_empty() || many.is_empty() {
            return Ok(());
        }
        if many.len() > 1 {
            match self.binary.matching.cardinality {
                Cardinality::OneToOne => self.check_one_to_one(&many)?,
                _ => self.check_grouping(&many)?,
            }
        }
        for row in many {
            let (last, others) = self.one.split_last().ok_or(EvalError::Type)?;
            for one in others {
                let pair = self.pair(row.clone(), one);
                results.extend(Some(pair).filter(Row::is_populated));
            }
            results.push(self.pair(row, last));
            if results.len() > most {
                return Err(EvalError::TooManySamples);
            }
        }
        Ok(())
    }

    /// One element of the many side per step may find a partner.
    fn check_one_to_one(&self, many: &[Row]) -> Result<(), EvalError> {
        let mut free = self.one_present(many);
        for row in many {
            for (free, present) in free.iter_mut().zip(present_steps(row)) {
                match (*free, present) {
                    (Some(true), true) => *free = Some(false),
                    (Some(false), true) => return Err(EvalError::ManyToOne),
                    _ => {}
                }
            }
        }
        Ok(())
    }

    /// For each step: none without a partner, else that it is still free.
    fn one_present(&self, many: &[Row]) -> Vec<Option<bool>> {
        let steps = many.first().map_or(0, |row| row.values.len());
        let present = rows::presence(self.one.iter(), steps);
        present.into_iter().map(|any| any.then_some(true)).collect()
    }

    /// Elements of the result that come from one group must differ in their labels, even those that a comparison removes.
    fn check_grouping(&self, many: &[Row]) -> Result<(), EvalError> {
        let mut pairs: HashMap<Labels, Vec<(&Row, &Row)>> = HashMap::new();
        for row in many {
            for one in &self.one {
                let same = pairs
                    .entry(self.labels(&row.labels, &one.labels))
                    .or_default();
                same.push((row, one));
            }
        }
        for same in pairs.into_values().filter(|same| same.len() > 1) {
            let steps = many.first().map_or(0, |row| row.values.len());
            let mut taken = vec![false; steps];
            for (row, one) in same {
                let both = present_steps(row).zip(present_steps(one));
                for (taken, _) in taken.iter_mut().zip(both).filter(|(_, (a, b))| *a && *b) {
                    if std::mem::replace(taken, true) {
                        return Err(EvalError::GroupingNotUnique);
                    }
                }
            }
        }
        Ok(())
    }

    fn pair(&self, mut many: Row, one: &Row) -> Row {
        many.labels = self.labels(&many.labels, &one.labels);
        many.loses_name = self.binary.returns_bool && !self.drops_names;
        let pairs = many.values.iter_mut().zip(&one.values);
        match self.binary.op {
            BinaryOp::Compare(op) => {
                let (holds, returns_bool) = (comparison(op), self.binary.returns_bool);
                self.apply(pairs, |a, b| compared(holds(a, b), returns_bool, a));
            }
            BinaryOp::Arithmetic(op) => {
                let compute = arithmetic(op);
                self.apply(pairs, |a, b| canonical(compute(a, b)));
            }
            // Sets are combined elsewhere.
            BinaryOp::Set(_) => {}
        }
        many
    }

    fn apply<'v>(
        &self,
        pairs: impl Iterator<Item = (&'v mut f64, &'v f64)>,
        compute: impl Fn(f64, f64) -> f64,
    ) {
        for (many, one) in pairs {
            *many = match (is_present(*many) && is_present(*one), self.is_swapped) {
                (false, _) => ABSENT,
                (true, false) => compute(*many, *one),
                (true, true) => compute(*one, *many),
            };
        }
    }

    /// Labels of a result (Prometheus 3.16, promql/engine.go `resultMetric`).
    fn labels(&self, many: &Labels, one: &Labels) -> Labels {
        let matching = &self.binary.matching;
        let kept = if self.drops_names {
            many.without_name()
        } else {
            many.clone()
        };
        let taken_over = match &matching.cardinality {
            Cardinality::OneToOne => {
                let named = |name: &str| matching.labels.iter().any(|label| label == name);
                return kept.filtered(|name| named(name) == matching.on);
            }
            Cardinality::ManyToOne(labels) | Cardinality::OneToMany(labels) => labels,
        };
        taken_over
            .iter()
            .fold(kept, |labels, label| labels.with(label, one.get(label)))
    }
}
