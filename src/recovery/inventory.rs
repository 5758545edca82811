//! The inventory of a site: who the workers are, how they are reached and commanded, and the settings that decide recovery.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use serde::Deserialize;

use crate::promql::parse_duration;

/// One site's inventory, as its YAML file has it.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Inventory {
    /// Name of the site, printed in reports.
    pub site: String,
    /// The Prometheus server that scrapes the exporter.
    pub prometheus: Prometheus,
    /// Base URL of the exporter, for its clock; without it the exporter's clock is taken to be unknown.
    pub exporter: Option<String>,
    /// The Alertmanager that a drill may silence.
    pub alertmanager: Option<Alertmanager>,
    /// The exporter's configuration, by which the clusters themselves are asked; its path begins where the inventory is.
    pub config: Option<PathBuf>,
    /// The flow under test.
    pub flow: Flow,
    /// Expected tasks by connector.
    pub connectors: BTreeMap<String, u32>,
    /// The workers of the Connect cluster.
    pub workers: Vec<Worker>,
    /// Who a drill is to the workers and to the exporter, if they want to know.
    #[serde(default)]
    pub access: Access,
    /// Connect settings that decide recovery, by their Kafka names, in Kafka's units; absent = not known.
    #[serde(default)]
    pub settings: BTreeMap<String, u64>,
    /// Topics in which Connect keeps its configurations, offsets and states.
    #[serde(default)]
    pub connect_topics: Vec<String>,
    /// The users' topics that a drill compares with their copies.
    pub audit: Option<Audit>,
    /// Shell commands of the site by name, run on the host of the drill: `cut-source`, `mend-source`, `raise-load`, …
    #[serde(default)]
    pub commands: BTreeMap<String, String>,
}

/// Files with who asks, as `connect.rest_access` of the exporter's configuration has it; their paths begin where the inventory is.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Access {
    /// The workers' REST APIs.
    pub rest: Option<PathBuf>,
    /// The exporter's page.
    pub exporter: Option<PathBuf>,
}

/// What is audited after a drill.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Audit {
    /// The exporter's configuration, which has the clusters and the flow; its path begins where the inventory is.
    #[serde(default = "default_config")]
    pub config: PathBuf,
    /// The topics of the load, as the source names them.
    pub topics: Vec<String>,
    /// Parts of the records that are not compared, because this flow does not keep them.
    #[serde(default)]
    pub ignore: Vec<Ignored>,
}

fn default_config() -> PathBuf {
    PathBuf::from("mirrorwatch.yml")
}

/// A part of the records that a flow may not keep; without key and value nothing would be compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Ignored {
    /// Encoded anew by another `header.converter` than `ByteArrayConverter`.
    Headers,
    /// Given by a target with `message.timestamp.type=LogAppendTime`.
    Timestamp,
}

/// Where alerts go through.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Alertmanager {
    /// Base URL.
    pub url: String,
    /// A file with who asks, as `connect.rest_access` has it; its path begins where the inventory is.
    pub access: Option<PathBuf>,
}

/// Where samples come from.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Prometheus {
    /// Base URL.
    pub url: String,
    /// A file with who asks the server, as `connect.rest_access` has it; its path begins where the inventory is.
    pub access: Option<PathBuf>,
    /// Nominal scrape interval of the exporter's job, as Prometheus writes durations.
    pub scrape_interval: String,
    /// The job under which the exporter is scraped.
    #[serde(default = "default_job")]
    pub job: String,
}

impl Prometheus {
    /// The scrape interval of an inventory that was checked; zero of one that was not and has none.
    pub fn interval(&self) -> Duration {
        parse_duration(&self.scrape_interval).unwrap_or_default()
    }
}

fn default_job() -> String {
    "mirrorwatch".to_owned()
}

/// One replication flow and the connector that carries it.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Flow {
    /// Alias of the source cluster.
    pub source: String,
    /// Alias of the target cluster.
    pub target: String,
    /// Name of the `MirrorSourceConnector`.
    pub connector: String,
}

/// One Connect worker.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Worker {
    /// Its worker id as Connect prints it, `host:port`.
    pub id: String,
    /// Its zone, printed in reports.
    pub zone: Option<String>,
    /// Base URL of its REST API; `http://` and its id unless given.
    pub url: Option<String>,
    /// Shell commands by name: `stop`, `kill`, `freeze`, `thaw`, `start`, …
    #[serde(default)]
    pub commands: BTreeMap<String, String>,
}
