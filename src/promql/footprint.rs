//! Which samples a query looks at, so that a caller knows what to fetch (Prometheus 3.16, promql/engine.go `FindMinMaxTime`).

use super::syntax::{At, Expr, Shift, VectorSelector};
use super::{Millis, Selector, Settings, Steps};

/// A selector of a query, and how far it looks.
#[derive(Clone, Debug)]
pub struct Footprint {
    /// What it selects.
    pub selector: Selector,
    /// The length of its range in milliseconds, or none for an instant vector.
    pub range: Option<Millis>,
    shift: Shift,
    /// Ranges of the subqueries around it and their shifts, outermost first.
    around: Vec<(Millis, Shift)>,
}

impl Footprint {
    /// The times of the samples that may matter at these steps: after the first and until the second of the two.
    pub fn times(&self, steps: Steps, settings: &Settings) -> (Millis, Millis) {
        let fixed = |shift: Shift, from: Millis, to: Millis| match shift.at {
            None => (from, to),
            Some(At::Start) => (steps.from, steps.from),
            Some(At::End) => (steps.to, steps.to),
            Some(At::Time(time)) => (time, time),
        };
        let (mut from, mut to) = (steps.from, steps.to);
        for (range, shift) in &self.around {
            (from, to) = fixed(*shift, from, to);
            from = from.saturating_sub(shift.offset).saturating_sub(*range);
            to = to.saturating_sub(shift.offset);
        }
        (from, to) = fixed(self.shift, from, to);
        let reach = self.range.unwrap_or(settings.lookback);
        let offset = self.shift.offset;
        (
            from.saturating_sub(offset).saturating_sub(reach),
            to.saturating_sub(offset),
        )
    }
}

/// Every selector of an expression.
pub(super) fn of(expr: &Expr) -> Vec<Footprint> {
    let mut found = Vec::new();
    visit(expr, &mut Vec::new(), &mut found);
    found
}

fn visit(expr: &Expr, around: &mut Vec<(Millis, Shift)>, found: &mut Vec<Footprint>) {
    let footprint = |vector: &VectorSelector, range, around: &[_]| Footprint {
        selector: vector.selector.clone(),
        range,
        shift: vector.shift,
        around: around.to_vec(),
    };
    match expr {
        Expr::Vector(vector) => found.push(footprint(vector, None, around)),
        Expr::Range(vector, range) => found.push(footprint(vector, Some(*range), around)),
        Expr::Subquery(subquery) => {
            around.push((subquery.range, subquery.shift));
            visit(&subquery.inner, around, found);
            around.pop();
        }
        _ => {
            for child in expr.children() {
                visit(child, around, found);
            }
        }
    }
}

#[cfg(test)]
fn times(text: &str) -> Vec<(String, Millis, Millis)> {
    let query = super::Query::parse(text).unwrap();
    let steps = Steps {
        from: 1_000_000,
        to: 2_000_000,
        step: 1000,
    };
    let found = query.selectors().into_iter().map(|footprint| {
        let (from, to) = footprint.times(steps, &Settings::default());
        (footprint.selector.to_string(), from, to)
    });
    found.collect()
}

#[test]
fn ranges_offsets_and_subqueries_add_up() {
    let found = |name: &str, from, to| (name.to_owned(), from, to);
    assert_eq!(
        times("a - sum(rate(b[1m] offset 10s))"),
        [
            found("a", 700_000, 2_000_000),
            found("b", 930_000, 1_990_000)
        ]
    );
    assert_eq!(
        times("max_over_time(rate(a[1m])[5m:] offset 1s)"),
        [found("a", 639_000, 1_999_000)]
    );
}

#[test]
fn a_fixed_time_ends_what_is_around_it() {
    let found = |name: &str, from, to| (name.to_owned(), from, to);
    assert_eq!(
        times("max_over_time((a @ 500 - b)[5m:] @ end())"),
        [
            found("a", 200_000, 500_000),
            found("b", 1_400_000, 2_000_000)
        ]
    );
}
