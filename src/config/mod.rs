//! The configuration of `serve`: one strict YAML file → `File` (as written) → [`Config`] (as meant). What is wrong is
//! said once, with file, line, key and remedy, and never with a neighbouring line, which may be a password.

mod file;
mod kafka;
mod place;
mod settle;
mod yaml;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use reqwest::Url;

use crate::model::flow::Flow;
use crate::model::limits::PageLimits;
use crate::poll::Schedule;

/// What is wrong with a configuration.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The file cannot be read.
    #[error("{}: {source}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// It is not YAML, or not of the form that is asked for.
    #[error("{}:{line}: {message}", path.display())]
    Form {
        /// The file.
        path: PathBuf,
        /// The line.
        line: u64,
        /// What is wrong, with the key and the remedy.
        message: String,
    },
    /// A value cannot be meant.
    #[error("{}:{line}: `{key}` {message}", path.display())]
    Meaning {
        /// The file.
        path: PathBuf,
        /// The line of the value, or of the part where it should be.
        line: u64,
        /// Path of the key.
        key: String,
        /// What is wrong, and the remedy.
        message: String,
    },
}

/// What `serve` runs on.
#[derive(Debug)]
pub struct Config {
    /// The workers of the Connect cluster.
    pub workers: Vec<Worker>,
    /// The Connect cluster's group, where it is to be read.
    pub group: Option<Group>,
    /// librdkafka's properties of each cluster, by alias.
    pub clusters: BTreeMap<String, Properties>,
    /// The replication flows.
    pub flows: Vec<FlowConfig>,
    /// When endpoints are polled.
    pub schedule: Schedule,
    /// What bounds the pages.
    pub limits: PageLimits,
}

/// One worker.
#[derive(Debug)]
pub struct Worker {
    /// Its id, `host:port`, as Connect prints it.
    pub id: String,
    /// Its REST API.
    pub url: Url,
    /// Its Jolokia agent.
    pub jolokia: Option<Url>,
}

/// The Connect cluster's group.
#[derive(Debug)]
pub struct Group {
    /// Its `group.id`.
    pub id: String,
    /// Alias of the cluster that holds it.
    pub cluster: String,
    /// Connect's status topic, where it is to be read.
    pub status_topic: Option<String>,
}

/// librdkafka properties; they may hold secrets and are not printed.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Properties(pub BTreeMap<String, String>);

impl std::fmt::Debug for Properties {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_set().entries(self.0.keys()).finish()
    }
}

/// One flow and its canary.
#[derive(Debug)]
pub struct FlowConfig {
    /// The flow.
    pub flow: Flow,
    /// Consumer groups whose offsets are read on both sides.
    pub consumer_groups: Vec<String>,
    /// Its canary, if it has one.
    pub canary: Option<Canary>,
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
}

/// The configuration in the file at `path`, and in the secret files that it names.
pub fn load(path: &Path) -> Result<Config, Error> {
    let text = std::fs::read_to_string(path).map_err(|source| Error::Read {
        path: path.to_owned(),
        source,
    })?;
    parse(path, &text)
}

/// The configuration in `text`; `path` is where it stands.
pub fn parse(path: &Path, text: &str) -> Result<Config, Error> {
    let file = yaml::parse::<file::File>(text).map_err(|fault| Error::Form {
        path: path.to_owned(),
        line: fault.line,
        message: fault.message,
    })?;
    settle::config(file, path.parent().unwrap_or(Path::new(""))).map_err(|fault| Error::Meaning {
        path: path.to_owned(),
        line: place::line(text, &fault.key),
        key: fault.key,
        message: fault.message,
    })
}
