//! MM2's three connectors, and one whose task fails.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use crate::config::Config;
use crate::policy::BACK_PARTITIONS;
use crate::secure::{MM2, Secure};

/// Name of the `MirrorSourceConnector`.
pub(crate) const SOURCE: &str = "mirror-source";
/// Name of the `MirrorCheckpointConnector`.
pub(crate) const CHECKPOINT: &str = "mirror-checkpoint";
/// Name of the `MirrorHeartbeatConnector`.
pub(crate) const HEARTBEAT: &str = "mirror-heartbeat";
/// Name of the `MirrorSourceConnector` from target to source.
pub(crate) const BACK: &str = "mirror-source-back";
/// Name of the connector whose task fails.
pub(crate) const FAILING: &str = "lab-failing";

/// Each worker has its own way to the clusters.
const SOURCE_CLUSTER: &str = "${env:LAB_SOURCE_BOOTSTRAP}";
const TARGET_CLUSTER: &str = "${env:LAB_TARGET_BOOTSTRAP}";

/// The configuration of one of MM2's connectors.
pub(crate) fn connector(name: &str, config: &Config) -> Value {
    let (class, own) = match name {
        SOURCE => ("Source", source(config)),
        CHECKPOINT => ("Checkpoint", checkpoint(config)),
        BACK => ("Source", back(config)),
        _ => ("Heartbeat", heartbeat(config)),
    };
    let class = format!("org.apache.kafka.connect.mirror.Mirror{class}Connector");
    let forth = [("source", SOURCE_CLUSTER), ("target", TARGET_CLUSTER)];
    let [from, to] = if name == BACK {
        [forth[1], forth[0]]
    } else {
        forth
    };
    let mut properties = pairs(&[
        ("connector.class", class.as_str()),
        ("source.cluster.alias", from.0),
        ("target.cluster.alias", to.0),
        ("source.cluster.bootstrap.servers", from.1),
        ("target.cluster.bootstrap.servers", to.1),
    ]);
    // Connect's own producers lead to the cluster of its group.
    if config.group_cluster {
        let key = "producer.override.bootstrap.servers";
        properties.insert(key.to_owned(), Value::from(to.1));
    }
    properties.extend(own);
    if let Some(secure) = Secure::of(config) {
        let sides = [
            ("source.cluster.", from.0),
            ("target.cluster.", to.0),
            ("producer.override.", to.0),
        ];
        properties.extend(sides.into_iter().flat_map(|(prefix, alias)| {
            let pairs = secure.java_client(MM2, alias).into_iter();
            pairs.map(move |(key, value)| (format!("{prefix}{key}"), Value::from(value)))
        }));
    }
    Value::Object(properties)
}

fn source(config: &Config) -> Map<String, Value> {
    let replication = config.replication().to_string();
    let mut properties = pairs(&[
        ("tasks.max", config.tasks_max.to_string().as_str()),
        ("topics", "test-.*"),
        ("replication.factor", &replication),
        ("offset-syncs.topic.replication.factor", &replication),
        ("refresh.topics.interval.seconds", "10"),
        ("sync.topic.acls.enabled", "false"),
    ]);
    properties.extend(config.policy.properties());
    overlay(&mut properties, &config.connector_properties);
    properties
}

/// From target to source, by the same workers. Connect's own producers lead to the cluster of its group, which is the target: a task that
/// copies to the other one needs them turned. Its offsets stay where Connect keeps them.
fn back(config: &Config) -> Map<String, Value> {
    let replication = config.replication().to_string();
    let mut properties = pairs(&[
        ("tasks.max", BACK_PARTITIONS.to_string().as_str()),
        // No topic that was copied here, under whatever policy, has such a name: nothing goes round.
        ("topics", "back-.*"),
        ("replication.factor", &replication),
        ("offset-syncs.topic.replication.factor", &replication),
        ("refresh.topics.interval.seconds", "10"),
        ("sync.topic.acls.enabled", "false"),
        ("producer.override.bootstrap.servers", SOURCE_CLUSTER),
    ]);
    if let Some(policy) = &config.back {
        properties.extend(policy.properties());
    }
    properties
}

fn checkpoint(config: &Config) -> Map<String, Value> {
    let replication = config.replication().to_string();
    let mut properties = pairs(&[
        ("tasks.max", "1"),
        ("topics", "test-.*"),
        ("groups", ".*"),
        ("checkpoints.topic.replication.factor", &replication),
        ("offset-syncs.topic.replication.factor", &replication),
        ("refresh.groups.interval.seconds", "10"),
        ("emit.checkpoints.interval.seconds", "5"),
        ("sync.group.offsets.enabled", "true"),
        ("sync.group.offsets.interval.seconds", "5"),
    ]);
    properties.extend(config.policy.properties());
    overlay(&mut properties, &config.checkpoint_properties);
    properties
}

/// What was asked for goes before the lab's own.
fn overlay(properties: &mut Map<String, Value>, asked: &BTreeMap<String, String>) {
    for (key, value) in asked {
        properties.insert(key.clone(), Value::from(value.as_str()));
    }
}

fn heartbeat(config: &Config) -> Map<String, Value> {
    pairs(&[
        ("tasks.max", "1"),
        (
            "heartbeats.topic.replication.factor",
            &config.replication().to_string(),
        ),
        ("emit.heartbeats.interval.seconds", "1"),
    ])
}

fn pairs(pairs: &[(&str, &str)]) -> Map<String, Value> {
    let pair = |(key, value): &(&str, &str)| ((*key).to_owned(), Value::from(*value));
    pairs.iter().map(pair).collect()
}

/// A real connector whose task fails at its start, because the folder of its file is not there.
pub(crate) fn failing_connector(remote_topic: &str) -> Value {
    json!({
        "connector.class": "org.apache.kafka.connect.file.FileStreamSinkConnector",
        "tasks.max": "1",
        "topics": remote_topic,
        "file": "/nonexistent/mirrorwatch-lab/sink",
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::Policy;

    #[test]
    fn the_source_connector_has_the_plans_names() {
        let mut config = Config::new("/lab");
        config
            .connector_properties
            .insert("topics".into(), "test-orders".into());
        config
            .checkpoint_properties
            .insert("metric.names.formats".into(), "new".into());
        let source = connector(SOURCE, &config);
        assert_eq!(source["tasks.max"], "3");
        assert_eq!(source["topics"], "test-orders");
        assert_eq!(source.get("metric.names.formats"), None);
        let checkpoint = connector(CHECKPOINT, &config);
        assert_eq!(checkpoint["topics"], "test-.*");
        assert_eq!(checkpoint["metric.names.formats"], "new");
        let heartbeat = connector(HEARTBEAT, &config);
        assert_eq!(
            heartbeat["connector.class"],
            "org.apache.kafka.connect.mirror.MirrorHeartbeatConnector"
        );
        assert_eq!(heartbeat["source.cluster.alias"], "source");
    }

    #[test]
    fn the_way_back_has_its_clusters_and_its_producers_turned() {
        let mut config = Config::new("/lab");
        config.policy = Policy::Identity;
        config.back = Some(Policy::default());
        let back = connector(BACK, &config);
        assert_eq!(back["source.cluster.alias"], "target");
        assert_eq!(back["source.cluster.bootstrap.servers"], TARGET_CLUSTER);
        assert_eq!(back["producer.override.bootstrap.servers"], SOURCE_CLUSTER);
        assert_eq!(back.get("replication.policy.class"), None);
        config.group_cluster = true;
        let producer =
            |name| connector(name, &config)["producer.override.bootstrap.servers"].clone();
        assert_eq!(producer(HEARTBEAT), TARGET_CLUSTER);
        assert_eq!(producer(BACK), SOURCE_CLUSTER);
        for name in [SOURCE, CHECKPOINT] {
            let class = &connector(name, &config)["replication.policy.class"];
            assert!(
                class
                    .as_str()
                    .unwrap()
                    .ends_with("IdentityReplicationPolicy"),
                "{name}"
            );
        }
    }
}
