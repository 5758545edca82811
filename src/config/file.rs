//! The file as written. Every key that is not here is an error.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::Deserialize;
use serde::de::{Deserializer, Error as _};

use crate::model::limits::SERIES_PER_METRIC;
/// A librdkafka property: text, number or boolean, kept as text.
pub(super) use crate::yaml::Text as Property;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct File {
    pub(super) connect: Connect,
    pub(super) clusters: BTreeMap<String, BTreeMap<String, Property>>,
    pub(super) flows: Vec<Flow>,
    #[serde(default)]
    pub(super) chains: Vec<Chain>,
    #[serde(default)]
    pub(super) poll: Poll,
    #[serde(default)]
    pub(super) page: Page,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Connect {
    pub(super) workers: Vec<Worker>,
    pub(super) group: Option<String>,
    pub(super) group_cluster: Option<String>,
    pub(super) status_topic: Option<String>,
    pub(super) rest_access: Option<Access>,
    pub(super) jolokia_access: Option<Access>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Access {
    pub(super) basic_auth: Option<BasicAuth>,
    pub(super) authorization: Option<Authorization>,
    #[serde(default)]
    pub(super) headers: BTreeMap<String, Property>,
    pub(super) tls: Option<Tls>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Authorization {
    #[serde(rename = "type", default = "bearer")]
    pub(super) scheme: String,
    pub(super) credentials_file: String,
}

/// As Prometheus' `http_config` has it.
fn bearer() -> String {
    "Bearer".to_owned()
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct BasicAuth {
    pub(super) username: String,
    pub(super) password_file: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Tls {
    #[serde(rename = "ca_file")]
    pub(super) ca: Option<String>,
    #[serde(rename = "cert_file")]
    pub(super) cert: Option<String>,
    #[serde(rename = "key_file")]
    pub(super) key: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Worker {
    pub(super) url: String,
    pub(super) jolokia: Option<String>,
    #[serde(rename = "worker_id")]
    pub(super) id: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Flow {
    pub(super) source: String,
    pub(super) target: String,
    pub(super) connector: String,
    #[serde(default)]
    pub(super) replication_policy: Policy,
    pub(super) separator: Option<String>,
    #[serde(default)]
    pub(super) consumer_groups: Vec<String>,
    pub(super) canary: Option<Canary>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Chain {
    pub(super) through: Vec<String>,
    pub(super) canary: Canary,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Canary {
    #[serde(default = "canary_topic")]
    pub(super) topic: String,
    #[serde(default = "canary_rate")]
    pub(super) records_per_second: f64,
    pub(super) partitions: Option<u32>,
    #[serde(default = "outage_threshold")]
    pub(super) outage_threshold: Span,
    #[serde(default = "loss_grace")]
    pub(super) loss_grace: Span,
    pub(super) translation_probe: Option<Probe>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Probe {
    pub(super) group: Option<String>,
    #[serde(default = "probe_interval")]
    pub(super) interval: Span,
}

#[derive(Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Policy {
    #[default]
    Default,
    Identity,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Poll {
    pub(super) interval: Span,
    pub(super) deadline: Span,
    pub(super) time_to_live: Span,
}

impl Default for Poll {
    fn default() -> Self {
        Self {
            interval: Span(Duration::from_secs(5)),
            deadline: Span(Duration::from_secs(4)),
            time_to_live: Span(Duration::from_secs(15)),
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Page {
    pub(super) granularity: Granularity,
    pub(super) include_topics: Option<String>,
    pub(super) exclude_topics: Option<String>,
    pub(super) series_per_metric: usize,
}

impl Default for Page {
    fn default() -> Self {
        Self {
            granularity: Granularity::Partition,
            include_topics: None,
            exclude_topics: None,
            series_per_metric: SERIES_PER_METRIC,
        }
    }
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Granularity {
    Topic,
    Partition,
}

fn canary_topic() -> String {
    "test-mirrorwatch-canary".to_owned()
}

fn canary_rate() -> f64 {
    10.0
}

fn outage_threshold() -> Span {
    Span(Duration::from_secs(1))
}

fn loss_grace() -> Span {
    Span(Duration::from_mins(1))
}

/// As often as MM2 writes checkpoints by default.
fn probe_interval() -> Span {
    Span(Duration::from_mins(1))
}

/// A duration with its unit: `5s`, `500ms`, `1m 30s`.
#[derive(Clone, Copy)]
pub(super) struct Span(pub(super) Duration);

impl<'de> Deserialize<'de> for Span {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        humantime::parse_duration(&text).map(Self).map_err(|_| {
            D::Error::custom("is not a duration; write a number with its unit, as `5s` or `500ms`")
        })
    }
}
