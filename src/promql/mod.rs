//! PromQL: samples, series, selectors, and an engine that evaluates all stable PromQL on floats and classic histograms; what it
//! does not evaluate is [`Error::Unsupported`]. Imports nothing of ours. Semantics are those of Prometheus 3.16 (ranges
//! left-open, regular expressions anchored).

use std::borrow::Cow;

mod duration;
mod engine;
mod footprint;
mod functions;
mod go_regex;
mod labels;
mod matcher;
mod parse;
mod query;
mod selector;
mod shape;
mod substitute;
mod syntax;
mod value;

pub use duration::parse_duration;
pub use engine::{EvalError, Part, Parts, Pieces};
pub use footprint::Footprint;
pub use functions::functions;
pub use labels::Labels;
pub use matcher::{MatchOp, Matcher};
pub use query::{Answer, Query, Settings, Steps, Value};
pub use selector::{CompareOp, Comparison, Selector};
pub use value::{Millis, Sample, Series, SeriesSet, parse_value, print_value};

/// Why an expression cannot be evaluated.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum Error {
    /// Longer than we parse.
    #[error("expression of {0} bytes is too long: at most {max} are read", max = syntax::MAX_LENGTH)]
    TooLong(usize),
    /// Nested deeper than we parse.
    #[error("`{0}`: nested too deeply")]
    TooDeep(String),
    /// Not PromQL.
    #[error("`{expr}`: {message}")]
    Syntax {
        /// The expression.
        expr: String,
        /// What the parser says.
        message: String,
    },
    /// PromQL that is not evaluated here.
    #[error("`{expr}`: {what} is not supported{hint}")]
    Unsupported {
        /// The expression.
        expr: String,
        /// The construct, by name.
        what: Cow<'static, str>,
        /// What to write instead, or nothing.
        hint: &'static str,
    },
    /// A regular expression that cannot be compiled.
    #[error("`{0}` is not a regular expression")]
    Regex(String),
    /// Not a duration as Prometheus writes them.
    #[error("`{0}` is not a duration; write it as Prometheus does, `1m30s`")]
    Duration(String),
}

impl Error {
    fn syntax(expr: &str, message: String) -> Self {
        Self::Syntax {
            expr: expr.to_owned(),
            message,
        }
    }

    fn too_deep(expr: &str) -> Self {
        Self::TooDeep(expr.chars().take(60).collect())
    }

    fn unsupported(expr: &str, what: impl Into<Cow<'static, str>>, hint: &'static str) -> Self {
        Self::Unsupported {
            expr: expr.to_owned(),
            what: what.into(),
            hint,
        }
    }
}
