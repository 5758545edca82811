//! Which series a query selects, and what is done with them.

use std::collections::HashMap;
use std::sync::{LazyLock, Mutex};

use promql_parser::parser::{self, Expr, VectorSelector};

/// One selector of a query.
#[derive(Clone, Debug)]
pub(super) struct Selector {
    pub(super) metric: String,
    /// Name, operator and value of each matcher.
    pub(super) matchers: Vec<(String, String, String)>,
    /// The range, in seconds, and the function that takes it.
    pub(super) range: Option<String>,
    pub(super) function: Option<&'static str>,
}

impl Selector {
    pub(super) fn has(&self, label: &str, operator: &str, value: &str) -> bool {
        self.matchers
            .iter()
            .any(|matcher| matcher.0 == label && matcher.1 == operator && matcher.2 == value)
    }
}

type Parsed = Result<Vec<Selector>, String>;

/// What was parsed before: a board that is damaged in one place asks for the same otherwise, and matchers are slow to compile.
static PARSED: LazyLock<Mutex<HashMap<String, Parsed>>> = LazyLock::new(Mutex::default);

/// All selectors of a query; what is wrong with it where it is no PromQL.
pub(super) fn selectors(expr: &str) -> Parsed {
    let known = PARSED.lock().unwrap().get(expr).cloned();
    known.unwrap_or_else(|| {
        let parsed = parser::parse(expr).map(|parsed| {
            let mut found = Vec::new();
            walk(&parsed, None, &mut found);
            found
        });
        PARSED
            .lock()
            .unwrap()
            .insert(expr.to_owned(), parsed.clone());
        parsed
    })
}

fn walk(expr: &Expr, function: Option<&'static str>, found: &mut Vec<Selector>) {
    match expr {
        Expr::VectorSelector(selector) => found.push(selected(selector, None, None)),
        Expr::MatrixSelector(matrix) => {
            let range = Some(format!("{}s", matrix.range.as_secs()));
            found.push(selected(&matrix.vs, range, function));
        }
        Expr::Call(call) => {
            for argument in &call.args.args {
                walk(argument, Some(call.func.name), found);
            }
        }
        Expr::Aggregate(aggregate) => {
            walk(&aggregate.expr, None, found);
            if let Some(parameter) = &aggregate.param {
                walk(parameter, None, found);
            }
        }
        Expr::Binary(binary) => {
            walk(&binary.lhs, None, found);
            walk(&binary.rhs, None, found);
        }
        Expr::Unary(unary) => walk(&unary.expr, None, found),
        Expr::Paren(paren) => walk(&paren.expr, function, found),
        Expr::Subquery(subquery) => walk(&subquery.expr, None, found),
        Expr::NumberLiteral(_) | Expr::StringLiteral(_) | Expr::Extension(_) => {}
    }
}

fn selected(
    selector: &VectorSelector,
    range: Option<String>,
    function: Option<&'static str>,
) -> Selector {
    let matchers = selector.matchers.matchers.iter();
    Selector {
        metric: selector.name.clone().unwrap_or_default(),
        matchers: matchers
            .map(|matcher| {
                (
                    matcher.name.clone(),
                    matcher.op.to_string(),
                    matcher.value.clone(),
                )
            })
            .collect(),
        range,
        function,
    }
}
