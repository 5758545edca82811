//! Which rights a feature needs on a cluster, and whether they are there: each is tried by a question that changes nothing.

mod admin;
mod ask;
mod write;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

pub use ask::held;

use crate::model::flow::{Flow, HEARTBEATS};
use crate::token;

/// What a right is on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Resource {
    /// A topic.
    Topic,
    /// A consumer group.
    Group,
}

impl Resource {
    /// As Kafka's tools have it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Topic => "Topic",
            Self::Group => "Group",
        }
    }
}

/// What may be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Operation {
    /// See it.
    Describe,
    /// Read it; of a group: commit its offsets.
    Read,
    /// Write to it.
    Write,
    /// Make it.
    Create,
    /// See its settings.
    DescribeConfigs,
}

impl Operation {
    /// As Kafka's tools have it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Describe => "Describe",
            Self::Read => "Read",
            Self::Write => "Write",
            Self::Create => "Create",
            Self::DescribeConfigs => "DescribeConfigs",
        }
    }
}

/// One right.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Right {
    /// Alias of the cluster.
    pub cluster: String,
    /// What it is on.
    pub resource: Resource,
    /// The name; with `*` behind it, of all that begin so.
    pub name: String,
    /// What may be done.
    pub operation: Operation,
    /// The features that need it.
    pub features: &'static str,
}

impl Right {
    /// The beginning of the names that are meant, where that is what is said.
    fn prefix(&self) -> Option<&str> {
        self.name.strip_suffix('*')
    }

    /// What is said where it is missing: the right, and the command that grants it to whoever has these properties.
    pub fn lacking(&self, properties: &BTreeMap<String, String>) -> String {
        let bootstrap = properties
            .get("bootstrap.servers")
            .or_else(|| properties.get("metadata.broker.list"));
        let bootstrap = bootstrap.map_or("BROKERS", String::as_str);
        let command = self.command(bootstrap, &principal(properties));
        format!("{self} is not granted; grant it: {command}")
    }

    fn command(&self, bootstrap: &str, principal: &str) -> String {
        let option = match self.resource {
            Resource::Topic => "topic",
            Resource::Group => "group",
        };
        let name = match self.prefix() {
            Some(prefix) => format!("{prefix} --resource-pattern-type prefixed"),
            None => self.name.clone(),
        };
        format!(
            "kafka-acls --bootstrap-server {bootstrap} --command-config admin.properties --add --allow-principal {principal} \
             --operation {} --{option} {name}",
            self.operation.name()
        )
    }
}

/// As whom brokers know a client. By a certificate they know it as their rules have it, which nobody tells.
fn principal(properties: &BTreeMap<String, String>) -> String {
    let user = properties.get("sasl.username").cloned();
    let name = user.or_else(|| token::Source::of(properties).subject());
    format!("User:{}", name.as_deref().unwrap_or("PRINCIPAL"))
}

/// That these topics, which a flow copies, may be seen on both sides; heartbeats not, for nobody looks for a lag of them.
pub fn replicated(flow: &Flow, topics: &BTreeSet<String>) -> Vec<Right> {
    let right = |cluster: &str, name: String| Right {
        cluster: cluster.to_owned(),
        resource: Resource::Topic,
        name,
        operation: Operation::Describe,
        features: "serve: lag and gaps",
    };
    let both = |topic: &String| {
        let copy = flow.remote_topic(topic);
        [
            right(&flow.source, topic.clone()),
            right(&flow.target, copy),
        ]
    };
    let lagging = topics.iter().filter(|topic| *topic != HEARTBEATS);
    lagging.flat_map(both).collect()
}

/// Each right once, and no `Describe` beside one that brings it.
pub fn distinct(mut rights: Vec<Right>) -> Vec<Right> {
    rights.sort();
    rights.dedup();
    let brings = |right: &&Right| matches!(right.operation, Operation::Read | Operation::Write);
    let of = |right: &Right| (right.cluster.clone(), right.resource, right.name.clone());
    let brought: BTreeSet<_> = rights.iter().filter(brings).map(of).collect();
    rights.retain(|right| right.operation != Operation::Describe || !brought.contains(&of(right)));
    rights
}

/// `Write on topic x (canary)`.
impl fmt::Display for Right {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let resource = self.resource.name().to_lowercase();
        let (operation, name) = (self.operation.name(), &self.name);
        write!(f, "{operation} on {resource} `{name}` ({})", self.features)
    }
}

/// What the cluster says of a right.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Held {
    /// It is granted, or nothing needs it now.
    Granted,
    /// It is not.
    Missing,
    /// That could not be found out.
    NotKnown(String),
}

#[cfg(test)]
mod tests {
    use super::*;

    fn right(resource: Resource, name: &str, operation: Operation) -> Right {
        Right {
            cluster: "source".to_owned(),
            resource,
            name: name.to_owned(),
            operation,
            features: "canary",
        }
    }

    #[test]
    fn a_missing_right_is_told_with_the_brokers_and_the_user_of_the_cluster() {
        let properties = [("bootstrap.servers", "k:9093"), ("sasl.username", "m")];
        let properties = properties.map(|(key, value)| (key.to_owned(), value.to_owned()));
        let said = right(Resource::Topic, "t", Operation::Read).lacking(&properties.into());
        assert!(
            said.starts_with("Read on topic `t` (canary) is not granted; "),
            "{said}"
        );
        assert!(said.contains("--bootstrap-server k:9093 "), "{said}");
        assert!(said.contains("--allow-principal User:m "), "{said}");
    }

    #[test]
    fn a_right_that_another_one_brings_is_not_asked_for() {
        let read = right(Resource::Topic, "t", Operation::Read);
        let other = right(Resource::Group, "t", Operation::Describe);
        let brought = right(Resource::Topic, "t", Operation::Describe);
        let all = vec![read.clone(), other.clone(), brought, read.clone()];
        assert_eq!(distinct(all), [read, other]);
    }

    #[test]
    fn a_right_is_told_with_what_it_is_for_and_the_command_that_grants_it() {
        let write = right(Resource::Topic, "canary", Operation::Write);
        assert_eq!(write.to_string(), "Write on topic `canary` (canary)");
        let command = write.command("k:9093", "User:m");
        assert!(
            command.ends_with("--allow-principal User:m --operation Write --topic canary"),
            "{command}"
        );
        let all = right(Resource::Group, "mirrorwatch-*", Operation::Describe);
        let command = all.command("k:9093", "User:m");
        let end = "--operation Describe --group mirrorwatch- --resource-pattern-type prefixed";
        assert!(command.ends_with(end), "{command}");
    }
}
