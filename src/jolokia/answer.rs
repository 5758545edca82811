//! Jolokia's answers to a bulk read, of every shape, into the model.
//!
//! An item is a scalar, a map of attributes, or (for a pattern) a map of object names to maps of attributes. NaN and
//! the infinities come as `null` or as text, an attribute that throws as text or as an object: all of them are absent.
//! A pattern that matches nothing is answered with 404: no MBean, no error.

use serde::Deserialize;
use serde_json::{Map, Value};

use super::Error;
use super::object_name::ObjectName;
use crate::model::flow::{Flow, source_of};
use crate::model::jmx::{BEANS, Bean, JmxSample, JmxView};

#[derive(Deserialize)]
struct Item {
    status: u16,
    #[serde(default)]
    value: Value,
    #[serde(default)]
    error_type: Option<String>,
}

pub(super) fn view(body: &[u8], flows: &[Flow]) -> Result<JmxView, Error> {
    let items: Vec<Item> = serde_json::from_slice(body).map_err(|error| Error::Malformed {
        line: error.line(),
        column: error.column(),
    })?;
    if items.len() != BEANS.len() {
        return Err(Error::Count {
            got: items.len(),
            asked: BEANS.len(),
        });
    }
    let mut view = JmxView::default();
    let mut reason = None;
    for (index, (item, bean)) in items.into_iter().zip(BEANS).enumerate() {
        match item.status {
            200 => collect(index, item.value, flows, &mut view.samples),
            404 if bean.is_pattern() => {}
            status => {
                view.refused.push(bean.name);
                reason = item.error_type.or_else(|| Some(format!("status {status}")));
            }
        }
    }
    match reason {
        Some(reason) if view.refused.len() == BEANS.len() => Err(Error::Refused(reason)),
        _ => Ok(view),
    }
}

fn collect(index: usize, value: Value, flows: &[Flow], samples: &mut Vec<JmxSample>) {
    let bean = &BEANS[index];
    let Value::Object(entries) = value else {
        return;
    };
    if !bean.is_pattern() {
        attributes(index, &entries, &[], samples);
        return;
    }
    for (name, value) in entries {
        let labels = ObjectName::parse(&name).and_then(|name| labels(bean, &name, flows));
        if let (Some(labels), Value::Object(entries)) = (labels, value) {
            attributes(index, &entries, &labels, samples);
        }
    }
}

fn attributes(
    bean: usize,
    entries: &Map<String, Value>,
    labels: &[String],
    samples: &mut Vec<JmxSample>,
) {
    for (name, value) in entries {
        let attribute = BEANS[bean]
            .attributes
            .iter()
            .position(|row| row.name == name);
        if let (Some(attribute), Some(value)) = (attribute, number(value)) {
            samples.push(JmxSample {
                bean,
                attribute,
                labels: labels.to_vec(),
                value,
            });
        }
    }
}

/// The labels of a group in their order, without `worker`; `None` if the object name lacks one that only it can tell.
fn labels(bean: &Bean, name: &ObjectName, flows: &[Flow]) -> Option<Vec<String>> {
    bean.labels
        .iter()
        .filter(|label| **label != "worker")
        .map(|label| match (*label, name.get(label)) {
            (_, Some(value)) => Some(value.to_owned()),
            ("source", None) => {
                let source = source_of(flows, name.get("target")?, name.get("topic")?);
                Some(source.unwrap_or_default().to_owned())
            }
            (_, None) => None,
        })
        .collect()
}

/// What a value is as a number. Agents may be set to send long numbers as text; `NaN` and error texts are no numbers.
fn number(value: &Value) -> Option<f64> {
    match value {
        Value::Number(number) => number.as_f64(),
        Value::Bool(value) => Some(f64::from(u8::from(*value))),
        Value::String(text) => text.parse().ok().filter(|number: &f64| number.is_finite()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

#[cfg(test)]
fn answers(items: [&str; 4]) -> String {
    format!("[{}]", items.join(","))
}

#[cfg(test)]
const NOT_FOUND: &str =
    r#"{"status":404,"error_type":"javax.management.InstanceNotFoundException","error":"none"}"#;

#[test]
fn nan_errors_and_unknown_attributes_are_absent() {
    let body = answers([
        r#"{"status":200,"value":{"kafka.connect.mirror:partition=0,target=t,topic=s.orders,type=MirrorSourceConnector":
            {"record-count":7,"record-age-ms-avg":null,"record-age-ms-max":"NaN","byte-count":1.0E+10,
             "byte-rate":"ERROR: gone (class java.lang.RuntimeException)","record-rate":{".error":true,"error":"x"},"new":3}}}"#,
        r#"{"status":200,"value":{"task-count":2,"connector-count":"3"}}"#,
        NOT_FOUND,
        r#"{"status":200,"value":{"leader-name":"http://a:1/","epoch":4}}"#,
    ]);
    let flows = [Flow {
        source: "s".into(),
        target: "t".into(),
        connector: "c".into(),
    }];
    let view = view(body.as_bytes(), &flows).unwrap();
    let seen: Vec<_> = view
        .samples
        .iter()
        .map(|sample| {
            (
                BEANS[sample.bean].attributes[sample.attribute].name,
                sample.value,
            )
        })
        .collect();
    assert_eq!(
        seen,
        [
            ("byte-count", 1e10),
            ("record-count", 7.0),
            ("connector-count", 3.0),
            ("task-count", 2.0),
            ("epoch", 4.0)
        ]
    );
    assert_eq!(view.samples[0].labels, ["s", "t", "s.orders", "0"]);
    assert!(view.refused.is_empty());
}

#[test]
fn one_refused_group_leaves_the_others_and_all_refused_is_an_error() {
    let refused = r#"{"status":403,"error_type":"java.lang.SecurityException","error":"no"}"#;
    let worker = r#"{"status":200,"value":{"task-count":2}}"#;
    let partly = view(
        answers([refused, worker, NOT_FOUND, NOT_FOUND]).as_bytes(),
        &[],
    )
    .unwrap();
    assert_eq!(partly.refused, [BEANS[0].name, BEANS[3].name]);
    assert_eq!(partly.samples.len(), 1);
    let none = view(answers([refused; 4]).as_bytes(), &[]);
    assert!(matches!(none, Err(Error::Refused(reason)) if reason == "java.lang.SecurityException"));
}

#[test]
fn deep_short_and_foreign_answers_are_errors_and_no_panic() {
    let deep = format!("[{{\"status\":200,\"value\":{}", "[".repeat(100_000));
    assert!(matches!(
        view(deep.as_bytes(), &[]),
        Err(Error::Malformed { .. })
    ));
    assert!(matches!(view(b"[]", &[]), Err(Error::Count { got: 0, .. })));
    assert!(matches!(view(b"<html>", &[]), Err(Error::Malformed { .. })));
}

#[test]
fn every_cut_and_every_flipped_byte_of_a_real_answer_is_an_error_or_a_view_and_no_panic() {
    let real = include_bytes!("../../tests/fixtures/jolokia-2.6.0-worker.json");
    assert_eq!(
        view(real, &[]).unwrap().samples.len(),
        4 * 12 + 12 + 2 * 7 + 6
    );
    for end in 0..real.len() {
        assert!(view(&real[..end], &[]).is_err(), "cut at {end}");
    }
    let mut bent = real.to_vec();
    for at in 0..bent.len() {
        bent[at] ^= 0x41;
        let _ = view(&bent, &[]);
        bent[at] ^= 0x41;
    }
}
