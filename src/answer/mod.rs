//! An answer of the engine as people and programs read it: a table, sparklines, CSV, or JSON as Prometheus' HTTP API gives it.

mod csv;
mod json;
mod sparkline;
mod table;

use std::io::{self, Write};

use crate::promql::{Answer, Millis};

/// How an answer is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// A table for a terminal of 80 columns.
    Table,
    /// A line of blocks for each series.
    Sparkline,
    /// A row for each sample.
    Csv,
    /// Exactly the shape of Prometheus' HTTP API.
    Json,
}

/// Write an answer. `at` is the time of an instant query, or the last one of a range query.
pub fn write(out: &mut impl Write, answer: &Answer, at: Millis, form: Form) -> io::Result<()> {
    match form {
        Form::Table => table::write(out, answer),
        Form::Sparkline => sparkline::write(out, answer),
        Form::Csv => csv::write(out, answer, at),
        Form::Json => json::write(out, answer, at),
    }
}

/// Write that there is no answer, in the shape of Prometheus' HTTP API.
pub fn write_error(out: &mut impl Write, kind: &str, error: &str) -> io::Result<()> {
    json::write_error(out, kind, error)
}
