//! A page as text: OpenMetrics 1.0.0 or the classic format 0.0.4.
//!
//! Our own encoder, because `prometheus-client` writes no classic text and does not escape help texts.

use std::fmt::Write;

use super::label::escape;
use super::metric::Metric;
use super::page::{Family, Histogram, Value};

/// The two text formats.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// OpenMetrics 1.0.0.
    OpenMetrics,
    /// Prometheus' classic text format 0.0.4.
    Classic,
}

impl Format {
    /// The exact `Content-Type`: Prometheus 3 fails a scrape without one that it knows.
    pub fn content_type(self) -> &'static str {
        match self {
            Self::OpenMetrics => "application/openmetrics-text; version=1.0.0; charset=utf-8",
            Self::Classic => "text/plain; version=0.0.4; charset=utf-8",
        }
    }
}

/// Bytes of a long number with what stands around it.
const NUMBER: usize = 24;

/// A metric as text, with its name.
pub(super) type Written = (&'static str, String);

/// The metrics as a page, those that are text already among the others in the order of their names.
pub(super) fn page(families: Vec<Family>, written: &[Written], format: Format) -> String {
    // In one piece: growing by doubling would copy a large page again and again, and take twice its size.
    let size = families.iter().map(size).sum::<usize>()
        + written.iter().map(|(_, text)| text.len()).sum::<usize>();
    let mut text = String::with_capacity(size);
    let mut written = written.iter().peekable();
    // Each family is gone when it is written: a page is not in memory twice.
    for family in families {
        while let Some((_, before)) = written.next_if(|(name, _)| *name < family.metric.name) {
            text.push_str(before);
        }
        write_family(&mut text, &family, format);
    }
    for (_, rest) in written {
        text.push_str(rest);
    }
    if format == Format::OpenMetrics {
        text.push_str("# EOF\n");
    }
    text
}

/// One metric as text.
pub(super) fn family(family: &Family, format: Format) -> Written {
    let mut text = String::with_capacity(size(family));
    write_family(&mut text, family, format);
    text.shrink_to_fit();
    (family.metric.name, text)
}

fn write_family(text: &mut String, family: &Family, format: Format) {
    header(text, &family.metric, format);
    for sample in &family.samples {
        let labels = family.labels(sample);
        match &sample.value {
            Value::Number(value) => line(text, &family.metric, labels, ("", None), *value),
            Value::Histogram(histogram) => buckets(text, &family.metric, labels, histogram),
        }
    }
}

/// About how many bytes a family is as text: its header, and for each line the name, the labels and a number.
fn size(family: &Family) -> usize {
    let lines = family.samples.iter().map(|sample| match &sample.value {
        Value::Number(_) => 1,
        Value::Histogram(histogram) => histogram.buckets.len() + 3,
    });
    let labels = family
        .samples
        .iter()
        .map(|sample| family.labels(sample).len());
    let of_each = family.metric.name.len() + "_bucket".len() + NUMBER;
    512 + family.metric.help.len() + labels.sum::<usize>() + lines.sum::<usize>() * of_each
}

fn header(text: &mut String, metric: &Metric, format: Format) {
    let (name, kind) = match format {
        Format::OpenMetrics => (metric.family(), metric.kind.open_metrics()),
        Format::Classic => (metric.name, metric.kind.classic()),
    };
    text.push_str("# HELP ");
    text.push_str(name);
    text.push(' ');
    // A quote is escaped in OpenMetrics only: the classic format would show the backslash.
    escape(text, metric.help, format == Format::OpenMetrics);
    infallible(writeln!(text, "\n# TYPE {name} {kind}"));
    if let (Format::OpenMetrics, Some(unit)) = (format, metric.open_metrics_unit()) {
        infallible(writeln!(text, "# UNIT {name} {unit}"));
    }
}

fn buckets(text: &mut String, metric: &Metric, labels: &str, histogram: &Histogram) {
    for (edge, count) in &histogram.buckets {
        // `1.0`, not `1`: the label must not depend on who reads the page.
        let le = format!("{edge:?}");
        line(
            text,
            metric,
            labels,
            ("_bucket", Some(&le)),
            decimal(*count),
        );
    }
    let count = decimal(histogram.count);
    line(text, metric, labels, ("_bucket", Some("+Inf")), count);
    line(text, metric, labels, ("_sum", None), histogram.sum);
    line(text, metric, labels, ("_count", None), count);
}

#[expect(clippy::cast_precision_loss, reason = "Prometheus has doubles")]
pub(super) fn decimal(count: u64) -> f64 {
    count as f64
}

/// One line: the metric's name with a suffix, the labels with `le` last, the value.
fn line(
    text: &mut String,
    metric: &Metric,
    labels: &str,
    (suffix, le): (&str, Option<&str>),
    value: f64,
) {
    text.push_str(metric.name);
    text.push_str(suffix);
    if !labels.is_empty() || le.is_some() {
        text.push('{');
        text.push_str(labels);
        if let Some(le) = le {
            let comma = if labels.is_empty() { "" } else { "," };
            infallible(write!(text, "{comma}le=\"{le}\""));
        }
        text.push('}');
    }
    text.push(' ');
    number(text, value);
    text.push('\n');
}

/// A number as Prometheus reads it; the shortest decimals that give the same double.
fn number(text: &mut String, value: f64) {
    // Most are whole, and whole numbers are written faster as such. Zero is not: it may be negative.
    #[expect(clippy::cast_possible_truncation, reason = "it is within the range")]
    let whole =
        (value.fract() == 0.0 && (1.0..1e15).contains(&value.abs())).then_some(value as i64);
    infallible(if let Some(whole) = whole {
        write!(text, "{whole}")
    } else if value == f64::INFINITY {
        write!(text, "+Inf")
    } else if value == f64::NEG_INFINITY {
        write!(text, "-Inf")
    } else if value != 0.0 && !(1e-7..1e17).contains(&value.abs()) && !value.is_nan() {
        write!(text, "{value:e}")
    } else {
        write!(text, "{value}")
    });
}

fn infallible(result: std::fmt::Result) {
    result.expect("writing to a string cannot fail");
}

#[cfg(test)]
use super::page::Page;

#[cfg(test)]
fn encode(of: Page, format: Format) -> String {
    page(of.into_families().0, &[], format)
}

#[cfg(test)]
const PLAIN: Metric = Metric::new(
    "mm2_a_seconds_total",
    super::metric::Kind::Counter,
    "seconds",
    &["topic", "task"],
    "A \"quoted\" help\nwith \\ in it.",
);

#[test]
fn the_two_formats_differ_in_names_escapes_and_end() {
    let page = || {
        let mut page = Page::default();
        page.add(&PLAIN, &["a\"b\\c\nd", "0"], 1.5);
        page.add(&PLAIN, &["", ""], 2.0);
        page
    };
    assert_eq!(
        encode(page(), Format::OpenMetrics),
        "# HELP mm2_a_seconds A \\\"quoted\\\" help\\nwith \\\\ in it.\n# TYPE mm2_a_seconds counter\n\
         # UNIT mm2_a_seconds seconds\nmm2_a_seconds_total 2\n\
         mm2_a_seconds_total{topic=\"a\\\"b\\\\c\\nd\",task=\"0\"} 1.5\n# EOF\n"
    );
    assert_eq!(
        encode(page(), Format::Classic),
        "# HELP mm2_a_seconds_total A \"quoted\" help\\nwith \\\\ in it.\n# TYPE mm2_a_seconds_total counter\n\
         mm2_a_seconds_total 2\nmm2_a_seconds_total{topic=\"a\\\"b\\\\c\\nd\",task=\"0\"} 1.5\n"
    );
}

#[test]
fn a_histogram_has_float_edges_and_a_last_bucket() {
    const LATENCY: Metric = Metric::new(
        "mm2_l_seconds",
        super::metric::Kind::Histogram,
        "seconds",
        &["source"],
        "L.",
    );
    let mut page = Page::default();
    let histogram = Histogram {
        buckets: vec![(0.005, 1), (1.0, 3), (600.0, 3)],
        count: 4,
        sum: 700.25,
    };
    page.histogram(&LATENCY, &["s"], histogram);
    assert_eq!(
        encode(page, Format::Classic),
        "# HELP mm2_l_seconds L.\n# TYPE mm2_l_seconds histogram\n\
         mm2_l_seconds_bucket{source=\"s\",le=\"0.005\"} 1\nmm2_l_seconds_bucket{source=\"s\",le=\"1.0\"} 3\n\
         mm2_l_seconds_bucket{source=\"s\",le=\"600.0\"} 3\nmm2_l_seconds_bucket{source=\"s\",le=\"+Inf\"} 4\n\
         mm2_l_seconds_sum{source=\"s\"} 700.25\nmm2_l_seconds_count{source=\"s\"} 4\n"
    );
}

#[cfg(test)]
mod round_trip {
    use proptest::prelude::*;

    use super::*;

    /// Name, labels and value of a line, by a reader that shares no code with the writer.
    fn read(line: &str) -> (String, Vec<(String, String)>, f64) {
        let open = line.find(['{', ' ']).unwrap();
        let (name, mut rest) = line.split_at(open);
        let mut labels = Vec::new();
        while let Some(after) = rest.strip_prefix(['{', ',']) {
            let (label, after) = after.split_once("=\"").unwrap();
            let mut value = String::new();
            let mut characters = after.chars();
            loop {
                match characters.next().unwrap() {
                    '"' => break,
                    '\\' => value.push(match characters.next().unwrap() {
                        'n' => '\n',
                        other => other,
                    }),
                    other => value.push(other),
                }
            }
            labels.push((label.to_owned(), value));
            rest = characters.as_str();
        }
        let value = rest.trim_start_matches('}').trim();
        (
            name.to_owned(),
            labels,
            value.replace("Inf", "inf").parse().unwrap(),
        )
    }

    proptest! {
        #[test]
        fn every_label_and_value_is_read_back_as_it_was_written(topic in any::<String>(), task in any::<String>(), value in any::<f64>()) {
            let mut page = Page::default();
            page.add(&PLAIN, &[&topic, &task], value);
            let text = encode(page, Format::Classic);
            prop_assert_eq!(text.matches('\n').count(), 3, "a label broke a line");
            let (name, labels, seen) = read(text.split('\n').nth(2).unwrap());
            prop_assert_eq!(name, PLAIN.name);
            let mut expected = vec![("topic".to_owned(), topic), ("task".to_owned(), task)];
            expected.retain(|(_, value)| !value.is_empty());
            prop_assert_eq!(labels, expected);
            prop_assert!(seen.to_bits() == value.to_bits() || (seen.is_nan() && value.is_nan()));
        }
    }
}

#[test]
fn what_is_text_already_stands_where_its_name_belongs() {
    let mut own = Page::default();
    own.add(&PLAIN, &["b", ""], 1.0);
    let text = |name: &'static str| (name, format!("{name} 1\n"));
    let written = [text("kafka_a"), text("mm2_b")];
    let page = page(own.into_families().0, &written, Format::Classic);
    let names: Vec<&str> = page
        .lines()
        .filter(|line| !line.starts_with('#'))
        .filter_map(|line| line.split(['{', ' ']).next())
        .collect();
    assert_eq!(names, ["kafka_a", "mm2_a_seconds_total", "mm2_b"]);
}
