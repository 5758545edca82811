//! Whether the answer over many steps is the answers over some of them after the others. Every step is evaluated for itself, but for
//! what depends on the first step that is evaluated, and on the order of rows, which is that in which they are met.

use crate::promql::Settings;
use crate::promql::syntax::{
    Aggregate, AggregateOp, Binary, BinaryOp, Call, Cardinality, Expr, Grouping, SetOp, Type,
};

/// If in doubt it is not.
pub(super) fn is_piecewise(expr: &Expr, settings: &Settings) -> bool {
    // A group whose name is to be dropped has lost it at all steps, though a member of one step only is the reason.
    !settings.delayed_name_removal && of_all(expr, false)
}

fn of_all(expr: &Expr, in_subquery: bool) -> bool {
    let of_this = match expr {
        Expr::Aggregate(aggregate) => of_aggregate(aggregate, in_subquery),
        Expr::Call(call) => match call.function.name {
            "sort" | "sort_desc" => !in_subquery,
            // It counts the steps at which buckets had to be repaired.
            "histogram_quantile" => !in_subquery && !expr.is_constant(),
            _ => true,
        },
        _ => true,
    };
    let in_subquery = in_subquery || matches!(expr, Expr::Subquery(_));
    of_this
        && expr
            .children()
            .into_iter()
            .all(|child| of_all(child, in_subquery))
}

fn of_aggregate(aggregate: &Aggregate, in_subquery: bool) -> bool {
    // Of one that changes, the first value may count for all steps.
    let parameter_is_fixed = aggregate.parameter.as_ref().is_none_or(Expr::is_constant);
    let depends_on_order = match aggregate.op {
        AggregateOp::TopK | AggregateOp::BottomK if in_subquery => return false,
        // Equal elements are chosen from, and rounding is that of the order of the sum.
        AggregateOp::TopK
        | AggregateOp::BottomK
        | AggregateOp::Sum
        | AggregateOp::Avg
        | AggregateOp::StdDev
        | AggregateOp::StdVar => true,
        AggregateOp::Min
        | AggregateOp::Max
        | AggregateOp::Count
        | AggregateOp::Group
        | AggregateOp::Quantile
        | AggregateOp::CountValues => false,
    };
    parameter_is_fixed && (!depends_on_order || keeps_order(&aggregate.inner))
}

/// Whether two rows are in the same order, whichever others there are: that of a selector's series, not that of the first of each group.
fn keeps_order(expr: &Expr) -> bool {
    match expr {
        Expr::Number(_) | Expr::Text(_) | Expr::Vector(_) | Expr::Range(..) => true,
        Expr::Subquery(subquery) => keeps_order(&subquery.inner),
        Expr::Negate(inner) => keeps_order_without_names(inner),
        Expr::Binary(binary) => of_binary(binary),
        Expr::Aggregate(aggregate) => {
            let is_one_group = matches!(&aggregate.grouping, Grouping::By(by) if by.is_empty());
            is_one_group
                && match aggregate.op {
                    AggregateOp::TopK | AggregateOp::BottomK => keeps_order(&aggregate.inner),
                    AggregateOp::CountValues => false,
                    _ => true,
                }
        }
        Expr::Call(call) => of_call(call),
    }
}

fn of_call(call: &Call) -> bool {
    match call.function.name {
        "absent" | "absent_over_time" | "vector" => true,
        "label_replace" | "label_join" | "histogram_quantile" | "histogram_fraction" => false,
        _ => call.arguments.iter().all(keeps_order_without_names),
    }
}

fn of_binary(binary: &Binary) -> bool {
    match (binary.left.value_type(), binary.right.value_type()) {
        (Type::Vector, Type::Vector) => match binary.op {
            BinaryOp::Set(SetOp::Or) => false,
            BinaryOp::Set(SetOp::And | SetOp::Unless) => keeps_order(&binary.left),
            BinaryOp::Arithmetic(_) | BinaryOp::Compare(_) => {
                let matching = &binary.matching;
                matches!(matching.cardinality, Cardinality::OneToOne)
                    && !matching.on
                    && matching.labels.is_empty()
                    && keeps_order_without_names(&binary.left)
            }
        },
        (Type::Vector, _) => keeps_order_without_names(&binary.left),
        _ => keeps_order_without_names(&binary.right),
    }
}

/// The same where rows that differ only in the metric's name would be joined: there are none.
fn keeps_order_without_names(expr: &Expr) -> bool {
    keeps_order(expr) && selects_by_name(expr)
}

fn selects_by_name(expr: &Expr) -> bool {
    match expr {
        Expr::Vector(vector) | Expr::Range(vector, _) => vector.selector.metric().is_some(),
        _ => expr.children().into_iter().all(selects_by_name),
    }
}

#[cfg(test)]
fn pieces(text: &str) -> bool {
    let query = crate::promql::Query::parse(text).unwrap();
    let steps = crate::promql::Steps {
        from: 0,
        to: 10,
        step: 1,
    };
    query.in_pieces(steps, &Settings::default()).is_some()
}

#[test]
fn what_people_ask_is_piecewise() {
    for text in [
        "1 + time()",
        "up",
        "{job=\"a\"}",
        "sum by (job) (rate(a_total[5m]))",
        "topk(3, -a * 2)",
        "max by (job) (sum by (job, x) (a))",
        "histogram_quantile(0.9, sum by (le) (rate(a_bucket[5m])))",
        "sum(a - a offset 1d) > 3 and on () b",
        "avg_over_time(sum(a)[1h:1m]) + a @ start() - a @ end()",
        "count_values by (job) (\"v\", a) or absent(b)",
    ] {
        assert!(pieces(text), "{text}");
    }
}

#[test]
fn what_depends_on_the_first_step_or_on_the_order_of_groups_is_not() {
    for text in [
        "topk(scalar(b), a)",
        "quantile(time(), a @ 5)",
        "max_over_time(topk(1, a)[5m:1m])",
        "max_over_time(sort(a)[5m:1m])",
        "max_over_time(histogram_quantile(0.9, a)[5m:1m])",
        "histogram_quantile(0.9, a @ end())",
        "topk(1, sum by (x) (a))",
        "sum(sum by (x) (a))",
        "sum(a or b)",
        "sum(rate({job=\"a\"}[5m]))",
        "avg(a + on (x) b)",
        "sum(label_replace(a, \"x\", \"\", \"x\", \"\"))",
    ] {
        assert!(!pieces(text), "{text}");
    }
}
