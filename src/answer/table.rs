//! A table for a terminal: of an instant the values, of a range what each series was.

use std::io::{self, Write};

use comfy_table::{ContentArrangement, Table, presets};

use crate::model::text::visible;
use crate::promql::{Answer, Series, Value, print_value};

/// Columns of a terminal that every table fits.
const WIDTH: u16 = 80;

pub(super) fn write(out: &mut impl Write, answer: &Answer) -> io::Result<()> {
    match &answer.value {
        Value::Scalar(sample) => writeln!(out, "{}", print_value(sample.value)),
        Value::String(text) => writeln!(out, "{}", visible(text)),
        Value::Vector(elements) if elements.is_empty() => nothing(out),
        Value::Matrix(series) if series.is_empty() => nothing(out),
        Value::Vector(elements) => {
            let mut table = table(&["series", "value"]);
            for (labels, sample) in elements {
                table.add_row([visible(&labels.to_string()), print_value(sample.value)]);
            }
            writeln!(out, "{table}")
        }
        Value::Matrix(series) => {
            let mut table = table(&["series", "samples", "first", "least", "most", "last"]);
            for series in series {
                table.add_row(row(series));
            }
            writeln!(out, "{table}")
        }
    }
}

pub(super) fn nothing(out: &mut impl Write) -> io::Result<()> {
    writeln!(out, "no series")
}

fn table(heading: &[&str]) -> Table {
    let mut table = Table::new();
    table
        .load_style(presets::NOTHING)
        .set_width(WIDTH)
        .set_content_arrangement(ContentArrangement::Dynamic)
        .set_header(heading);
    table
}

fn row(series: &Series) -> [String; 6] {
    let values = || series.samples.iter().map(|sample| sample.value);
    let told = |value: Option<f64>| value.map_or(String::new(), print_value);
    [
        visible(&series.labels.to_string()),
        series.samples.len().to_string(),
        told(values().next()),
        told(values().reduce(f64::min)),
        told(values().reduce(f64::max)),
        told(values().next_back()),
    ]
}
