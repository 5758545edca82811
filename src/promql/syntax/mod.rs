//! From text to [`Expr`]: checks before the parser, promql-parser, translation with checks behind it.

mod adapter;
mod expr;
mod operators;
mod places;
mod refusal;
mod text;
mod types;

#[cfg(test)]
mod tests;

use promql_parser::parser;

use adapter::{Adapter, Problem};
pub(crate) use expr::{
    Aggregate, AggregateOp, ArithmeticOp, At, Binary, BinaryOp, Call, Cardinality, Expr, Grouping,
    Matching, SetOp, Shift, Subquery, Type, VectorSelector,
};
pub(crate) use operators::comparison;
pub(crate) use places::Place;
pub(crate) use text::MAX_LENGTH;

use crate::promql::Error;

/// Read an expression.
pub(crate) fn parse(text: &str) -> Result<Expr, Error> {
    let prepared = text::prepare(text)?;
    let theirs =
        parser::parse(&prepared).map_err(|message| match refusal::named_in(&prepared) {
            Some(what) => Error::unsupported(text, what, ""),
            None => Error::syntax(text, message),
        })?;
    let mut adapter = Adapter::new(places::sites(text));
    adapter
        .translate(&theirs, 0)
        .map_err(|problem| match problem {
            Problem::Syntax(message) => Error::syntax(text, message),
            Problem::Unsupported(what) => Error::unsupported(text, what, ""),
            Problem::TooDeep => Error::too_deep(text),
            Problem::Regex(error) => error,
        })
}
