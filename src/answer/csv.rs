//! A row for each sample: time, value, series. Quoted as RFC 4180 says.

use std::io::{self, Write};

use crate::model::time::Timestamp;
use crate::promql::{Answer, Labels, Millis, Sample, Value, print_value};

pub(super) fn write(out: &mut impl Write, answer: &Answer, at: Millis) -> io::Result<()> {
    write!(out, "time,value,series\r\n")?;
    match &answer.value {
        Value::Scalar(sample) => row(out, sample.at, &print_value(sample.value), ""),
        Value::String(text) => row(out, at, text, ""),
        Value::Vector(elements) => elements
            .iter()
            .try_for_each(|(labels, sample)| of_series(out, labels, sample)),
        Value::Matrix(series) => series.iter().try_for_each(|series| {
            let mut samples = series.samples.iter();
            samples.try_for_each(|sample| of_series(out, &series.labels, sample))
        }),
    }
}

fn of_series(out: &mut impl Write, labels: &Labels, sample: &Sample) -> io::Result<()> {
    row(
        out,
        sample.at,
        &print_value(sample.value),
        &labels.to_string(),
    )
}

fn row(out: &mut impl Write, at: Millis, value: &str, series: &str) -> io::Result<()> {
    let at = Timestamp::from_millis(at).to_string();
    let (value, series) = (quoted(value), quoted(series));
    write!(out, "{at},{value},{series}\r\n")
}

fn quoted(field: &str) -> String {
    if field.contains([',', '"', '\r', '\n']) {
        format!("\"{}\"", field.replace('"', "\"\""))
    } else {
        field.to_owned()
    }
}

#[test]
fn a_field_is_quoted_where_it_has_to_be() {
    assert_eq!(quoted("1.5"), "1.5");
    assert_eq!(
        quoted("{a=\"b\", c=\"d\"}"),
        "\"{a=\"\"b\"\", c=\"\"d\"\"}\""
    );
}
