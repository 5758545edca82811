//! Prometheus' words: samples, series, selectors. Evaluates selectors, optionally compared with a number; anything else is
//! [`Error::Unsupported`]. Imports nothing of ours. Semantics are those of Prometheus 3 (ranges left-open, regular expressions anchored).

mod duration;
mod matcher;
mod parse;
mod selector;
mod value;

pub use duration::parse_duration;
pub use matcher::{MatchOp, Matcher};
pub use selector::{CompareOp, Comparison, Selector};
pub use value::{Labels, Millis, Sample, Series, SeriesSet, parse_value, print_value};

/// Why an expression cannot be evaluated.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum Error {
    /// Longer than we parse.
    #[error("expression of {0} bytes is too long: at most {max} are read", max = parse::MAX_LENGTH)]
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
    #[error(
        "`{expr}`: {what} is not supported; write a selector, optionally compared with a number"
    )]
    Unsupported {
        /// The expression.
        expr: String,
        /// The construct.
        what: &'static str,
    },
    /// A regular expression that cannot be compiled.
    #[error("`{0}` is not a regular expression")]
    Regex(String),
    /// Not a duration as Prometheus writes them.
    #[error("`{0}` is not a duration; write it as Prometheus does, `1m30s`")]
    Duration(String),
}
