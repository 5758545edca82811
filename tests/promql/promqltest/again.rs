//! The same instant query said otherwise: with `@` on every selector that has none, it has the same answer at any time (Prometheus
//! 3.16, promql/promqltest/test.go `atModifierTestCases`).

use std::time::{Duration, UNIX_EPOCH};

use mirrorwatch::promql::Millis;
use promql_parser::parser::{self, AtModifier, Expr};

/// Functions that look at the time of the evaluation and not only at that of their samples.
const LOOK_AT_THE_TIME: [&str; 15] = [
    "days_in_month",
    "day_of_month",
    "day_of_week",
    "day_of_year",
    "end",
    "hour",
    "minute",
    "month",
    "predict_linear",
    "range",
    "start",
    "step",
    "time",
    "timestamp",
    "year",
];

/// The expression with `@`, if it can be said and if it means the same.
pub(super) fn pinned(text: &str, at: Millis) -> Option<String> {
    let mut expr = parser::parse(text).ok()?;
    let since_epoch = Duration::from_millis(u64::try_from(at).ok()?);
    let at = AtModifier::At(UNIX_EPOCH + since_epoch);
    pin(&mut expr, &at)?;
    let printed = expr.to_string();
    // The parser does not print everything as it reads it.
    (parser::parse(&printed).ok()? == expr).then_some(printed)
}

fn pin(expr: &mut Expr, at: &AtModifier) -> Option<()> {
    let set = |place: &mut Option<AtModifier>| {
        place.get_or_insert_with(|| at.clone());
    };
    match expr {
        Expr::NumberLiteral(_) | Expr::StringLiteral(_) => {}
        Expr::VectorSelector(vector) => set(&mut vector.at),
        Expr::MatrixSelector(matrix) => set(&mut matrix.vs.at),
        Expr::Subquery(subquery) => set(&mut subquery.at),
        Expr::Paren(paren) => pin(&mut paren.expr, at)?,
        Expr::Unary(unary) => pin(&mut unary.expr, at)?,
        Expr::Binary(binary) => {
            pin(&mut binary.lhs, at)?;
            pin(&mut binary.rhs, at)?;
        }
        Expr::Aggregate(aggregate) => {
            if let Some(parameter) = &mut aggregate.param {
                pin(parameter, at)?;
            }
            pin(&mut aggregate.expr, at)?;
        }
        Expr::Call(call) => {
            if LOOK_AT_THE_TIME.contains(&call.func.name) {
                return None;
            }
            for argument in &mut call.args.args {
                pin(argument, at)?;
            }
        }
        Expr::Extension(_) => return None,
    }
    Some(())
}

/// Other times at which it has the same answer.
pub(super) fn times(at: Millis) -> Vec<Millis> {
    if at == 0 {
        return vec![-1_000, 0, 1_000];
    }
    vec![at.saturating_mul(-10), 0, at / 5, at, at.saturating_mul(10)]
}

#[test]
fn every_selector_is_pinned_but_not_inside_of_a_subquery() {
    let pinned = |text| pinned(text, 10_000).unwrap_or_default();
    assert_eq!(
        pinned("a + b offset 5m"),
        "a @ 10.000 + b @ 10.000 offset 5m"
    );
    assert_eq!(pinned("rate(a[5m:1m] @ 3)"), "rate(a[5m:1m] @ 3.000)");
    assert_eq!(pinned("rate(a[5m:1m])"), "rate(a[5m:1m] @ 10.000)");
    assert_eq!(pinned("time()"), "");
}
