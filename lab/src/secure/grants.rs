//! Who may do what on the clusters of a secured lab. What mirrorwatch may do is the table of docs/permissions.md, row by row.

use super::{BEARER, CONNECT, CURTAILED, MIRRORWATCH, MM2};
use crate::config::Config;
use crate::description::GROUP;
use crate::policy::CANARY;

/// What the exporter commits for its probe of the offset translation.
pub(crate) const PROBE_GROUP: &str = "mirrorwatch-probe-source-target";
/// The group of the load's own application.
pub(crate) const APPLICATION: &str = "orders-app";

/// One right.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Grant {
    /// Alias of the cluster.
    pub(crate) cluster: String,
    /// Whose.
    pub(crate) user: &'static str,
    /// `Topic`, `Group`, `Cluster` or `TransactionalId`, as Kafka's tools have it.
    pub(crate) resource: &'static str,
    /// Its name; `*` for all of them, with `*` behind it for all that begin so.
    pub(crate) name: String,
    /// The operation, as Kafka's tools have it.
    pub(crate) operation: &'static str,
}

impl Grant {
    /// The beginning of the names that are meant, where that is what is said.
    pub(crate) fn prefix(&self) -> Option<&str> {
        let prefix = self.name.strip_suffix('*');
        prefix.filter(|prefix| !prefix.is_empty())
    }
}

/// What serve, its canary and its probe, audits and drills need, and nothing else.
pub(crate) fn of_mirrorwatch(config: &Config) -> Vec<Grant> {
    let copy = |topic: &str| config.policy.remote_topic("source", topic);
    let grant = |cluster: &str, resource, name: &str, operation| Grant {
        cluster: cluster.to_owned(),
        user: MIRRORWATCH,
        resource,
        name: name.to_owned(),
        operation,
    };
    let topic = |cluster, name: &str, operation| grant(cluster, "Topic", name, operation);
    let home = if config.group_cluster {
        "connect"
    } else {
        "target"
    };
    let load = &config.load.topic;
    let mut grants = vec![
        grant(home, "Group", GROUP, "Describe"),
        topic(home, "lab-statuses", "Read"),
        topic("target", "source.checkpoints.internal", "Read"),
        topic("target", "heartbeats", "Read"),
        topic("target", &copy("heartbeats"), "Read"),
        topic("source", CANARY, "Create"),
        topic("source", CANARY, "Write"),
        topic("source", CANARY, "Read"),
        topic("target", &copy(CANARY), "Read"),
        grant("source", "Group", PROBE_GROUP, "Read"),
        topic("source", load, "Read"),
        topic("target", &copy(load), "Read"),
        topic("target", &copy(load), "DescribeConfigs"),
    ];
    for alias in config.clusters() {
        grants.push(topic(alias, "__consumer_offsets", "Describe"));
        grants.push(grant(alias, "Group", "mirrorwatch-*", "Describe"));
    }
    for alias in ["source", "target"] {
        grants.push(grant(alias, "Group", APPLICATION, "Describe"));
    }
    for extra in &config.extra_topics {
        grants.push(topic("source", extra, "Describe"));
        grants.push(topic("target", &copy(extra), "Describe"));
    }
    grants
}

/// What those who come with a token may do: as mirrorwatch, and of one of them these rights were withdrawn: to write the canary, to read where it
/// arrives, and to see a group.
pub(crate) fn of_bearers(config: &Config) -> Vec<Grant> {
    let copy = config.policy.remote_topic("source", CANARY);
    let withdrawn = [
        ("source", CANARY, "Write"),
        ("target", copy.as_str(), "Read"),
        ("source", APPLICATION, "Describe"),
    ];
    let is_left = |grant: &Grant| {
        let one = (grant.cluster.as_str(), grant.name.as_str(), grant.operation);
        !withdrawn.contains(&one)
    };
    let of = |user| move |grant: Grant| Grant { user, ..grant };
    let all = of_mirrorwatch(config).into_iter();
    let left = all.clone().filter(is_left).map(of(CURTAILED));
    all.map(of(BEARER)).chain(left).collect()
}

/// Connect and MM2 may do everything on every cluster, as accounts of their own: so a rule that denies hits them.
pub(crate) fn of_mirrormaker(config: &Config) -> Vec<Grant> {
    let all = [
        ("Topic", "*"),
        ("Group", "*"),
        ("Cluster", "kafka-cluster"),
        ("TransactionalId", "*"),
    ];
    let mut grants = Vec::new();
    for cluster in config.clusters() {
        for user in [CONNECT, MM2] {
            grants.extend(all.map(|(resource, name)| Grant {
                cluster: cluster.to_owned(),
                user,
                resource,
                name: name.to_owned(),
                operation: "All",
            }));
        }
    }
    grants
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    /// Of a row of the table cluster, resource, name and operation.
    fn row(line: &str) -> Option<[String; 4]> {
        let mut cells = line.strip_prefix("| `")?.split('|').map(str::trim);
        let mut cell = || Some(cells.next()?.trim_matches('`').to_owned());
        Some([cell()?, cell()?, cell()?, cell()?])
    }

    #[test]
    fn who_was_curtailed_has_three_rights_less() {
        let grants = of_bearers(&Config::new("/lab"));
        let of = |user| grants.iter().filter(|grant| grant.user == user).count();
        assert_eq!(of(BEARER), of(CURTAILED) + 3);
        assert_eq!(of(BEARER), of_mirrorwatch(&Config::new("/lab")).len());
    }

    #[test]
    fn the_lab_grants_the_table_of_the_document_and_nothing_else() {
        let document = include_str!("../../../docs/permissions.md");
        let (_, table) = document.split_once("## On the Kafka clusters").unwrap();
        let (table, _) = table.split_once("\n## ").unwrap();
        let rows: Vec<_> = table.lines().filter_map(row).collect();
        let mut config = Config::new("/lab");
        config.extra_topics = vec!["test-extra".to_owned()];
        let granted = of_mirrorwatch(&config).into_iter();
        let granted: BTreeSet<_> = granted
            .map(|grant| {
                let [resource, operation] = [grant.resource, grant.operation].map(str::to_owned);
                [grant.cluster, resource, grant.name, operation]
            })
            .collect();
        assert_eq!(rows.len(), granted.len(), "a row stands twice");
        assert_eq!(rows.into_iter().collect::<BTreeSet<_>>(), granted);
    }
}
