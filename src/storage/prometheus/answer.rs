//! What the API answers, as it stands on the wire.

use serde::Deserialize;

use super::Error;
use super::error::excerpt;
use crate::fetch;
use crate::model::time::Timestamp;
use crate::promql::{Labels, Sample, parse_value};

/// An answer that is none of an error.
pub(super) struct Found {
    pub(super) data: Data,
    pub(super) warnings: Vec<String>,
    /// Whether `VictoriaMetrics` answered: what it keeps no value of, NaN, is how it hands out the marker of a series' end (1.79.5).
    pub(super) is_victoria: bool,
}

/// With each answer of `VictoriaMetrics`; its vmauth adds it to the answers of other servers, too.
const VICTORIA: &str = "x-server-hostname";

#[derive(Deserialize)]
#[serde(tag = "resultType", content = "result", rename_all = "lowercase")]
pub(super) enum Data {
    Matrix(Vec<Range>),
    Vector(Vec<Element>),
    Scalar((f64, String)),
}

#[derive(Deserialize)]
pub(super) struct Range {
    pub(super) metric: Labels,
    #[serde(default)]
    values: Vec<(f64, String)>,
}

#[derive(Deserialize)]
pub(super) struct Element {
    pub(super) metric: Labels,
    pub(super) value: (f64, String),
}

#[derive(Deserialize)]
struct Wire {
    data: Option<Data>,
    error: Option<String>,
    #[serde(default)]
    warnings: Vec<String>,
    /// What a cluster of `VictoriaMetrics` says instead of a warning.
    #[serde(default, rename = "isPartial")]
    is_partial: bool,
}

/// Samples of a range, and whether any time of theirs was finer than a millisecond: it was rounded.
pub(super) struct Raw {
    pub(super) samples: Vec<Sample>,
    pub(super) is_rounded: bool,
}

/// Data, or the error that the server tells.
pub(super) fn read(answer: &fetch::Answer, server: impl Fn() -> String) -> Result<Found, Error> {
    let fetch::Answer {
        status,
        headers,
        body,
    } = answer;
    let refused = |message: &str| Error::Status {
        server: server(),
        status: *status,
        message: excerpt(message),
    };
    match serde_json::from_slice(body) {
        Ok(Wire {
            data: Some(data),
            warnings,
            is_partial,
            ..
        }) if status.is_success() => {
            let partial = is_partial.then(|| "the answer is partial".to_owned());
            let warnings = warnings
                .iter()
                .map(|warning| excerpt(warning))
                .chain(partial)
                .collect();
            Ok(Found {
                data,
                warnings,
                is_victoria: headers.contains_key(VICTORIA),
            })
        }
        Ok(Wire {
            error: Some(message),
            ..
        }) => Err(refused(&message)),
        _ if !status.is_success() => Err(refused(&String::from_utf8_lossy(body))),
        Ok(_) => Err(Error::malformed(server(), "neither data nor an error")),
        Err(error) => Err(Error::malformed(server(), &error.to_string())),
    }
}

impl Range {
    /// Its samples, or what is wrong with them.
    pub(super) fn raw(&self) -> Result<Raw, &'static str> {
        let mut raw = Raw {
            samples: Vec::with_capacity(self.values.len()),
            is_rounded: false,
        };
        for (seconds, text) in &self.values {
            let value = parse_value(text).ok_or("a sample is not a number")?;
            let time = Timestamp::from_seconds(*seconds).ok_or("a time is not a number")?;
            let at = (time.as_micros() + 500).div_euclid(1000);
            // A double is a quarter of a microsecond off in these years.
            raw.is_rounded |= (time.as_micros() - at * 1000).abs() > 1;
            raw.samples.push(Sample { at, value });
        }
        Ok(raw)
    }
}

#[cfg(test)]
fn range(values: &str) -> Range {
    let text = format!(r#"{{"metric":{{"__name__":"up"}},"values":{values}}}"#);
    serde_json::from_str(&text).unwrap()
}

#[test]
fn an_answer_of_the_api_reads_with_its_warnings() {
    let text = r#"{"status":"success","data":{"resultType":"matrix","result":[{"metric":{"__name__":"up"},"values":[[1.5,"1"]]}]},"warnings":["w"]}"#;
    let wire: Wire = serde_json::from_str(text).unwrap();
    assert_eq!(wire.warnings, ["w"]);
    let Some(Data::Matrix(matrix)) = wire.data else {
        panic!("not a matrix")
    };
    let raw = matrix[0].raw().unwrap();
    let sample = Sample {
        at: 1500,
        value: 1.0,
    };
    assert_eq!(raw.samples, [sample]);
}

#[test]
fn a_partial_answer_is_a_warning() {
    let body =
        r#"{"status":"success","isPartial":true,"data":{"resultType":"matrix","result":[]}}"#;
    let answer = fetch::Answer {
        status: reqwest::StatusCode::OK,
        headers: reqwest::header::HeaderMap::new(),
        body: body.as_bytes().to_vec(),
    };
    let found = read(&answer, || "http://h".to_owned()).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(found.warnings, ["the answer is partial"]);
}

#[test]
fn a_time_finer_than_a_millisecond_is_rounded_and_said_to_be() {
    let is_rounded = |values| range(values).raw().unwrap().is_rounded;
    assert!(!is_rounded(r#"[[1795716000.123,"1"],[1795716000,"2"]]"#));
    assert!(is_rounded(r#"[[1795716000.1234,"1"]]"#));
}
