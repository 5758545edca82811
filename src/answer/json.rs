//! The shape of Prometheus' HTTP API (`prometheus.io/docs/prometheus/latest/querying/api`): times in seconds, values as texts.

use std::io::{self, Write};

use serde::{Serialize, Serializer};

use crate::promql::{Answer, Labels, Millis, Sample, Series, Value, print_value};

#[derive(Serialize)]
struct Success<'a> {
    status: &'static str,
    data: Data<'a>,
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    warnings: &'a [String],
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    infos: &'a [String],
}

#[derive(Serialize)]
#[serde(tag = "resultType", content = "result", rename_all = "lowercase")]
enum Data<'a> {
    Scalar(Point),
    String((Seconds, &'a str)),
    Vector(Vec<Element<'a>>),
    Matrix(Vec<Row<'a>>),
}

#[derive(Serialize)]
struct Element<'a> {
    metric: &'a Labels,
    value: Point,
}

#[derive(Serialize)]
struct Row<'a> {
    metric: &'a Labels,
    values: Vec<Point>,
}

type Point = (Seconds, String);

/// Whole seconds are whole numbers.
struct Seconds(Millis);

impl Serialize for Seconds {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let (seconds, rest) = (self.0.div_euclid(1_000), self.0.rem_euclid(1_000));
        if rest == 0 {
            return serializer.serialize_i64(seconds);
        }
        #[expect(clippy::cast_precision_loss, reason = "exact to the millisecond")]
        serializer.serialize_f64(self.0 as f64 / 1_000.0)
    }
}

pub(super) fn write(out: &mut impl Write, answer: &Answer, at: Millis) -> io::Result<()> {
    let data = match &answer.value {
        Value::Scalar(sample) => Data::Scalar(point(sample)),
        Value::String(text) => Data::String((Seconds(at), text)),
        Value::Vector(elements) => Data::Vector(
            elements
                .iter()
                .map(|(metric, sample)| Element {
                    metric,
                    value: point(sample),
                })
                .collect(),
        ),
        Value::Matrix(series) => Data::Matrix(series.iter().map(row).collect()),
    };
    let success = Success {
        status: "success",
        data,
        warnings: &answer.warnings,
        infos: &answer.infos,
    };
    serde_json::to_writer(&mut *out, &success)?;
    writeln!(out)
}

pub(super) fn write_error(out: &mut impl Write, kind: &str, error: &str) -> io::Result<()> {
    let failure = serde_json::json!({ "status": "error", "errorType": kind, "error": error });
    writeln!(out, "{failure}")
}

fn row(series: &Series) -> Row<'_> {
    Row {
        metric: &series.labels,
        values: series.samples.iter().map(point).collect(),
    }
}

fn point(sample: &Sample) -> Point {
    (Seconds(sample.at), print_value(sample.value))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn printed(value: Value, warnings: &[&str]) -> String {
        let answer = Answer {
            value,
            warnings: warnings.iter().map(|text| (*text).to_owned()).collect(),
            infos: Vec::new(),
        };
        let mut out = Vec::new();
        write(&mut out, &answer, 2_000).unwrap();
        String::from_utf8(out).unwrap()
    }

    /// The forms are those of answers of Prometheus 3.
    #[test]
    fn each_type_has_the_shape_that_prometheus_gives_it() {
        let up: Labels = [("__name__", "up"), ("job", "a")].into_iter().collect();
        let sample = Sample {
            at: 1_500,
            value: f64::INFINITY,
        };
        assert_eq!(
            printed(
                Value::Scalar(Sample {
                    at: 1_000,
                    value: 0.5
                }),
                &[]
            ),
            "{\"status\":\"success\",\"data\":{\"resultType\":\"scalar\",\"result\":[1,\"0.5\"]}}\n"
        );
        assert_eq!(
            printed(Value::String("s".to_owned()), &[]),
            "{\"status\":\"success\",\"data\":{\"resultType\":\"string\",\"result\":[2,\"s\"]}}\n"
        );
        assert_eq!(
            printed(Value::Vector(vec![(up.clone(), sample)]), &["w"]),
            "{\"status\":\"success\",\"data\":{\"resultType\":\"vector\",\"result\":[{\"metric\":{\"__name__\":\"up\",\"job\":\"a\"},\
             \"value\":[1.5,\"+Inf\"]}]},\"warnings\":[\"w\"]}\n"
        );
        let series = Series {
            labels: up,
            samples: vec![sample],
        };
        assert_eq!(
            printed(Value::Matrix(vec![series]), &[]),
            "{\"status\":\"success\",\"data\":{\"resultType\":\"matrix\",\"result\":[{\"metric\":{\"__name__\":\"up\",\"job\":\"a\"},\
             \"values\":[[1.5,\"+Inf\"]]}]}}\n"
        );
    }

    #[test]
    fn an_error_has_its_kind() {
        let mut out = Vec::new();
        write_error(&mut out, "bad_data", "no \"query\"").unwrap();
        let error: serde_json::Value = serde_json::from_slice(&out).unwrap();
        assert_eq!(
            error,
            serde_json::json!({ "status": "error", "errorType": "bad_data", "error": "no \"query\"" })
        );
    }
}
