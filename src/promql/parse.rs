//! From text to our selectors, through promql-parser behind our own limits: it overflows the stack on deep nesting and accepts
//! more than PromQL.

use promql_parser::label::{MatchOp as TheirOp, Matcher as TheirMatcher};
use promql_parser::parser::{self, Expr, VectorSelector};

use super::syntax::{self, MAX_LENGTH};
use super::{Comparison, Error, MatchOp, Matcher, Selector};

/// Deepest nesting and most operators; far below what overflows the parser's stack.
const MAX_DEPTH: usize = 200;

pub(super) fn comparison(text: &str) -> Result<Comparison, Error> {
    if text.len() > MAX_LENGTH {
        return Err(Error::TooLong(text.len()));
    }
    if nesting(text) > MAX_DEPTH {
        return Err(Error::too_deep(text));
    }
    // A range or an offset never gets as far as the parser, which panics on some of their numbers.
    if let Some(what) = refused_outside_strings(text) {
        return Err(Problem::Unsupported(what).of(text));
    }
    let expr = parser::parse(text).map_err(|message| Error::syntax(text, message))?;
    translate(&expr).map_err(|problem| problem.of(text))
}

/// What is taken where a comparison is read.
pub(super) const SELECTOR_HINT: &str = "; write a selector, optionally compared with a number";

enum Problem {
    Unsupported(&'static str),
    Other(Error),
}

impl Problem {
    fn of(self, text: &str) -> Error {
        match self {
            Self::Unsupported(what) => Error::unsupported(text, what, SELECTOR_HINT),
            Self::Other(error) => error,
        }
    }
}

fn translate(expr: &Expr) -> Result<Comparison, Problem> {
    match expr {
        Expr::Paren(paren) => translate(&paren.expr),
        Expr::VectorSelector(vector) => Ok(Comparison {
            selector: selector(vector)?,
            compare: None,
        }),
        Expr::Binary(binary) => {
            let op =
                syntax::comparison(binary.op.id()).ok_or(Problem::Unsupported("this operator"))?;
            if binary.modifier.as_ref().is_some_and(|m| m.return_bool) {
                return Err(Problem::Unsupported("`bool`"));
            }
            let left = translate(&binary.lhs)?;
            if left.compare.is_some() {
                return Err(Problem::Unsupported("a second comparison"));
            }
            let number = number(&binary.rhs)
                .ok_or(Problem::Unsupported("comparing with anything but a number"))?;
            Ok(Comparison {
                selector: left.selector,
                compare: Some((op, number)),
            })
        }
        Expr::Call(_) => Err(Problem::Unsupported("a function")),
        Expr::Aggregate(_) => Err(Problem::Unsupported("an aggregation")),
        Expr::Subquery(_) | Expr::MatrixSelector(_) => Err(Problem::Unsupported("a range")),
        Expr::Unary(_) | Expr::NumberLiteral(_) | Expr::StringLiteral(_) | Expr::Extension(_) => {
            Err(Problem::Unsupported("an expression that selects no series"))
        }
    }
}

fn selector(vector: &VectorSelector) -> Result<Selector, Problem> {
    if vector.offset.is_some() {
        return Err(Problem::Unsupported("`offset`"));
    }
    if vector.at.is_some() {
        return Err(Problem::Unsupported("`@`"));
    }
    if !vector.matchers.or_matchers.is_empty() {
        return Err(Problem::Unsupported("`or` between matchers"));
    }
    selector_of(vector.name.clone(), &vector.matchers.matchers).map_err(Problem::Other)
}

/// A selector of ours from the parser's matchers.
pub(super) fn selector_of(
    name: Option<String>,
    matchers: &[TheirMatcher],
) -> Result<Selector, Error> {
    let matchers = matchers.iter().map(matcher).collect::<Result<_, _>>()?;
    Ok(Selector::new(name, matchers))
}

fn matcher(theirs: &TheirMatcher) -> Result<Matcher, Error> {
    let op = match theirs.op {
        TheirOp::Equal => MatchOp::Equal,
        TheirOp::NotEqual => MatchOp::NotEqual,
        TheirOp::Re(_) => MatchOp::Regex,
        TheirOp::NotRe(_) => MatchOp::NotRegex,
    };
    Matcher::new(&theirs.name, op, &theirs.value)
}

fn number(expr: &Expr) -> Option<f64> {
    match expr {
        Expr::NumberLiteral(literal) => Some(literal.val),
        Expr::Paren(paren) => number(&paren.expr),
        Expr::Unary(unary) => number(&unary.expr).map(|number| -number),
        _ => None,
    }
}

/// Openings and operators: an upper bound of the depth of the tree that the parser builds.
fn nesting(text: &str) -> usize {
    outside_strings(text)
        .filter(|c| "([{+-*/%^".contains(*c))
        .count()
}

fn refused_outside_strings(text: &str) -> Option<&'static str> {
    let refused = outside_strings(text).find_map(|c| match c {
        '[' => Some("a range"),
        '@' => Some("`@`"),
        '#' => Some("a comment"),
        _ => None,
    });
    refused.or_else(|| has_offset(text).then_some("`offset`"))
}

/// Whether the word `offset` stands behind a selector: not in a string, nor between braces, where it is a label, nor in front,
/// where it is a metric.
fn has_offset(text: &str) -> bool {
    let mut in_braces = false;
    let outside: String = outside_strings(text)
        .map(|c| {
            in_braces = (in_braces || c == '{') && c != '}';
            if in_braces { ' ' } else { c }
        })
        .collect();
    let is_part = |c: char| c.is_alphanumeric() || matches!(c, '_' | ':');
    let words = outside
        .split(|c| !is_part(c))
        .filter(|word| !word.is_empty());
    let in_front = usize::from(outside.trim_start().starts_with(is_part));
    words
        .skip(in_front)
        .any(|word| word.eq_ignore_ascii_case("offset"))
}

/// The characters of an expression that are not inside a quoted string.
pub(super) fn outside_strings(text: &str) -> impl Iterator<Item = char> {
    let mut quote = None;
    let mut escaped = false;
    text.chars().filter(move |&c| {
        let inside = quote.is_some();
        match quote {
            Some(_) if escaped => escaped = false,
            Some(q) if c == '\\' && q != '`' => escaped = true,
            Some(q) if c == q => quote = None,
            None if matches!(c, '"' | '\'' | '`') => quote = Some(c),
            _ => {}
        }
        !inside
    })
}

#[test]
fn a_selector_with_a_comparison_reads_and_prints() {
    let read = |text| Comparison::parse(text).map(|c| c.to_string());
    assert_eq!(
        read(r#"up{job="a",x!~"b.*"} == 0"#).unwrap(),
        r#"up{job="a",x!~"b.*"} == 0"#
    );
    assert_eq!(read("(up) >= -1.5").unwrap(), "up >= -1.5");
    assert_eq!(read("up").unwrap(), "up");
    assert_eq!(read("offset").unwrap(), "offset");
    assert_eq!(
        read(r#"up{offset="up offset NaN"}"#).unwrap(),
        r#"up{offset="up offset NaN"}"#
    );
    assert_eq!(
        read(r#"{__name__=~"a|b"}"#).unwrap(),
        r#"{__name__=~"a|b"}"#
    );
}

#[test]
fn what_is_not_supported_is_refused_by_name() {
    let refused = |text: &str| match Comparison::parse(text) {
        Err(Error::Unsupported { what, .. }) => what,
        other => panic!("{text}: {other:?}"),
    };
    assert_eq!(refused("up offset 5m"), "`offset`");
    assert_eq!(refused("up offset NaN"), "`offset`");
    assert_eq!(refused(r#"{offset="5m"}OFFSET -Inf"#), "`offset`");
    assert_eq!(refused("up @ 5"), "`@`");
    assert_eq!(refused("up[5m]"), "a range");
    assert_eq!(refused("up[1e300]"), "a range");
    assert_eq!(refused("up == bool 1"), "`bool`");
    assert_eq!(refused("sum(up)"), "an aggregation");
    assert_eq!(refused("abs(up)"), "a function");
    assert_eq!(refused("up + 1"), "this operator");
    assert_eq!(refused("up == up"), "comparing with anything but a number");
    assert_eq!(refused("1"), "an expression that selects no series");
    assert_eq!(refused(r#"{a="1" or b="2"}"#), "`or` between matchers");
}

#[test]
fn length_and_nesting_are_checked_before_parsing() {
    let long = format!("up{{a=\"{}\"}}", "x".repeat(MAX_LENGTH));
    assert!(matches!(Comparison::parse(&long), Err(Error::TooLong(_))));
    let deep = format!("{}up{}", "(".repeat(5000), ")".repeat(5000));
    assert!(matches!(Comparison::parse(&deep), Err(Error::TooDeep(_))));
    assert!(Comparison::parse(r#"up{a="((([[[@"}"#).is_ok());
    assert!(matches!(
        Comparison::parse("up{"),
        Err(Error::Syntax { .. })
    ));
}
