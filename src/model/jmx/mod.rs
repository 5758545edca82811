//! The catalogue of mirrored JMX attributes: one row each. Reading, exposition and `docs/metrics.md` follow from it.
//!
//! Names, units and traps are those of Kafka's own MBeans; the published name is mechanical: the group's prefix and
//! the attribute in snake case, unit as in JMX.

pub mod client_id;
mod clients;
mod jvm;
mod mirror;
mod task;
mod worker;

use std::sync::Arc;

/// What a value does over time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JmxKind {
    /// Goes up, starts again at zero; JMX calls it `…-total`.
    Counter,
    /// Goes up and down.
    Gauge,
    /// A counter that JMX does not call `…-total`, so that Prometheus may not call it a counter.
    Unknown,
    /// A text: a label of the group's info series.
    Text,
}

/// One group of MBeans and the attributes mirrored from it.
#[derive(Debug)]
pub struct Bean {
    /// Object name, or pattern of object names.
    pub name: &'static str,
    /// Start of the published names.
    pub prefix: &'static str,
    /// Labels: keys of the object name, those that a client's name tells, and `worker`, which is always the last.
    pub labels: &'static [&'static str],
    /// When the series are absent though the worker is up.
    pub absent: &'static str,
    /// The attributes.
    pub attributes: &'static [Attribute],
}

/// One mirrored attribute.
#[derive(Debug)]
pub struct Attribute {
    /// Its name in JMX; of a composite attribute with a dot and the part.
    pub name: &'static str,
    /// Its published name, where that does not follow from the group and the attribute.
    pub published: Option<&'static str>,
    /// By what the value is multiplied.
    pub scale: f64,
    /// What it does over time.
    pub kind: JmxKind,
    /// Its unit in JMX.
    pub unit: &'static str,
    /// What it says.
    pub meaning: &'static str,
}

impl Bean {
    /// Whether the name matches several MBeans.
    pub fn is_pattern(&self) -> bool {
        self.name.contains('*')
    }

    /// The published name of one of its attributes.
    pub fn metric(&self, attribute: &Attribute) -> String {
        let published = attribute.published.map(str::to_owned);
        published.unwrap_or_else(|| format!("{}_{}", self.prefix, snake_case(attribute.name)))
    }

    /// Its attributes that are texts.
    pub fn texts(&self) -> impl Iterator<Item = (usize, &Attribute)> {
        let rows = self.attributes.iter().enumerate();
        rows.filter(|(_, row)| row.kind == JmxKind::Text)
    }
}

/// `record-count` and `StartTimeMs` as Prometheus spells names.
pub fn snake_case(name: &str) -> String {
    let mut text = String::with_capacity(name.len() + 4);
    for (index, character) in name.chars().enumerate() {
        match character {
            '-' | '.' => text.push('_'),
            upper if upper.is_ascii_uppercase() => {
                if index > 0 {
                    text.push('_');
                }
                text.push(upper.to_ascii_lowercase());
            }
            other => text.push(other),
        }
    }
    text
}

/// One value read from one MBean.
#[derive(Clone, Debug, PartialEq)]
pub struct JmxSample {
    /// Index of the row's group in [`BEANS`].
    pub bean: usize,
    /// Index of the attribute in that group.
    pub attribute: usize,
    /// Values of the group's labels in their order, without `worker`; empty where the MBean does not tell. The values
    /// of one MBean share them.
    pub labels: Arc<[String]>,
    /// The value; never NaN.
    pub value: f64,
}

/// The texts read from one MBean.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JmxText {
    /// Index of the row's group in [`BEANS`].
    pub bean: usize,
    /// Values of the group's labels in their order, without `worker`.
    pub labels: Arc<[String]>,
    /// The texts, in the order of [`Bean::texts`]; empty where the MBean has none.
    pub texts: Vec<String>,
}

/// What one worker's Jolokia answered.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct JmxView {
    /// The values.
    pub samples: Vec<JmxSample>,
    /// The texts.
    pub texts: Vec<JmxText>,
    /// MBean groups of the catalogue that Jolokia refused or could not read.
    pub refused: Vec<&'static str>,
    /// Why one of them was.
    pub refusal: Option<String>,
    /// Whether the agent's policy forbids one of them.
    pub is_forbidden: bool,
}

impl JmxView {
    /// The values of one attribute of the group with that prefix, with their labels.
    pub fn values<'a>(
        &'a self,
        prefix: &str,
        attribute: &str,
    ) -> impl Iterator<Item = (Labels<'a>, f64)> {
        let rows = || {
            BEANS
                .iter()
                .enumerate()
                .filter(|(_, bean)| bean.prefix == prefix)
        };
        let wanted: Vec<(usize, usize)> = rows()
            .filter_map(|(index, bean)| {
                Some((
                    index,
                    bean.attributes
                        .iter()
                        .position(|row| row.name == attribute)?,
                ))
            })
            .collect();
        self.samples
            .iter()
            .filter(move |sample| wanted.contains(&(sample.bean, sample.attribute)))
            .map(|sample| (Labels(sample), sample.value))
    }
}

/// The labels of one value.
#[derive(Clone, Copy, Debug)]
pub struct Labels<'a>(&'a JmxSample);

impl<'a> Labels<'a> {
    /// The value of a label; `None` if the group has none of that name.
    pub fn get(&self, name: &str) -> Option<&'a str> {
        let at = BEANS[self.0.bean]
            .labels
            .iter()
            .position(|label| *label == name)?;
        self.0.labels.get(at).map(|label| &**label)
    }
}

const fn counter(name: &'static str, unit: &'static str, meaning: &'static str) -> Attribute {
    attribute(JmxKind::Counter, name, unit, meaning)
}

const fn gauge(name: &'static str, unit: &'static str, meaning: &'static str) -> Attribute {
    attribute(JmxKind::Gauge, name, unit, meaning)
}

const fn unknown(name: &'static str, unit: &'static str, meaning: &'static str) -> Attribute {
    attribute(JmxKind::Unknown, name, unit, meaning)
}

const fn text(name: &'static str, meaning: &'static str) -> Attribute {
    attribute(JmxKind::Text, name, "", meaning)
}

const fn attribute(
    kind: JmxKind,
    name: &'static str,
    unit: &'static str,
    meaning: &'static str,
) -> Attribute {
    Attribute {
        name,
        published: None,
        scale: 1.0,
        kind,
        unit,
        meaning,
    }
}

/// All mirrored MBeans.
pub const BEANS: &[&Bean] = &[
    &mirror::SOURCE,
    &mirror::CHECKPOINT,
    &worker::WORKER,
    &worker::WORKER_CONNECTOR,
    &worker::REBALANCE,
    &worker::COORDINATOR,
    &worker::NETWORK,
    &worker::APP_INFO,
    &task::CONNECTOR,
    &task::TASK,
    &task::SOURCE_TASK,
    &task::TASK_ERROR,
    &clients::PRODUCER,
    &clients::PRODUCER_TOPIC,
    &clients::CONSUMER,
    &clients::FETCH,
    &clients::FETCH_PARTITION,
    &clients::ADMIN,
    &jvm::MEMORY,
    &jvm::COLLECTOR,
    &jvm::PROCESS,
    &jvm::THREADS,
    &jvm::RUNTIME,
];

#[test]
fn published_names_follow_from_group_and_attribute() {
    let bean = &BEANS[0];
    assert_eq!(
        bean.metric(&bean.attributes[11]),
        "kafka_connect_mirror_source_connector_replication_latency_ms_avg"
    );
    assert_eq!(bean.attributes.len(), 12);
}

#[test]
fn no_two_rows_are_published_under_one_name_and_only_totals_are_counters() {
    let mut names: Vec<String> = Vec::new();
    for bean in BEANS {
        assert_eq!(bean.labels.last(), Some(&"worker"), "{}", bean.name);
        for attribute in bean
            .attributes
            .iter()
            .filter(|row| row.kind != JmxKind::Text)
        {
            let name = bean.metric(attribute);
            assert_eq!(
                attribute.kind == JmxKind::Counter,
                name.ends_with("_total"),
                "{name}"
            );
            names.push(name);
        }
    }
    let all = names.len();
    names.sort();
    names.dedup();
    assert_eq!(names.len(), all);
}

#[test]
fn names_are_spelled_as_prometheus_does() {
    assert_eq!(
        snake_case("source-record-active-count"),
        "source_record_active_count"
    );
    assert_eq!(snake_case("StartTimeMs"), "start_time_ms");
}
