//! How MM2 names a topic on the other side, and the directions that a lab copies in.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// The topic of the canary from source to target.
pub(crate) const CANARY: &str = "test-mirrorwatch-canary";
/// The topic of the canary from target to source.
pub(crate) const BACK_CANARY: &str = "back-mirrorwatch-canary";
/// A topic of the target that has partitions and no records: with it the connector of the second direction has its tasks at once.
pub(crate) const BACK_TOPIC: &str = "back-orders";
/// Its partitions, and the tasks of that connector.
pub(crate) const BACK_PARTITIONS: u16 = 2;

/// `replication.policy.class` and `replication.policy.separator` of one direction.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Policy {
    /// The alias of the source, a separator, the topic.
    Default {
        /// What stands between them.
        separator: String,
    },
    /// The same name.
    Identity,
}

/// The names of the policies on the command line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum PolicyKind {
    /// `DefaultReplicationPolicy`.
    Default,
    /// `IdentityReplicationPolicy`.
    Identity,
}

impl Default for Policy {
    fn default() -> Self {
        Self::Default {
            separator: ".".to_owned(),
        }
    }
}

impl Policy {
    /// The policy of this kind; a separator belongs to the default one only.
    pub fn new(kind: PolicyKind, separator: Option<String>) -> Option<Self> {
        match (kind, separator) {
            (PolicyKind::Identity, None) => Some(Self::Identity),
            (PolicyKind::Identity, Some(_)) => None,
            (PolicyKind::Default, None) => Some(Self::default()),
            (PolicyKind::Default, Some(separator)) => Some(Self::Default { separator }),
        }
    }

    /// The name on the other side of a topic of the cluster with this alias.
    pub fn remote_topic(&self, alias: &str, topic: &str) -> String {
        match self {
            Self::Default { separator } => format!("{alias}{separator}{topic}"),
            Self::Identity => topic.to_owned(),
        }
    }

    /// What a connector is told of it; nothing of what is MM2's default.
    pub(crate) fn properties(&self) -> Map<String, Value> {
        let (key, value) = match self {
            Self::Default { separator } if separator == "." => return Map::new(),
            Self::Default { separator } => ("replication.policy.separator", separator.as_str()),
            Self::Identity => (
                "replication.policy.class",
                "org.apache.kafka.connect.mirror.IdentityReplicationPolicy",
            ),
        };
        std::iter::once((key.to_owned(), Value::from(value))).collect()
    }

    /// The keys of a flow of the exporter's configuration; nothing of what is its default.
    pub(crate) fn flow_keys(&self) -> String {
        match self {
            Self::Default { separator } if separator == "." => String::new(),
            Self::Default { separator } => {
                format!("    separator: {}\n", Value::from(separator.as_str()))
            }
            Self::Identity => "    replication_policy: identity\n".to_owned(),
        }
    }
}

#[test]
fn a_policy_names_topics_and_says_what_mm2_needs_to_know() {
    let dashes = Policy::new(PolicyKind::Default, Some("--".to_owned())).unwrap();
    assert_eq!(dashes.remote_topic("source", "orders"), "source--orders");
    assert_eq!(dashes.properties()["replication.policy.separator"], "--");
    assert_eq!(Policy::Identity.remote_topic("source", "orders"), "orders");
    assert!(Policy::default().properties().is_empty());
    assert_eq!(
        Policy::new(PolicyKind::Identity, Some("-".to_owned())),
        None
    );
}
