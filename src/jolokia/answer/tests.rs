//! Answers of every shape.

use super::*;
use crate::model::flow::ReplicationPolicy;

const NOT_FOUND: &str =
    r#"{"status":404,"error_type":"javax.management.InstanceNotFoundException","error":"none"}"#;

/// An answer with these items by the name that was asked for, and 404 in all other places.
fn answer(items: &[(&str, &str)]) -> String {
    let names = BEANS.iter().map(|bean| bean.name).chain(["new names"]);
    let items = names.map(|name| {
        items
            .iter()
            .find(|(asked, _)| *asked == name)
            .map_or(NOT_FOUND, |(_, item)| item)
    });
    format!("[{}]", items.collect::<Vec<_>>().join(","))
}

fn seen(view: &JmxView) -> Vec<(&'static str, f64)> {
    let row = |sample: &JmxSample| {
        (
            BEANS[sample.bean].attributes[sample.attribute].name,
            sample.value,
        )
    };
    view.samples.iter().map(row).collect()
}

fn flows() -> [Flow; 1] {
    [Flow {
        source: "s".into(),
        target: "t".into(),
        connector: "c".into(),
        policy: ReplicationPolicy::default(),
    }]
}

const SOURCE: &str = "kafka.connect.mirror:type=MirrorSourceConnector,*";

#[test]
fn nan_errors_and_unknown_attributes_are_absent() {
    let body = answer(&[
        (
            SOURCE,
            r#"{"status":200,"value":{"kafka.connect.mirror:partition=0,target=t,topic=s.orders,type=MirrorSourceConnector":
            {"record-count":7,"record-age-ms-avg":null,"record-age-ms-max":"NaN","byte-count":1.0E+10,
             "byte-rate":"ERROR: gone (class java.lang.RuntimeException)","record-rate":{".error":true,"error":"x"},"new":3}}}"#,
        ),
        (
            "kafka.connect:type=connect-worker-metrics",
            r#"{"status":200,"value":{"task-count":2,"connector-count":"3"}}"#,
        ),
    ]);
    let view = view(body.as_bytes(), &flows()).unwrap();
    assert_eq!(
        seen(&view),
        [
            ("record-count", 7.0),
            ("byte-count", 1e10),
            ("task-count", 2.0),
            ("connector-count", 3.0)
        ]
    );
    assert_eq!(*view.samples[0].labels, ["s", "t", "s.orders", "0"]);
}

#[test]
fn texts_and_the_parts_of_composite_attributes_are_read() {
    let body = answer(&[
        (
            "kafka.connect:type=connect-worker-rebalance-metrics",
            r#"{"value":{"leader-name":"http://a:1/","epoch":4},"status":200}"#,
        ),
        (
            "java.lang:type=Memory",
            r#"{"status":200,"value":{"HeapMemoryUsage":{"used":5,"max":9,"init":1},"NonHeapMemoryUsage":null}}"#,
        ),
        (
            "java.lang:type=OperatingSystem",
            r#"{"status":200,"value":{"ProcessCpuTime":37770000000}}"#,
        ),
    ]);
    let view = view(body.as_bytes(), &[]).unwrap();
    assert_eq!(view.texts[0].texts, ["", "http://a:1/"]);
    let [epoch, used, max, cpu] = seen(&view)[..] else {
        panic!("{view:?}");
    };
    assert_eq!(
        (epoch.1, used, max.1),
        (4.0, ("HeapMemoryUsage.used", 5.0), 9.0)
    );
    assert!((cpu.1 - 37.77).abs() < 1e-9);
}

#[test]
fn new_names_are_published_as_the_old_ones_are_and_only_where_those_are_missing() {
    let new = r#"{"status":200,"value":{
        "kafka.connect:type=plugins,connector=c,task=0,source=s,target=t,topic=s.orders,partition=0":{"record-count":1},
        "kafka.connect:type=plugins,connector=c,task=0,source=s,target=t,topic=s.orders,partition=1":{"record-count":2},
        "kafka.connect:type=plugins,connector=c,task=0,converter=key":{"record-count":3},
        "kafka.connect:type=plugins,connector=k,task=0,source=s,target=t,group=g,topic=s.orders,partition=1":{"checkpoint-latency-ms":4}}}"#;
    let old = r#"{"status":200,"value":{
        "kafka.connect.mirror:type=MirrorSourceConnector,source=s,target=t,topic=s.orders,partition=0":{"record-count":9}}}"#;
    let view = view(
        answer(&[(SOURCE, old), ("new names", new)]).as_bytes(),
        &flows(),
    )
    .unwrap();
    assert_eq!(
        seen(&view),
        [
            ("record-count", 9.0),
            ("record-count", 2.0),
            ("checkpoint-latency-ms", 4.0)
        ]
    );
}

#[test]
fn one_refused_group_leaves_the_others_and_all_refused_is_an_error() {
    let refused = r#"{"status":403,"error_type":"java.lang.SecurityException","error":"no"}"#;
    let worker = r#"{"status":200,"value":{"task-count":2}}"#;
    let partly = view(
        answer(&[
            (SOURCE, refused),
            ("kafka.connect:type=connect-worker-metrics", worker),
        ])
        .as_bytes(),
        &[],
    )
    .unwrap();
    assert!(partly.refused.contains(&SOURCE) && partly.is_forbidden);
    assert_eq!(partly.samples.len(), 1);
    let all = format!("[{}]", vec![refused; BEANS.len() + 1].join(","));
    assert!(
        matches!(view(all.as_bytes(), &[]), Err(Error::Forbidden(reason)) if reason.starts_with("java.lang.SecurityException, status 403"))
    );
}

/// What a 2.4.2 agent on Kafka 3.7.2 says of all producers, because one average of one of them is NaN.
#[test]
fn agents_that_cannot_answer_nan_are_told_by_the_refusal() {
    let producer = BEANS
        .iter()
        .find(|bean| bean.prefix == "kafka_producer")
        .unwrap();
    let refused = r#"{"status":400,"error_type":"java.lang.NumberFormatException","error":"java.lang.NumberFormatException : Character N is neither a decimal digit number, decimal point, nor \"e\" notation exponential mark."}"#;
    let view = view(answer(&[(producer.name, refused)]).as_bytes(), &[]).unwrap();
    assert!(view.refused.contains(&producer.name) && !view.is_forbidden);
    assert!(view.refusal.unwrap().ends_with("use 2.5.0 or later"));
}

#[test]
fn one_refusal_in_place_of_all_answers_is_not_a_foreign_answer() {
    let refused = r#"{"status":403,"error_type":"java.lang.Exception","error":"HTTP method get is not allowed according to the installed security policy"}"#;
    let error = view(refused.as_bytes(), &[]).unwrap_err().to_string();
    assert!(error.contains("the agent's policy forbids it"), "{error}");
}

#[test]
fn deep_short_and_foreign_answers_are_errors_and_no_panic() {
    let deep = format!("[{{\"status\":200,\"value\":{}", "[".repeat(100_000));
    let nested = format!("[{{\"value\":{}", "{\"a\":".repeat(100_000));
    for broken in [&*deep, &*nested, "<html>", "[{}", "[1]", "[]x", "", "{}"] {
        assert!(
            matches!(view(broken.as_bytes(), &[]), Err(Error::Malformed { .. })),
            "{broken:.40}"
        );
    }
    assert!(matches!(view(b"[]", &[]), Err(Error::Count { got: 0, .. })));
    let many = format!("[{}]", vec![NOT_FOUND; 100].join(","));
    assert!(matches!(
        view(many.as_bytes(), &[]),
        Err(Error::Count { got: 100, .. })
    ));
}

#[test]
fn a_cut_or_bent_real_answer_is_an_error_or_a_view_and_no_panic() {
    let real = include_bytes!("../../../tests/fixtures/jolokia-2.6.0-worker.json");
    assert!(view(real, &[]).unwrap().samples.len() > 300);
    for end in (0..real.len()).step_by(11) {
        assert!(view(&real[..end], &[]).is_err(), "cut at {end}");
    }
    let mut bent = real.to_vec();
    for at in (0..bent.len()).step_by(13) {
        bent[at] ^= 0x41;
        let _ = view(&bent, &[]);
        bent[at] ^= 0x41;
    }
}
