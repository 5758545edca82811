//! Jolokia's answers to a bulk read, of every shape, into the model, in one pass and without a tree in between: the
//! answer of a worker with 10,000 partitions is 10 MiB.
//!
//! An item is a map of attributes, or (for a pattern) a map of object names to maps of attributes. NaN and the
//! infinities come as `null` or as text, an attribute that throws as text or as an object: all of them are absent.
//! A pattern that matches nothing is answered with 404: no MBean, no error.

use std::borrow::Cow;
use std::collections::HashSet;
use std::fmt;
use std::sync::Arc;

use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

use super::Error;
use super::labels::{Place, Places};
use super::value::{Read, Slots};
use crate::model::flow::Flow;
use crate::model::jmx::{BEANS, Bean, JmxSample, JmxText, JmxView};

/// The MBeans of a consumer's partitions; their topic is the label behind those of the client.
const FETCH_PARTITION: &str =
    "kafka.consumer:type=consumer-fetch-manager-metrics,client-id=*,topic=*,partition=*";

/// The view that `body` holds. `flows` name the source where an MBean does not.
pub fn view(body: &[u8], flows: &[Flow]) -> Result<JmxView, Error> {
    let mut reader = Reader {
        places: Places::new(flows),
        view: JmxView::default(),
        items: 0,
        refused: None,
    };
    let mut json = serde_json::Deserializer::from_slice(body);
    let read = Items(&mut reader)
        .deserialize(&mut json)
        .and_then(|()| json.end());
    read.map_err(|error| Error::Malformed {
        line: error.line(),
        column: error.column(),
    })?;
    let asked = BEANS.len() + 1;
    match reader.refused {
        _ if reader.items != asked => Err(Error::Count {
            got: reader.items,
            asked,
        }),
        // The new names are asked for besides, and refused with the others.
        Some(reason) if reader.view.refused.len() == BEANS.len() => Err(Error::Refused(reason)),
        _ => {
            without_copies(&mut reader.view);
            Ok(reader.view)
        }
    }
}

/// Kafka 4.1 and later (KIP-1109) has consumers' MBeans of a topic with dots twice: under its name, and with `_` for
/// each dot. Only the true one stays.
fn without_copies(view: &mut JmxView) {
    let is_partition = |sample: &JmxSample| BEANS[sample.bean].name == FETCH_PARTITION;
    let dotted: HashSet<Vec<String>> = view
        .samples
        .iter()
        .filter(|sample| {
            is_partition(sample) && sample.labels.iter().any(|label| label.contains('.'))
        })
        .map(|sample| {
            sample
                .labels
                .iter()
                .map(|label| label.replace('.', "_"))
                .collect()
        })
        .collect();
    if !dotted.is_empty() {
        view.samples.retain(|sample| {
            !is_partition(sample)
                || sample
                    .labels
                    .iter()
                    .skip(3)
                    .any(|label| label.contains('.'))
                || !dotted.contains(
                    &sample
                        .labels
                        .iter()
                        .map(|label| label.replace('.', "_"))
                        .collect::<Vec<_>>(),
                )
        });
    }
}

/// What is read so far.
struct Reader<'f> {
    places: Places<'f>,
    view: JmxView,
    items: usize,
    refused: Option<String>,
}

impl Reader<'_> {
    /// An item has ended with `status`; what came of it since `before` counts only if it is 200.
    fn ended(
        &mut self,
        bean: Option<&'static Bean>,
        status: u16,
        reason: Option<String>,
        before: (usize, usize),
    ) {
        if status != 200 {
            self.view.samples.truncate(before.0);
            self.view.texts.truncate(before.1);
        }
        let is_empty = status == 404 && bean.is_none_or(Bean::is_pattern);
        if let (Some(bean), false, false) = (bean, status == 200, is_empty) {
            self.view.refused.push(bean.name);
            self.refused = reason.or_else(|| Some(format!("status {status}")));
        }
    }

    /// What was read of one MBean.
    fn take(&mut self, bean: usize, labels: &Arc<[String]>, slots: Slots) {
        let rows = BEANS[bean].attributes;
        for (attribute, value) in slots.numbers {
            self.view.samples.push(JmxSample {
                bean,
                attribute,
                labels: Arc::clone(labels),
                value: value * rows[attribute].scale,
            });
        }
        if slots.texts.iter().any(|text| !text.is_empty()) {
            self.view.texts.push(JmxText {
                bean,
                labels: Arc::clone(labels),
                texts: slots.texts,
            });
        }
    }
}

/// The whole answer.
struct Items<'r, 'f>(&'r mut Reader<'f>);

impl<'de> DeserializeSeed<'de> for Items<'_, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for Items<'_, '_> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a list of answers")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<(), A::Error> {
        while items.next_element_seed(Item(self.0))?.is_some() {
            self.0.items += 1;
        }
        Ok(())
    }
}

/// One answer; which one, the number of those before says.
struct Item<'r, 'f>(&'r mut Reader<'f>);

impl<'de> DeserializeSeed<'de> for Item<'_, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Item<'_, '_> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an answer with its status")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut item: A) -> Result<(), A::Error> {
        let reader = self.0;
        let (index, before) = (
            reader.items,
            (reader.view.samples.len(), reader.view.texts.len()),
        );
        let (mut status, mut reason) = (0, None);
        while let Some(key) = item.next_key::<Cow<'_, str>>()? {
            match &*key {
                "status" => status = item.next_value()?,
                "error_type" => reason = item.next_value()?,
                "value" => match BEANS.get(index) {
                    Some(bean) if !bean.is_pattern() => {
                        let slots = item.next_value_seed(Read(bean))?;
                        reader.take(index, &Arc::from([]), slots.unwrap_or_default());
                    }
                    // Behind the catalogue stand the names of Kafka 4.3 and later.
                    _ => item.next_value_seed(Beans {
                        reader,
                        asked: index,
                    })?,
                },
                _ => {
                    item.next_value::<IgnoredAny>()?;
                }
            }
        }
        reader.ended(BEANS.get(index).copied(), status, reason, before);
        Ok(())
    }
}

/// The MBeans that a pattern matched.
struct Beans<'r, 'f> {
    reader: &'r mut Reader<'f>,
    asked: usize,
}

impl<'de> DeserializeSeed<'de> for Beans<'_, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Beans<'_, '_> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("MBeans by their names")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut beans: A) -> Result<(), A::Error> {
        while let Some(name) = beans.next_key::<Cow<'_, str>>()? {
            let Some(Place { bean, labels }) = self.reader.places.of(self.asked, &name) else {
                beans.next_value::<IgnoredAny>()?;
                continue;
            };
            if let Some(slots) = beans.next_value_seed(Read(BEANS[bean]))? {
                self.reader.take(bean, &labels, slots);
            }
        }
        Ok(())
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::flow::ReplicationPolicy;

    const NOT_FOUND: &str = r#"{"status":404,"error_type":"javax.management.InstanceNotFoundException","error":"none"}"#;

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
    fn a_topic_with_dots_stands_once() {
        let name = |topic: &str| {
            format!(
                "kafka.consumer:type=consumer-fetch-manager-metrics,client-id=\"s->t|c-0|replication-consumer\",topic={topic},partition=0"
            )
        };
        let item = |topics: &[&str]| {
            let beans: Vec<_> = topics
                .iter()
                .map(|topic| format!("{}:{{\"records-lag\":5}}", serde_json::json!(name(topic))))
                .collect();
            format!("{{\"status\":200,\"value\":{{{}}}}}", beans.join(","))
        };
        let topics = |names: &[&str]| -> Vec<String> {
            let body = answer(&[(FETCH_PARTITION, &item(names))]);
            let view = view(body.as_bytes(), &[]).unwrap();
            view.samples
                .iter()
                .map(|sample| sample.labels[3].clone())
                .collect()
        };
        assert_eq!(topics(&["a.b", "a_b", "c_d"]), ["a.b", "c_d"]);
        assert_eq!(topics(&["a_b"]), ["a_b"]);
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
        assert!(partly.refused.contains(&SOURCE));
        assert_eq!(partly.samples.len(), 1);
        let all = format!("[{}]", vec![refused; BEANS.len() + 1].join(","));
        assert!(
            matches!(view(all.as_bytes(), &[]), Err(Error::Refused(reason)) if reason == "java.lang.SecurityException")
        );
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
        let real = include_bytes!("../../tests/fixtures/jolokia-2.6.0-worker.json");
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
}
