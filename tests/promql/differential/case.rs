//! A case: series, a query and when to ask it.

use mirrorwatch::promql::{
    Answer, Millis, Query, Sample, Series, SeriesSet, Settings, Steps, Value,
};

use super::data::END;
use super::random::Random;
use super::tree::Tree;
use super::wire::{Request, WireAnswer, WireQuery};
use crate::promqltest::{Engine, Times};

/// A query on series.
#[derive(Clone, Debug)]
pub(crate) struct Case {
    /// The samples.
    pub(crate) series: Vec<Series>,
    /// The expression.
    pub(crate) expr: Tree,
    /// When to ask.
    pub(crate) when: Times,
}

/// Any time, or any steps, of the series that are generated; mostly at times that samples have.
pub(crate) fn times(random: &mut Random) -> Times {
    let unit = if random.once_in(8) { 777 } else { 30_000 };
    let limit = u32::try_from(END / unit).unwrap_or(u32::MAX);
    let at = |random: &mut Random| Millis::from(random.below(limit)) * unit;
    if random.once_in(2) {
        return Times::Instant(at(random));
    }
    let (a, b) = (at(random), at(random));
    let step = *random.one_of(&[15_000, 30_000, 60_000, 150_000, 7_001]);
    Times::Range(Steps {
        from: a.min(b),
        to: a.max(b),
        step,
    })
}

impl Case {
    /// As the oracle reads it.
    pub(crate) fn request(&self) -> Request {
        Request {
            series: self.series.iter().map(Into::into).collect(),
            queries: vec![self.query()],
        }
    }

    /// Its query as the oracle reads it.
    pub(crate) fn query(&self) -> WireQuery {
        query(self.expr.to_string(), self.when)
    }
}

/// A query as the oracle reads it.
pub(crate) fn query(expr: String, times: Times) -> WireQuery {
    match times {
        Times::Instant(at) => WireQuery {
            expr,
            at: Some(at),
            ..WireQuery::default()
        },
        Times::Range(Steps { from, to, step }) => WireQuery {
            expr,
            at: None,
            from,
            to,
            step,
        },
    }
}

/// What our engine says to a query.
pub(crate) fn ask(data: &SeriesSet, query: &WireQuery) -> WireAnswer {
    let error = |error: String| WireAnswer {
        error,
        ..WireAnswer::default()
    };
    let parsed = match Query::parse(&query.expr) {
        Ok(parsed) => parsed,
        Err(refusal) => return error(refusal.to_string()),
    };
    let times = match *query {
        WireQuery { at: Some(at), .. } => Times::Instant(at),
        WireQuery { from, to, step, .. } => Times::Range(Steps { from, to, step }),
    };
    let answer = Settings::default().ask(&parsed, times, data);
    answer.map_or_else(error, wire)
}

fn wire(answer: Answer) -> WireAnswer {
    let of_one = |labels, sample: Sample| Series {
        labels,
        samples: vec![sample],
    };
    let (kind, text, series) = match answer.value {
        Value::Scalar(sample) => (
            "scalar",
            String::new(),
            vec![of_one(mirrorwatch::promql::Labels::default(), sample)],
        ),
        Value::String(text) => ("string", text, Vec::new()),
        Value::Vector(elements) => {
            let series = elements
                .into_iter()
                .map(|(labels, sample)| of_one(labels, sample));
            ("vector", String::new(), series.collect())
        }
        Value::Matrix(series) => ("matrix", String::new(), series),
    };
    WireAnswer {
        kind: kind.to_owned(),
        text,
        result: series.iter().map(Into::into).collect(),
        warnings: answer.warnings,
        infos: answer.infos,
        error: String::new(),
    }
}
