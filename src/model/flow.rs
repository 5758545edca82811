//! Replication flows, named by `MirrorMaker` 2's cluster aliases.

/// One direction of replication and the connector that carries it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Flow {
    /// Alias of the source cluster.
    pub source: String,
    /// Alias of the target cluster.
    pub target: String,
    /// Name of the `MirrorSourceConnector`.
    pub connector: String,
    /// How it names topics on the target.
    pub policy: ReplicationPolicy,
}

impl Flow {
    /// The name on the target of a topic of the source.
    pub fn remote_topic(&self, topic: &str) -> String {
        self.policy.remote_topic(&self.source, topic)
    }

    /// The name at the source of a topic on the target; `None` if this flow names none so.
    pub fn source_topic<'a>(&self, remote: &'a str) -> Option<&'a str> {
        self.policy.source_topic(&self.source, remote)
    }
}

impl Flow {
    /// The topic on the target that holds the flow's checkpoints.
    pub fn checkpoint_topic(&self) -> String {
        self.own_topic("checkpoints.internal")
    }

    /// The topic on the target that holds heartbeats which were copied from the source.
    pub fn heartbeat_topic(&self) -> String {
        self.own_topic(HEARTBEATS)
    }

    /// MM2's own topics have the alias under every policy: without it two flows would share them.
    fn own_topic(&self, name: &str) -> String {
        match &self.policy {
            ReplicationPolicy::Default { .. } => self.remote_topic(name),
            ReplicationPolicy::Identity => {
                ReplicationPolicy::default().remote_topic(&self.source, name)
            }
        }
    }
}

/// The clusters that a topic comes by on this path of flows, and its name there, from the first source to the last target.
pub fn places<'a>(path: &'a [Flow], topic: &str) -> Vec<(&'a str, String)> {
    let mut name = topic.to_owned();
    let first = path.first().map(|flow| (&*flow.source, name.clone()));
    let mut places: Vec<_> = first.into_iter().collect();
    for flow in path {
        name = flow.remote_topic(&name);
        places.push((&flow.target, name.clone()));
    }
    places
}

/// The topic into which a heartbeat task writes.
pub const HEARTBEATS: &str = "heartbeats";

/// How MM2 names a topic on the target (`replication.policy.class`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ReplicationPolicy {
    /// `DefaultReplicationPolicy`: the source's alias, a separator, the topic.
    Default {
        /// `replication.policy.separator`.
        separator: String,
    },
    /// `IdentityReplicationPolicy`: the same name.
    Identity,
}

impl Default for ReplicationPolicy {
    fn default() -> Self {
        Self::Default {
            separator: ".".to_owned(),
        }
    }
}

impl ReplicationPolicy {
    /// The name on the target of a topic of the source with this alias.
    pub fn remote_topic(&self, source: &str, topic: &str) -> String {
        match self {
            Self::Default { separator } => format!("{source}{separator}{topic}"),
            Self::Identity => topic.to_owned(),
        }
    }

    /// The name at the source with this alias of a topic on the target; `None` if it was not named so.
    pub fn source_topic<'a>(&self, source: &str, remote: &'a str) -> Option<&'a str> {
        match self {
            Self::Default { separator } => remote
                .strip_prefix(source)?
                .strip_prefix(separator.as_str()),
            Self::Identity => Some(remote),
        }
    }
}

/// How a flow does, in one word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FlowState {
    /// Records are copied.
    Healthy,
    /// Records would be copied, but the source's topics do not grow.
    Idle,
    /// Some partitions or tasks are not copied, others are.
    Degraded,
    /// Both clusters answer, and nothing is copied.
    Stalled,
    /// The source cluster does not answer the exporter's own probe.
    SourceDown,
    /// The target cluster does not answer the exporter's own probe.
    TargetDown,
    /// Both clusters answer that probe as far as is known, and the canary itself does not see one of them.
    Blind,
    /// Not enough is known.
    Unknown,
}

impl FlowState {
    /// All states.
    pub const ALL: [Self; 8] = [
        Self::Healthy,
        Self::Idle,
        Self::Degraded,
        Self::Stalled,
        Self::SourceDown,
        Self::TargetDown,
        Self::Blind,
        Self::Unknown,
    ];

    /// The state as a label value.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Healthy => "healthy",
            Self::Idle => "idle",
            Self::Degraded => "degraded",
            Self::Stalled => "stalled",
            Self::SourceDown => "source_down",
            Self::TargetDown => "target_down",
            Self::Blind => "blind",
            Self::Unknown => "unknown",
        }
    }
}

/// The source alias of a remote topic on `target`, where the MBean does not tell it (Kafka 3.5 to 3.9 by default).
///
/// With several flows into one target the topic's `alias.` prefix decides; `None` when nothing does.
pub fn source_of<'a>(flows: &'a [Flow], target: &str, remote_topic: &str) -> Option<&'a str> {
    let into: Vec<&Flow> = flows.iter().filter(|flow| flow.target == target).collect();
    if let [only] = into[..] {
        return Some(&only.source);
    }
    into.into_iter()
        .filter(|flow| flow.source_topic(remote_topic).is_some())
        .max_by_key(|flow| flow.source.len())
        .map(|flow| flow.source.as_str())
}

#[cfg(test)]
fn flow(source: &str, target: &str) -> Flow {
    Flow {
        source: source.to_owned(),
        target: target.to_owned(),
        connector: "mirror-source".to_owned(),
        policy: ReplicationPolicy::default(),
    }
}

#[test]
fn a_policy_names_topics_there_and_back() {
    let dots = ReplicationPolicy::default();
    assert_eq!(dots.remote_topic("source", "orders"), "source.orders");
    assert_eq!(dots.source_topic("source", "source.orders"), Some("orders"));
    assert_eq!(dots.source_topic("source", "other.orders"), None);
    let dashes = ReplicationPolicy::Default {
        separator: "--".to_owned(),
    };
    assert_eq!(
        dashes.source_topic("source", &dashes.remote_topic("source", "a.b")),
        Some("a.b")
    );
    assert_eq!(
        ReplicationPolicy::Identity.remote_topic("source", "orders"),
        "orders"
    );
    assert_eq!(
        ReplicationPolicy::Identity.source_topic("source", "orders"),
        Some("orders")
    );
}

#[test]
fn the_only_flow_into_a_target_gives_the_source() {
    let flows = [flow("a", "c"), flow("x", "y")];
    assert_eq!(source_of(&flows, "c", "orders"), Some("a"));
    assert_eq!(source_of(&flows, "other", "orders"), None);
}

#[test]
fn several_flows_into_a_target_are_told_apart_by_the_longest_prefix() {
    let flows = [flow("a", "c"), flow("a.b", "c")];
    assert_eq!(source_of(&flows, "c", "a.orders"), Some("a"));
    assert_eq!(source_of(&flows, "c", "a.b.orders"), Some("a.b"));
    assert_eq!(source_of(&flows, "c", "orders"), None);
}
