//! What a lab is asked to be: sizes, versions, profile and load. Addresses are not here; they are found at the start.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::policy::{CANARY, Policy};
use crate::profile::Profile;

/// Kafka's version unless said otherwise; the one that `lab/pom.xml` fetches without a profile.
pub(crate) const DEFAULT_KAFKA: &str = "4.3.1";
/// The versions that `lab/setup.sh` fetches without being told any.
pub(crate) const FETCHED_KAFKAS: [&str; 2] = [DEFAULT_KAFKA, "3.7.2"];

/// Partitions of an extra topic.
pub(crate) const EXTRA_PARTITIONS: u16 = 2;

/// Alias of the cluster that has Connect's group, if that is neither source nor target.
pub(crate) const CONNECT_CLUSTER: &str = "connect";

/// What a lab is asked to be.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Config {
    /// The lab's own directory; made if missing.
    pub dir: PathBuf,
    /// Kafka's version, as set up by `lab/setup.sh`.
    pub kafka: String,
    /// The Connect settings that decide recovery.
    pub profile: Profile,
    /// Worker properties that go before the profile's.
    pub worker_properties: BTreeMap<String, String>,
    /// Properties of the source connector that go before the lab's.
    pub connector_properties: BTreeMap<String, String>,
    /// Properties of the checkpoint connector that go before the lab's.
    pub checkpoint_properties: BTreeMap<String, String>,
    /// How MM2 names topics of the source on the target.
    pub policy: Policy,
    /// How it names topics of the target on the source, if it copies in that direction, too.
    pub back: Option<Policy>,
    /// Connect workers.
    pub workers: u16,
    /// `tasks.max` of the source connector.
    pub tasks_max: u16,
    /// Brokers of each cluster.
    pub brokers: u16,
    /// Whether Connect's group and its topics live on a third cluster, `connect`, and not on the target.
    pub group_cluster: bool,
    /// Whether brokers, Connect and Jolokia speak TLS, ask for passwords, and the clusters let nobody do what was not granted.
    pub secure: bool,
    /// What can be done to the links between workers and brokers.
    pub links: LinkKind,
    /// The load.
    pub load: Load,
    /// Topics of the source beside the load's, which may be deleted and made again.
    pub extra_topics: Vec<String>,
    /// Topics of the target in which the first arrival of each record is noted, besides the load's; none = the canary's.
    pub watch: Vec<String>,
    /// Globs of rule files for both Prometheus servers.
    pub rules: Vec<String>,
    /// Whether a third Prometheus server and Alertmanager run the alerts as they are shipped, and a receiver notes what arrives.
    pub alerts: bool,
    /// The `lab` binary that supervises; found beside the running test or in `target/debug` if not given.
    #[serde(skip)]
    pub binary: Option<PathBuf>,
}

/// What can be done to the links between workers and brokers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum LinkKind {
    /// They can be stalled and reset.
    #[default]
    Proxy,
    /// As root: the lab has a network namespace of its own, in which their packets can be dropped besides.
    Netns,
}

/// The records that the lab's own producer writes to the source.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Load {
    /// Topic on the source.
    pub topic: String,
    /// Its partitions.
    pub partitions: u16,
    /// Records per second and partition; 0 = the topic is made, nothing is sent.
    pub records_per_second: f64,
    /// Bytes of one value.
    pub size: usize,
}

impl Config {
    /// The lab of the default sizes in `dir`, tuned.
    pub fn new(dir: impl Into<PathBuf>) -> Self {
        Self {
            dir: dir.into(),
            kafka: DEFAULT_KAFKA.to_owned(),
            profile: Profile::default(),
            worker_properties: BTreeMap::new(),
            connector_properties: BTreeMap::new(),
            checkpoint_properties: BTreeMap::new(),
            policy: Policy::default(),
            back: None,
            workers: 3,
            tasks_max: 3,
            brokers: 1,
            group_cluster: false,
            secure: false,
            links: LinkKind::default(),
            load: Load::default(),
            extra_topics: Vec::new(),
            watch: Vec::new(),
            rules: Vec::new(),
            alerts: false,
            binary: None,
        }
    }

    /// The settings that decide recovery as the workers will have them.
    pub fn settings(&self) -> BTreeMap<String, String> {
        let mut settings = self.profile.settings();
        settings.extend(self.worker_properties.clone());
        settings
    }

    /// The aliases of the clusters.
    pub(crate) fn clusters(&self) -> impl Iterator<Item = &'static str> {
        let third = self.group_cluster.then_some(CONNECT_CLUSTER);
        ["source", "target"].into_iter().chain(third)
    }

    /// The topics of the target in which first arrivals are noted.
    pub(crate) fn watched(&self) -> Vec<String> {
        if self.watch.is_empty() {
            return vec![self.policy.remote_topic("source", CANARY)];
        }
        self.watch.clone()
    }

    /// Copies of each topic: what the brokers allow, three at most.
    pub fn replication(&self) -> u16 {
        self.brokers.min(3)
    }

    /// Tasks that the source connector will have: it makes no task without a partition.
    pub fn source_tasks(&self) -> u16 {
        let extra = u16::try_from(self.extra_topics.len()).unwrap_or(u16::MAX);
        let partitions = self
            .load
            .partitions
            .saturating_add(extra.saturating_mul(EXTRA_PARTITIONS));
        self.tasks_max.min(partitions)
    }
}

impl Default for Load {
    fn default() -> Self {
        Self {
            topic: "test-orders".to_owned(),
            partitions: 6,
            records_per_second: 20.0,
            size: 200,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_worker_property_goes_before_the_profile() {
        let mut config = Config::new("x");
        config
            .worker_properties
            .insert("scheduled.rebalance.max.delay.ms".into(), "0".into());
        let settings = config.settings();
        assert_eq!(settings["scheduled.rebalance.max.delay.ms"], "0");
        assert_eq!(settings["session.timeout.ms"], "10000");
    }

    #[test]
    fn tasks_never_outnumber_partitions() {
        let mut config = Config::new("x");
        config.tasks_max = 9;
        assert_eq!(config.source_tasks(), 6);
    }
}
