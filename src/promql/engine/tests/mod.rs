//! Semantics, point by point. Series are written as `name{label="value"} 1 2 _ stale`, a sample every ten seconds from zero.

mod aggregating;
mod calling;
mod hostile;
mod matching;
mod selecting;
mod subquerying;

use crate::promql::{
    Answer, EvalError, Query, Sample, Selector, Series, SeriesSet, Settings, Steps, Value,
    parse_value, print_value,
};

/// Series of samples every ten seconds.
pub(super) fn load(lines: &[&str]) -> SeriesSet {
    lines.iter().map(|line| series(line)).collect()
}

fn series(line: &str) -> Series {
    let (selector, values) = line.split_once(' ').unwrap();
    let selector = Selector::parse(selector).unwrap();
    let name = selector.to_string();
    let name = name.split('{').next().unwrap_or_default();
    let matchers = selector.matchers().iter();
    let labels = matchers.map(|matcher| (matcher.label(), matcher.value()));
    let samples = values
        .split_whitespace()
        .enumerate()
        .filter_map(|(i, text)| {
            let at = i64::try_from(i).unwrap() * 10_000;
            match text {
                "_" => None,
                "stale" => Some(Sample::stale(at)),
                value => Some(Sample {
                    at,
                    value: parse_value(value).unwrap(),
                }),
            }
        });
    Series {
        labels: labels.chain([("__name__", name)]).collect(),
        samples: samples.collect(),
    }
}

pub(super) fn ask(text: &str, data: &SeriesSet, seconds: i64) -> Result<Answer, EvalError> {
    let query = Query::parse(text).unwrap();
    query.instant(data, seconds * 1000, &Settings::default())
}

/// The answer at one time, an element a line.
pub(super) fn at(text: &str, data: &SeriesSet, seconds: i64) -> Vec<String> {
    match ask(text, data, seconds).unwrap().value {
        Value::Scalar(sample) => vec![print_value(sample.value)],
        Value::String(text) => vec![text],
        Value::Vector(elements) => elements
            .iter()
            .map(|(labels, sample)| format!("{labels} {}", print_value(sample.value)))
            .collect(),
        Value::Matrix(series) => lines(&series),
    }
}

/// The answer every ten seconds from zero, a series a line.
pub(super) fn over(text: &str, data: &SeriesSet, until: i64) -> Vec<String> {
    match ranged(text, data, until).unwrap().value {
        Value::Matrix(series) => lines(&series),
        other => panic!("{other:?}"),
    }
}

pub(super) fn ranged(text: &str, data: &SeriesSet, until: i64) -> Result<Answer, EvalError> {
    let steps = Steps {
        from: 0,
        to: until * 1000,
        step: 10_000,
    };
    let query = Query::parse(text).unwrap();
    query.range(data, steps, &Settings::default())
}

fn lines(series: &[Series]) -> Vec<String> {
    let line = |series: &Series| {
        let samples = series.samples.iter();
        let samples = samples.map(|s| format!("{}@{}", print_value(s.value), s.at / 1000));
        format!(
            "{} {}",
            series.labels,
            samples.collect::<Vec<_>>().join(" ")
        )
    };
    series.iter().map(line).collect()
}
