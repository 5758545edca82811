//! The functions and operators that are generated, by their form.

/// Of an instant vector alone.
pub(super) const OF_VECTOR: [&str; 36] = [
    "abs",
    "absent",
    "acos",
    "acosh",
    "asin",
    "asinh",
    "atan",
    "atanh",
    "ceil",
    "cos",
    "cosh",
    "day_of_month",
    "day_of_week",
    "day_of_year",
    "days_in_month",
    "deg",
    "exp",
    "floor",
    "hour",
    "ln",
    "log10",
    "log2",
    "minute",
    "month",
    "rad",
    "round",
    "sgn",
    "sin",
    "sinh",
    "sort",
    "sort_desc",
    "sqrt",
    "tan",
    "tanh",
    "timestamp",
    "year",
];

/// Of a range vector alone.
pub(super) const OF_RANGE: [&str; 19] = [
    "absent_over_time",
    "avg_over_time",
    "changes",
    "count_over_time",
    "delta",
    "deriv",
    "first_over_time",
    "idelta",
    "increase",
    "irate",
    "last_over_time",
    "max_over_time",
    "min_over_time",
    "present_over_time",
    "rate",
    "resets",
    "stddev_over_time",
    "stdvar_over_time",
    "sum_over_time",
];

/// Aggregations without a parameter.
pub(super) const AGGREGATIONS: [&str; 8] = [
    "sum", "avg", "min", "max", "count", "group", "stddev", "stdvar",
];

/// Operators on numbers.
pub(super) const ARITHMETIC: [&str; 7] = ["+", "-", "*", "/", "%", "^", "atan2"];

/// Comparisons.
pub(super) const COMPARISONS: [&str; 6] = ["==", "!=", ">", "<", ">=", "<="];

/// Set operators.
pub(super) const SETS: [&str; 3] = ["and", "or", "unless"];

/// Everything else that an expression is made of.
const OTHERS: [&str; 37] = [
    "time",
    "pi",
    "scalar",
    "vector",
    "unary -",
    "bool",
    "on",
    "ignoring",
    "group_left",
    "group_right",
    "by",
    "without",
    "topk",
    "bottomk",
    "quantile",
    "count_values",
    "predict_linear",
    "quantile_over_time",
    "clamp",
    "clamp_min",
    "clamp_max",
    "round",
    "label_replace",
    "label_join",
    "histogram_quantile",
    "histogram_fraction",
    "subquery",
    "offset",
    "@",
    "=",
    "!= matcher",
    "=~",
    "!~",
    "= empty",
    "@ start()",
    "@ end()",
    "offset -",
];

/// Every word of the language that is generated, by the names that [`super::tree::Tree::all_features`] gives them.
pub(crate) fn words() -> std::collections::BTreeSet<&'static str> {
    let functions = OF_VECTOR.iter().chain(&OF_RANGE).chain(&AGGREGATIONS);
    let operators = ARITHMETIC.iter().chain(&COMPARISONS).chain(&SETS);
    functions.chain(operators).chain(&OTHERS).copied().collect()
}

#[test]
fn every_word_is_generated_and_every_generated_word_is_known() {
    let mut random = super::random::Random::seeded(1);
    let mut found = std::collections::BTreeSet::new();
    for _ in 0..5_000 {
        found.extend(super::expression::expression(&mut random, 3).all_features());
    }
    assert_eq!(found, words());
}
