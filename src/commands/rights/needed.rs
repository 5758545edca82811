//! Which rights the features of a configuration need on the clusters: docs/permissions.md, row by row.

use crate::config::{Config, FlowConfig, PROBE_GROUP};
use crate::kafka::{Operation, Resource, Right};
use crate::model::flow::{Flow, HEARTBEATS};

/// The topic that every poll asks about.
const SOME_TOPIC: &str = "__consumer_offsets";
/// All groups that mirrorwatch names by itself.
const OWN_GROUPS: &str = "mirrorwatch-*";

/// The rights that `serve` needs by this configuration, and the audits of these topics of a flow. What is replicated beside them is told by
/// Connect, and not written there.
pub(in crate::commands) fn needed(config: &Config, flow: &Flow, audited: &[String]) -> Vec<Right> {
    let mut rights = Needed::default();
    for alias in config.clusters.keys() {
        rights.topic(alias, SOME_TOPIC, Operation::Describe, "serve");
        let features = "serve, canary, probe, audit";
        rights.group(alias, OWN_GROUPS, Operation::Describe, features);
    }
    if let Some(group) = &config.group {
        rights.group(
            &group.cluster,
            &group.id,
            Operation::Describe,
            "serve: connect.group",
        );
        if let Some(topic) = &group.status_topic {
            let features = "serve: connect.status_topic";
            rights.topic(&group.cluster, topic, Operation::Read, features);
        }
    }
    for flow in &config.flows {
        rights.of_flow(flow);
    }
    for chain in &config.chains {
        if let [first, .., last] = &chain.flows[..] {
            let topic = &chain.canary.topic;
            let copy = chain
                .flows
                .iter()
                .fold(topic.clone(), |name, flow| flow.remote_topic(&name));
            rights.canary((&first.source, topic), (&last.target, &copy));
        }
    }
    for topic in audited {
        let (target, copy) = (&flow.target, flow.remote_topic(topic));
        rights.topic(&flow.source, topic, Operation::Read, "audit");
        rights.topic(target, &copy, Operation::Read, "audit");
        rights.topic(target, &copy, Operation::DescribeConfigs, "audit");
    }
    rights.all
}

#[derive(Default)]
struct Needed {
    all: Vec<Right>,
}

impl Needed {
    fn of_flow(&mut self, written: &FlowConfig) {
        let Flow { source, target, .. } = &written.flow;
        let checkpoints = written.flow.checkpoint_topic();
        self.topic(target, &checkpoints, Operation::Read, "serve: checkpoints");
        for topic in [HEARTBEATS, &written.flow.heartbeat_topic()] {
            self.topic(target, topic, Operation::Read, "serve: heartbeats");
        }
        for group in &written.consumer_groups {
            for alias in [source, target] {
                self.group(alias, group, Operation::Describe, "serve: consumer_groups");
            }
        }
        let Some(canary) = &written.canary else {
            return;
        };
        let copy = written.flow.remote_topic(&canary.topic);
        self.canary((source, &canary.topic), (target, &copy));
        if let Some(probe) = &canary.translation_probe {
            let group = probe.group.clone();
            let group = group.unwrap_or_else(|| format!("{PROBE_GROUP}{source}-{target}"));
            self.group(source, &group, Operation::Read, "translation_probe");
        }
    }

    fn canary(&mut self, (source, topic): (&str, &str), (target, copy): (&str, &str)) {
        for operation in [Operation::Create, Operation::Write, Operation::Read] {
            self.topic(source, topic, operation, "canary");
        }
        self.topic(target, copy, Operation::Read, "canary");
    }

    fn topic(&mut self, cluster: &str, name: &str, operation: Operation, features: &'static str) {
        self.add(cluster, Resource::Topic, name, operation, features);
    }

    fn group(&mut self, cluster: &str, name: &str, operation: Operation, features: &'static str) {
        self.add(cluster, Resource::Group, name, operation, features);
    }

    /// Once: two flows may need the same.
    fn add(
        &mut self,
        cluster: &str,
        resource: Resource,
        name: &str,
        operation: Operation,
        features: &'static str,
    ) {
        let right = Right {
            cluster: cluster.to_owned(),
            resource,
            name: name.to_owned(),
            operation,
            features,
        };
        let same = |one: &Right| {
            (&one.cluster, one.resource, &one.name, one.operation)
                == (&right.cluster, resource, &right.name, operation)
        };
        if !self.all.iter().any(same) {
            self.all.push(right);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::path::Path;

    use super::*;
    use crate::config;
    use crate::kafka::replicated;

    /// The configuration of the secured lab, as far as it needs rights.
    const LAB: &str = "connect: { workers: [{ url: 'http://w:1' }], group: connect-lab, group_cluster: target, status_topic: lab-statuses }\n\
        clusters: { source: { bootstrap.servers: x }, target: { bootstrap.servers: y } }\n\
        flows: [{ source: source, target: target, connector: m, consumer_groups: [orders-app], canary: { translation_probe: {} } }]\n";

    /// Of a row of the document cluster, resource, name and operation.
    fn row(line: &str) -> Option<[String; 4]> {
        let mut cells = line.strip_prefix("| `")?.split('|').map(str::trim);
        let mut cell = || Some(cells.next()?.trim_matches('`').to_owned());
        Some([cell()?, cell()?, cell()?, cell()?])
    }

    #[test]
    fn what_is_needed_is_the_table_of_the_document_and_nothing_else() {
        let document = include_str!("../../../docs/permissions.md");
        let (_, table) = document.split_once("## On the Kafka clusters").unwrap();
        let (table, _) = table.split_once("\n## ").unwrap();
        let rows: BTreeSet<_> = table.lines().filter_map(row).collect();
        let config = config::parse(Path::new("lab.yml"), LAB).unwrap();
        let flow = &config.flows[0].flow;
        let mut rights = needed(&config, flow, &["test-orders".to_owned()]);
        rights.extend(replicated(flow, &["test-extra".to_owned()].into()));
        let as_row = |right: &Right| {
            let (resource, operation) = (right.resource.name(), right.operation.name());
            [&right.cluster, resource, &right.name, operation].map(str::to_owned)
        };
        assert_eq!(rights.iter().map(as_row).collect::<BTreeSet<_>>(), rows);
        assert_eq!(rights.len(), rows.len(), "a right stands twice");
    }

    #[test]
    fn the_canary_of_a_chain_is_written_at_its_first_cluster_and_read_at_its_last() {
        let text = "connect: { workers: [{ url: 'http://w:1' }] }\n\
            clusters: { a: { bootstrap.servers: x }, b: { bootstrap.servers: y }, c: { bootstrap.servers: z } }\n\
            flows: [{ source: a, target: b, connector: m }, { source: b, target: c, connector: n }]\n\
            chains: [{ through: [a, b, c], canary: { topic: t } }]\n";
        let config = config::parse(Path::new("chain.yml"), text).unwrap();
        let rights = needed(&config, &config.flows[0].flow, &[]);
        let canary = rights.iter().filter(|right| right.features == "canary");
        let told: Vec<_> = canary
            .map(|right| format!("{}: {right}", right.cluster))
            .collect();
        assert_eq!(told.len(), 4);
        assert_eq!(told[3], "c: Read on topic `b.a.t` (canary)");
    }
}
