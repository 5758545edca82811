//! What the oracle reads and writes, a JSON object a line.

use mirrorwatch::promql::{Labels, Millis, Sample, Series, parse_value, print_value};
use serde::{Deserialize, Serialize};

/// Samples and queries.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Request {
    /// The samples.
    pub(crate) series: Vec<WireSeries>,
    /// What to ask.
    pub(crate) queries: Vec<WireQuery>,
}

/// An expression, at one time, or from one time to another at every step; in milliseconds.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct WireQuery {
    /// The expression.
    pub(crate) expr: String,
    /// The time of an instant query.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) at: Option<Millis>,
    /// The first time of a range query.
    #[serde(default)]
    pub(crate) from: Millis,
    /// The last one.
    #[serde(default)]
    pub(crate) to: Millis,
    /// The distance of two.
    #[serde(default)]
    pub(crate) step: Millis,
}

/// Labels and samples.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct WireSeries {
    labels: Labels,
    samples: Vec<(Millis, String)>,
}

/// Answers in the order of the queries.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Response {
    /// The answers.
    pub(crate) answers: Vec<WireAnswer>,
    /// What is wrong with the request.
    #[serde(default)]
    pub(crate) error: String,
}

/// A value or an error.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct WireAnswer {
    /// `scalar`, `string`, `vector` or `matrix`.
    #[serde(default, rename = "type")]
    pub(crate) kind: String,
    /// The value of a string.
    #[serde(default)]
    pub(crate) text: String,
    /// Series; in a vector or a scalar they have one sample.
    #[serde(default)]
    pub(crate) result: Vec<WireSeries>,
    /// Warnings.
    #[serde(default)]
    pub(crate) warnings: Vec<String>,
    /// Infos.
    #[serde(default)]
    pub(crate) infos: Vec<String>,
    /// The error, or nothing.
    #[serde(default)]
    pub(crate) error: String,
}

impl WireSeries {
    /// As ours; none if a value is no number.
    pub(crate) fn read(&self) -> Option<Series> {
        let samples = self.samples.iter().map(|(at, text)| {
            let marker = (text == "stale").then_some(Sample::stale(*at).value);
            let value = marker.or_else(|| parse_value(text))?;
            Some(Sample { at: *at, value })
        });
        Some(Series {
            labels: self.labels.clone(),
            samples: samples.collect::<Option<_>>()?,
        })
    }
}

impl From<&Series> for WireSeries {
    fn from(series: &Series) -> Self {
        let text = |sample: &Sample| {
            if sample.is_stale() {
                "stale".to_owned()
            } else {
                print_value(sample.value)
            }
        };
        Self {
            labels: series.labels.clone(),
            samples: series.samples.iter().map(|s| (s.at, text(s))).collect(),
        }
    }
}

#[test]
fn series_read_back_the_same() {
    let values = [1.0, -0.25, f64::INFINITY, 5e-324];
    let samples = values
        .into_iter()
        .zip(0..)
        .map(|(value, at)| Sample { at, value });
    let series = Series {
        labels: [("__name__", "a"), ("b", "c")].into_iter().collect(),
        samples: samples.collect(),
    };
    let json = serde_json::to_string(&WireSeries::from(&series)).unwrap();
    let read: WireSeries = serde_json::from_str(&json).unwrap();
    assert_eq!(read.read(), Some(series));
    let stale = Series {
        labels: Labels::default(),
        samples: vec![Sample::stale(5)],
    };
    assert!(WireSeries::from(&stale).read().unwrap().samples[0].is_stale());
}
