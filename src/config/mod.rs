//! The configuration of `serve`: one strict YAML file → `File` (as written) → [`Config`] (as meant). What is wrong is
//! said once, with file, line, key and remedy, and never with a neighbouring line, which may be a password.

mod access;
mod chain;
mod file;
mod flows;
mod kafka;
mod named;
mod security;
mod settle;
mod workers;

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use reqwest::Url;

use crate::fetch;
use crate::model::flow::Flow;
use crate::model::limits::PageLimits;
use crate::poll::Schedule;
use crate::yaml;
pub use crate::yaml::Error;
pub use flows::PROBE_GROUP;
pub use named::Files;

/// What `serve` runs on.
#[derive(Debug, PartialEq)]
pub struct Config {
    /// The workers of the Connect cluster.
    pub workers: Vec<Worker>,
    /// How their REST APIs are reached.
    pub rest_access: fetch::Access,
    /// How their Jolokia agents are reached.
    pub jolokia_access: fetch::Access,
    /// The Connect cluster's group, where it is to be read.
    pub group: Option<Group>,
    /// librdkafka's properties of each cluster, by alias.
    pub clusters: BTreeMap<String, Properties>,
    /// The replication flows.
    pub flows: Vec<FlowConfig>,
    /// Chains of them, and the canaries that go through all of a chain.
    pub chains: Vec<Chain>,
    /// When endpoints are polled.
    pub schedule: Schedule,
    /// What bounds the pages.
    pub limits: PageLimits,
    /// The files that it names, as they were.
    pub files: Files,
}

/// One worker.
#[derive(Debug, PartialEq)]
pub struct Worker {
    /// Its id, `host:port`, as Connect prints it.
    pub id: String,
    /// Its REST API.
    pub url: Url,
    /// Its Jolokia agent.
    pub jolokia: Option<Url>,
}

/// The Connect cluster's group.
#[derive(Debug, PartialEq)]
pub struct Group {
    /// Its `group.id`.
    pub id: String,
    /// Alias of the cluster that holds it.
    pub cluster: String,
    /// Connect's status topic, where it is to be read.
    pub status_topic: Option<String>,
}

/// librdkafka properties, which may hold secrets and are not printed; and the files that they name, which librdkafka reads when a client is
/// made.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Properties(pub BTreeMap<String, String>, pub Files);

impl std::fmt::Debug for Properties {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_set().entries(self.0.keys()).finish()
    }
}

/// One flow and its canary.
#[derive(Debug, PartialEq)]
pub struct FlowConfig {
    /// The flow.
    pub flow: Flow,
    /// Consumer groups whose offsets are read on both sides.
    pub consumer_groups: Vec<String>,
    /// Its canary, if it has one.
    pub canary: Option<Canary>,
}

/// Flows one behind the other, and the canary that is sent at the first source and expected at the last target.
#[derive(Debug, PartialEq)]
pub struct Chain {
    /// Two at least, each from the target of the one before.
    pub flows: Vec<Flow>,
    /// Its canary.
    pub canary: Canary,
}

/// One flow's canary.
#[derive(Clone, Debug, PartialEq)]
pub struct Canary {
    /// Its topic on the source.
    pub topic: String,
    /// Records per second and partition.
    pub records_per_second: f64,
    /// Partitions of the topic if it has to be created; `None` for twice `tasks.max`.
    pub partitions: Option<u32>,
    /// A gap in delivery longer than this is an outage.
    pub outage_threshold: Duration,
    /// How long an overtaken record may still arrive before it counts as lost.
    pub loss_grace: Duration,
    /// Where offsets of its topic land, if that is to be probed.
    pub translation_probe: Option<Probe>,
}

/// The probe of MM2's offset translation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Probe {
    /// The group that it commits; `None` for [`Flow`]'s own name for it.
    pub group: Option<String>,
    /// Time between two commits.
    pub interval: Duration,
}

/// The configuration in the file at `path`, and in the secret files that it names.
pub fn load(path: &Path) -> Result<Config, Error> {
    parse(path, &yaml::read(path)?)
}

/// The access to the servers at `urls`, as the file at `path` has it: the keys of `connect.rest_access`, alone in a file.
pub fn access(path: &Path, urls: &[&Url]) -> Result<fetch::Access, Error> {
    let text = yaml::read(path)?;
    let read = yaml::File {
        path,
        text: &text,
        reference: "docs/reference-config.yml",
    };
    let folder = path.parent().unwrap_or(Path::new(""));
    let access = access::access(Some(read.parse::<file::Access>()?), "", urls, folder);
    access.map_err(|fault| read.meaning(fault))
}

/// The configuration in `text`; `path` is where it stands.
pub fn parse(path: &Path, text: &str) -> Result<Config, Error> {
    let read = yaml::File {
        path,
        text,
        reference: "docs/reference-config.yml",
    };
    let folder = path.parent().unwrap_or(Path::new(""));
    settle::config(read.parse::<file::File>()?, folder).map_err(|fault| read.meaning(fault))
}
