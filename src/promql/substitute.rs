//! Variables in the label values of a query.

use super::Error;
use super::syntax::Expr;

/// Replace the variables in every selector of an expression.
pub(super) fn into(expr: &mut Expr, variables: &[(&str, &str)]) -> Result<(), Error> {
    match expr {
        Expr::Number(_) | Expr::Text(_) => Ok(()),
        Expr::Vector(vector) | Expr::Range(vector, _) => {
            vector.selector = vector.selector.substitute(variables)?;
            Ok(())
        }
        Expr::Subquery(subquery) => into(&mut subquery.inner, variables),
        Expr::Negate(inner) => into(inner, variables),
        Expr::Binary(binary) => {
            into(&mut binary.left, variables)?;
            into(&mut binary.right, variables)
        }
        Expr::Aggregate(aggregate) => {
            if let Some(parameter) = &mut aggregate.parameter {
                into(parameter, variables)?;
            }
            into(&mut aggregate.inner, variables)
        }
        Expr::Call(call) => {
            let mut arguments = call.arguments.iter_mut();
            arguments.try_for_each(|argument| into(argument, variables))
        }
    }
}

/// The same in the text, which is only shown: what is asked is the expression.
pub(super) fn shown(text: &str, variables: &[(&str, &str)]) -> String {
    variables
        .iter()
        .fold(text.to_owned(), |text, (name, value)| {
            let value = value.replace('\\', r"\\").replace('"', "\\\"");
            text.replace(&format!("${name}"), &value)
        })
}

#[test]
fn a_variable_is_a_value_wherever_a_selector_stands() {
    let text = r#"sum(rate(a{x="$w"}[1m])) / on () topk(scalar(b{x=~"$w|z"}), max_over_time(c{x="$v"}[1m:10s]))"#;
    let query = super::Query::parse(text).unwrap();
    let query = query.substitute(&[("w", "a.\"}")]).unwrap();
    let selected: Vec<_> = query
        .selectors()
        .iter()
        .map(|f| f.selector.to_string())
        .collect();
    let expected = [r#"a{x="a.\"}"}"#, r#"b{x=~"a\\.\"\\}|z"}"#, r#"c{x="$v"}"#];
    assert_eq!(selected, expected);
    assert!(
        query.text().starts_with(r#"sum(rate(a{x="a.\"}"}[1m]))"#),
        "{}",
        query.text()
    );
}
