//! `lab.json`: the address book of a running lab, from which everything else is rendered and found.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::config::Load;
use crate::profile::Profile;
use crate::secure::Secure;

/// The Connect cluster's `group.id`.
pub(crate) const GROUP: &str = "connect-lab";

/// `lab.json` cannot be read or written.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The file cannot be read.
    #[error("no lab in {dir} (lab.json cannot be read); start one with: lab up --dir {dir}")]
    Absent {
        /// The lab's directory.
        dir: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// It is no `lab.json` of this version.
    #[error("{path} is not understood")]
    Malformed {
        /// The file.
        path: PathBuf,
        /// Where it goes wrong.
        source: serde_json::Error,
    },
}

/// What a running lab consists of and where to reach it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Description {
    /// The lab's version.
    pub version: String,
    /// The lab's directory.
    pub dir: PathBuf,
    /// The `lab` binary that supervises it.
    pub binary: PathBuf,
    /// The address that everything of the lab listens on.
    pub host: String,
    /// Keys and passwords of a secured lab.
    pub secure: Option<Secure>,
    /// The network namespace that the lab is in, if it has one of its own.
    pub namespace: Option<String>,
    /// Process id of the supervisor.
    pub supervisor: u32,
    /// Kafka's version.
    pub kafka: String,
    /// The profile of the Connect settings.
    pub profile: Profile,
    /// The settings that decide recovery, overrides included.
    pub settings: BTreeMap<String, String>,
    /// The clusters by alias.
    pub clusters: BTreeMap<String, Cluster>,
    /// The Connect cluster's `group.id`.
    pub group: String,
    /// Alias of the cluster that has the group and Connect's topics.
    pub group_cluster: String,
    /// Its workers.
    pub workers: Vec<Worker>,
    /// Connectors and the tasks that each should have.
    pub connectors: BTreeMap<String, u16>,
    /// The Prometheus servers.
    pub prometheus: Vec<Prometheus>,
    /// Alertmanager's URL.
    pub alertmanager: String,
    /// URL of the receiver of its notifications, in a lab that runs the shipped alerts.
    pub receiver: Option<String>,
    /// The address that is kept free for the exporter (`host:port`), which Prometheus scrapes; always one of the machine itself.
    pub exporter: String,
    /// The load.
    pub load: Load,
    /// Topics of the source beside the load's, with records nobody keeps books of.
    pub extra_topics: Vec<String>,
    /// The load's topic on the target.
    pub remote_topic: String,
    /// Topics of the target in which the first arrival of each record is noted besides.
    pub watch: Vec<String>,
    /// Process ids by process name, as of the last change.
    pub processes: BTreeMap<String, u32>,
}

/// One Kafka cluster.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Cluster {
    /// Bootstrap servers for everything but the workers.
    pub bootstrap: String,
    /// How clients are to show themselves, in a secured lab.
    pub secure: Option<Secure>,
    /// Its brokers.
    pub brokers: Vec<Broker>,
}

/// One broker: a listener for clients, one for each worker behind a proxy of the lab's, and on the first broker the controller's.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Broker {
    /// Process name, such as `source-1`.
    pub name: String,
    /// Port for clients.
    pub client: u16,
    /// Port of the controller.
    pub controller: u16,
    /// The address by which workers reach it; the lab's own, if that has no network namespace.
    pub for_workers: String,
    /// Port for each worker, in the workers' order: the proxy's on that address, the broker's own on 127.0.0.2.
    pub workers: Vec<u16>,
}

/// One Connect worker.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Worker {
    /// Process name, such as `worker-1`.
    pub name: String,
    /// Connect's `worker_id`.
    pub id: String,
    /// URL of its REST interface.
    pub rest: String,
    /// URL of its Jolokia agent.
    pub jolokia: String,
    /// Bootstrap servers of each cluster as only this worker reaches them.
    pub bootstrap: BTreeMap<String, String>,
}

/// One Prometheus server.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Prometheus {
    /// Process name, such as `prometheus-1s`.
    pub name: String,
    /// Its URL.
    pub url: String,
    /// Scrape interval; rules are evaluated as often, by the server with the shipped configuration twice as often.
    pub scrape_interval_seconds: u16,
    /// Name of the inventory that leads to this server.
    pub inventory: String,
}

impl Description {
    /// Reads the `lab.json` of a lab's directory.
    pub fn read(dir: &Path) -> Result<Self, Error> {
        let path = dir.join("lab.json");
        let text = fs::read(&path).map_err(|source| Error::Absent {
            dir: dir.to_owned(),
            source,
        })?;
        serde_json::from_slice(&text).map_err(|source| Error::Malformed { path, source })
    }

    /// Writes it, whole or not at all.
    pub fn write(&self) -> io::Result<()> {
        let text = serde_json::to_string_pretty(self)?;
        let draft = self.dir.join(".lab.json");
        fs::write(&draft, text + "\n")?;
        fs::rename(draft, self.dir.join("lab.json"))
    }

    /// Where this part is reached: the bootstrap servers of a cluster, `host:port` of the exporter, or a URL.
    pub fn address(&self, name: &str) -> Option<&str> {
        let server = || self.prometheus.iter().find(|server| server.name == name);
        match name {
            "exporter" => Some(&self.exporter),
            "alertmanager" => Some(&self.alertmanager),
            "receiver" => self.receiver.as_ref(),
            _ => None,
        }
        .or_else(|| Some(&self.clusters.get(name)?.bootstrap))
        .or_else(|| Some(&self.worker(name)?.rest))
        .or_else(|| Some(&server()?.url))
        .map(String::as_str)
    }

    /// The worker of this name (`worker-1`) or worker id (`127.0.0.1:20010`).
    pub fn worker(&self, name: &str) -> Option<&Worker> {
        self.workers
            .iter()
            .find(|worker| worker.name == name || worker.id == name)
    }
}
