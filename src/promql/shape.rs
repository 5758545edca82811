//! What the form of an expression says of its answers, whatever the samples are.

use super::syntax::{Aggregate, AggregateOp, Binary, BinaryOp, Expr};
use super::{CompareOp, Selector};

/// Whether it has no element, whatever there is: a count compared so that only a count of nothing would do, and a count of nothing is nothing.
pub(super) fn is_never(expr: &Expr) -> bool {
    let Expr::Binary(binary) = expr else {
        return false;
    };
    let Binary {
        op: BinaryOp::Compare(op),
        left,
        right,
        returns_bool: false,
        ..
    } = &**binary
    else {
        return false;
    };
    match (left, right) {
        (Expr::Aggregate(count), Expr::Number(number)) => {
            is_count(count) && asks_for_none(*op, *number)
        }
        (Expr::Number(number), Expr::Aggregate(count)) => {
            is_count(count) && asks_for_none(mirrored(*op), *number)
        }
        _ => false,
    }
}

/// The selectors whose series it counts as they are, without a comparison.
pub(super) fn counted(expr: &Expr) -> Vec<&Selector> {
    let mut found = Vec::new();
    if let Expr::Aggregate(aggregate) = expr
        && is_count(aggregate)
        && let Expr::Vector(vector) = &aggregate.inner
    {
        found.push(&vector.selector);
    }
    found.extend(expr.children().into_iter().flat_map(counted));
    found
}

fn is_count(aggregate: &Aggregate) -> bool {
    aggregate.op == AggregateOp::Count
}

/// Whether the comparison is false of every number from 1 on.
fn asks_for_none(op: CompareOp, number: f64) -> bool {
    match op {
        CompareOp::Equal | CompareOp::LessOrEqual => number < 1.0,
        CompareOp::Less => number <= 1.0,
        CompareOp::NotEqual | CompareOp::Greater | CompareOp::GreaterOrEqual => false,
    }
}

/// The comparison with its sides exchanged.
fn mirrored(op: CompareOp) -> CompareOp {
    match op {
        CompareOp::Less => CompareOp::Greater,
        CompareOp::LessOrEqual => CompareOp::GreaterOrEqual,
        CompareOp::Greater => CompareOp::Less,
        CompareOp::GreaterOrEqual => CompareOp::LessOrEqual,
        same => same,
    }
}

#[cfg(test)]
mod tests {
    use crate::promql::Query;

    fn never(text: &str) -> bool {
        Query::parse(text).unwrap().is_never()
    }

    #[test]
    fn a_count_is_never_less_than_one() {
        for text in [
            "count(x) == 0",
            "count(x) < 1",
            "count by (a) (x == 1) <= 0",
            "0 == count(x)",
            "1 > count(x)",
        ] {
            assert!(never(text), "{text}");
        }
        for text in [
            "count(x) == 1",
            "count(x) < 2",
            "count(x) == bool 0",
            "sum(x) == 0",
            "1 < count(x)",
            "count(x) or count(y)",
        ] {
            assert!(!never(text), "{text}");
        }
    }

    #[test]
    fn what_is_counted_as_it_is_is_found_and_what_is_compared_first_is_not() {
        let counted = |text: &str| {
            let query = Query::parse(text).unwrap();
            query
                .counted()
                .iter()
                .map(ToString::to_string)
                .collect::<Vec<_>>()
        };
        assert_eq!(
            counted("count(x{a=\"b\"}) == 3 and count(y == 1) > 0"),
            ["x{a=\"b\"}"]
        );
        assert_eq!(counted("sum(x)"), [""; 0]);
    }
}
