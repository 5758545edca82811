//! What a canary is told: the flow, its topic, its pace, and the two clusters.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::model::flow::{Flow, ReplicationPolicy};

/// One canary.
///
/// The clusters' properties are librdkafka's own and are applied first; those that the measurement rests on come after
/// and win: `client::OURS` and what `producer` and `reader` add. No `Debug`: the properties hold secrets.
#[derive(Clone, PartialEq, Eq)]
pub struct Config {
    /// Alias of the source cluster.
    pub source: String,
    /// Alias of the target cluster.
    pub target: String,
    /// librdkafka properties of the source.
    pub source_cluster: BTreeMap<String, String>,
    /// librdkafka properties of the target.
    pub target_cluster: BTreeMap<String, String>,
    /// The canary's topic on the source.
    pub topic: String,
    /// How MM2 names it where the first flow ends.
    pub policy: ReplicationPolicy,
    /// The flows that carry it on from there to the target, in order; none for the canary of one flow.
    pub onward: Vec<Flow>,
    /// Partitions if the topic is to be created; without it twice the connector's tasks, as soon as they are known.
    pub partitions: Option<u32>,
    /// Which exporter this is, stable over restarts.
    pub instance: String,
    /// Time between two records of one partition.
    pub period: Duration,
    /// D: a delivery gap longer than this is an outage.
    pub outage_threshold: Duration,
    /// A record overtaken this long ago is lost.
    pub loss_grace: Duration,
}

impl Config {
    /// A canary of the flow `source` → `target` with the default topic policy and pace: 10 records/s, D = 1 s, grace 60 s.
    pub fn new(source: &str, target: &str, topic: &str, instance: &str) -> Self {
        Self {
            source: source.to_owned(),
            target: target.to_owned(),
            source_cluster: BTreeMap::new(),
            target_cluster: BTreeMap::new(),
            topic: topic.to_owned(),
            policy: ReplicationPolicy::default(),
            onward: Vec::new(),
            partitions: None,
            instance: instance.to_owned(),
            period: Duration::from_millis(100),
            outage_threshold: Duration::from_secs(1),
            loss_grace: Duration::from_mins(1),
        }
    }

    /// The canary's topic on the target.
    pub fn remote_topic(&self) -> String {
        let first = self.policy.remote_topic(&self.source, &self.topic);
        self.onward
            .iter()
            .fold(first, |name, flow| flow.remote_topic(&name))
    }
}

#[test]
fn the_policy_names_the_remote_topic() {
    let mut config = Config::new("source", "target", "canary", "me");
    assert_eq!(config.remote_topic(), "source.canary");
    config.policy = ReplicationPolicy::Identity;
    assert_eq!(config.remote_topic(), "canary");
}

#[test]
fn each_flow_of_a_chain_names_the_topic_anew() {
    let mut config = Config::new("a", "c", "canary", "me");
    let on = |policy| Flow {
        source: "b".to_owned(),
        target: "c".to_owned(),
        connector: "on".to_owned(),
        policy,
    };
    config.onward = vec![on(ReplicationPolicy::default())];
    assert_eq!(config.remote_topic(), "b.a.canary");
    config.onward = vec![on(ReplicationPolicy::Identity)];
    assert_eq!(config.remote_topic(), "a.canary");
}
